/** Which columns hold a beat's values, which the label, and which neither: those that count the rows or name a person. */

import { isInteger, isNumber } from "./fields.js";

const LABEL = /^(label|class|target|y)$/i;
const INDEX = /^(index|idx|row|row[ _-]?(id|number|no)|#|no|nr)$/i;
// identifiers and places by the letters of their names, as data/tables/roles.py has them
const NUMBER = "((s|en)?(id|ids|identifier|no|nr|num|number|nummer|numm?e?ro|code|name|key|index|idx|path))?s?";
const NUMBER_OF = "((id|no|nr|num|number|nume?ro|code|nom)(of|de|du|del)?)?";
const IDENTIFIER = new RegExp(
  `^(${NUMBER_OF}(patient|patienten|subject|person|participant|individual|volunteer|donor|client|animal|mrn|ssn|pid|sid|` +
    `proband|teilnehmer|versuchsperson|sujet|sujeto|paciente|paziente|soggetto)${NUMBER}|` +
    `${NUMBER_OF}(record|recording|rec|file|case|study|exam|visit|encounter|session|ecg|rid|` +
    `aufnahme|aufzeichnung|datei|fall|fichier|enregistrement|archivo|registro)${NUMBER}|` +
    "(id|uid|group|groupid|uuid|guid|identifier|name|row|nr|(beat|row|sample|segment|window|instance|example|trace|signal)(id|identifier|no|nr|num|number|name|index|idx))s?)$",
);
const PLACE = /^(beat|sample|second|time|timestamp|(r?peak|r)?(position|pos|peak|onset))s?$/;
const NAMELESS = /^(unnamed: \d+(\.\d+)*|)$/i;
const CERTAIN_ROWS = 10; // that count on by one, where the name does not tell
const FEW_ROWS = 2;

/** Is this a name for the class label? */
export function isLabelName(name) {
  return LABEL.test(name.trim());
}

/**
 * The columns of a table by what they hold.
 *
 * @param {string[][]} rows the first ones
 * @param {string[]|null} header
 * @param {string} decimal
 * @returns {{kind: "value"|"text"|"name"|"index"|"identifier"|"place"|"nameless", isWhole: boolean, isLabel: boolean}[]}
 */
export function columnsOf(rows, header, decimal) {
  return rows[0].map((_, place) => {
    const fields = rows.map((row) => row[place] ?? "");
    const name = header ? header[place] : null;
    const isLabel = name !== null && isLabelName(name);
    const isWhole = fields.every((field) => isInteger(field, decimal));
    const numbers = fields.filter((field) => isNumber(field, decimal)).length;
    return { kind: isLabel ? "value" : kindOf(name, fields, isWhole, 2 * numbers > fields.length, decimal), isWhole, isLabel, isText: 2 * numbers <= fields.length };
  });
}

function kindOf(name, fields, isWhole, isNumeric, decimal) {
  const isNameless = name !== null && NAMELESS.test(name);
  const letters = (name ?? "").toLowerCase().replace(/[^a-z0-9]/g, "");
  const isIdentifier = letters !== "ecg" && IDENTIFIER.test(letters);
  const isPlace = PLACE.test(letters);
  const isNamed = name !== null && (INDEX.test(name) || isIdentifier || isPlace);
  if (isWhole && countsOn(fields, isNameless || isNamed ? FEW_ROWS : CERTAIN_ROWS, decimal)) return "index";
  if (isNameless) return isWhole ? "index" : "nameless";
  if (isPlace) return "place";
  if (isIdentifier && !INDEX.test(name)) return "identifier";
  if (isNumeric) return "value";
  // as many texts as rows are names of these
  return fields.length >= CERTAIN_ROWS && new Set(fields).size === fields.length ? "name" : "text";
}

function countsOn(fields, least, decimal) {
  const first = Number(fields[0].replace(decimal, "."));
  return fields.length >= least && fields.every((field, row) => Number(field.replace(decimal, ".")) === first + row);
}
