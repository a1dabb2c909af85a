/** Which columns hold a beat's values, which the label, and which neither: those that count the rows or name a person. */

import { isInteger, isNumber, withoutThousands } from "./fields.js";

/** @import { Column } from "./shapes.js" */

// names by their letters, as data/tables/roles.py has them
const LABEL = /^(y|((class|beat|rhythm|true|target|aami)?(label|classe?|klasse|clase|target|diagnos[ie]s|annotation|rhythm)(id|code|name|index|idx)?|beattype|rhythmtype|symbol|klassen|diagnose|etikett?e?)s?)$/;
const INDEX = /^(index|idx|row|row[ _-]?(id|number|no)|#|no|nr)$/i;
const NUMBER = "((s|en)?(id|ids|identifier|no|nr|num|number|nummer|numm?e?ro|code|name|key|index|idx|path))?s?";
const NUMBER_OF = "((id|no|nr|num|number|nume?ro|code|nom)(of|de|du|del)?)?";
const IDENTIFIER = new RegExp(
  `^(${NUMBER_OF}(patient|patienten|subject|person|who|participant|individual|volunteer|donor|client|animal|mrn|ssn|pid|sid|` +
    `pat|subj|usubj|pt(?=id|no|nr|num)|initials|` +
    `proband|teilnehmer|versuchsperson|sujet|sujeto|paciente|paziente|soggetto)${NUMBER}|` +
    `${NUMBER_OF}(record|recording|rec|file|case|study|exam|visit|encounter|session|ecg|rid|` +
    `run|trial|series|stay|hadm|admission|episode|` +
    `aufnahme|aufzeichnung|datei|fall|fichier|enregistrement|archivo|registro)${NUMBER}|` +
    "(id|uid|group|groupid|uuid|guid|identifier|name|row|nr|no|seq|sequence|counter|hash|" +
    "(beat|row|sample|segment|window|instance|example|trace|signal|epoch|cycle|lfd|seq)(id|identifier|no|nr|num|number|name|index|idx))s?)$",
);
const PLACE = new RegExp(
  "^(beat|sample|second|(r?peak|r)?(peak|onset)|" +
    "(time|timestamp|(r?peak|r)?(position|pos)|ts|utc|unix(time|timestamp)?|epoch(time)?|rpeak(index|idx|sample|time|location|loc)|" +
    "((window|segment|beat|time|sample)?(start|begin|stop|end)|tstart)(time|timestamp|sample|index|idx|position|pos)?)(us|ms|sec|second)?)s?$",
);
const ATTRIBUTE = new RegExp(
  "^(((strat|cv|k)?(fold|split)|(sub|train|test)?set|partition|(is)?(train|test|val|validation|training))|" +
    "((age|alter)(years|yrs|y|atecg)?|sex|gender|geschlecht|(height|weight)(cm|kg)?|bmi|race|ethnicity|" +
    "sexo|sexe|edad|dob|yob|((date|year)of)?birth(date|day|year)?|geburts(datum|jahr))|" +
    "((mean|avg|average)?(hr|heartrate|pulserate|herzfrequenz)(bpm)?|bpm|(is)?(paced|pacemaker))|" +
    "(signalquality|quality|sqi|fs|(sample|sampling)(rate|frequency)(hz)?|lead|channel|device|site|hospital|nurse|database|dataset|source|year|month|day|hour|date|datetime))" +
    "(s|id|no|nr|code|name|index)?$",
);
const BESIDE = /^((.*[^a-z])?rr([^a-z].*)?|like_\w+)$/is; // rhythm and likeness of a beat
const SERIES = /^(.*?)\d+(?:[.,]\d+)?(\D*)$/s; // F1, t_0.004, 17
const LONG_SERIES = 10; // columns
const FEW_APART = 4; // times fewer columns than in the series
const CODE = /^0\d+$/; // a number that is written so is a name
const MOST_CODES = 3; // times as many columns hold other things
const NAMELESS = /^(unnamed: \d+(\.\d+)*|)$/i;
const CERTAIN_ROWS = 10; // that rise by one, if the name does not decide
const FEW_ROWS = 2;

/** Is this a name for the class label? @param {string} name */
export function isLabelName(name) {
  return LABEL.test(lettersOf(name));
}

/**
 * The few names that do not belong to the long series of numbered ones, rhythm and likeness aside, by their places.
 * @param {string[]} names
 */
export function apart(names) {
  const around = names.map((name) => SERIES.exec(name)?.slice(1).join("0") ?? null);
  const sizes = new Map();
  for (const each of around) sizes.set(each, (sizes.get(each) ?? 0) + 1);
  const isLong = around.map((each) => each !== null && sizes.get(each) >= LONG_SERIES);
  const others = names.map((_, place) => place).filter((place) => !isLong[place] && !BESIDE.test(names[place]));
  return FEW_APART * others.length <= isLong.filter(Boolean).length ? others : [];
}

/** @param {string} name */
function lettersOf(name) {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/**
 * The columns of a table by what they hold.
 *
 * @param {string[][]} rows the first ones
 * @param {string[]|null} header
 * @param {string} decimal
 * @returns {Column[]}
 */
export function columnsOf(rows, header, decimal) {
  const columns = rows[0].map((_, place, all) => {
    const fields = rows.map((row) => row[place] ?? "");
    const name = header ? header[place] : null;
    const isLabel = name !== null && isLabelName(name);
    const wholes = fields.filter((field) => isInteger(field, decimal)).length / fields.length;
    const isWhole = wholes === 1;
    const numbers = fields.filter((field) => isNumber(field, decimal)).length;
    return { kind: isLabel ? "value" : kindOf(name, fields, isWhole, 2 * numbers > fields.length, decimal, place === all.length - 1), isWhole, wholes, isLabel, isText: 2 * numbers <= fields.length, text: fields.find((field) => field && !isNumber(field, decimal)) ?? "" };
  });
  for (const place of codes(rows, columns)) columns[place].kind = "identifier";
  return columns;
}

/**
 * The few columns of numbers such as 0012, unless one of them may be the label itself.
 * @param {string[][]} rows @param {Column[]} columns
 */
function codes(rows, columns) {
  const isCode = (/** @type {number} */ place) => rows.some((row) => CODE.test(row[place])) && rows.every((row) => /^\d+$/.test(row[place]));
  const [found, rest] = [true, false].map((is) => columns.map((_, place) => place).filter((place) => isCode(place) === is));
  if (MOST_CODES * found.length > columns.length || found.some((place) => columns[place].isLabel)) return [];
  const mayBeLabel = (/** @type {Column} */ { isText, isWhole }) => isText || isWhole;
  const hasLabel = columns.some(({ isLabel }) => isLabel) || [rest[0], rest[rest.length - 1]].some((place) => mayBeLabel(columns[place]));
  return hasLabel ? found : [];
}

/**
 * @param {string|null} name
 * @param {string[]} fields
 * @param {boolean} isWhole
 * @param {boolean} isNumeric
 * @param {string} decimal
 * @param {boolean} isLast
 * @returns {Column["kind"]}
 */
function kindOf(name, fields, isWhole, isNumeric, decimal, isLast) {
  const isNameless = name !== null && NAMELESS.test(name) && !(isLast && isWhole); // that may be the label
  const letters = lettersOf(name ?? "");
  const isIdentifier = letters !== "ecg" && IDENTIFIER.test(letters);
  const isPlace = PLACE.test(letters);
  const isNamed = name !== null && (INDEX.test(name) || isIdentifier || isPlace);
  if (isWhole && countsOn(fields, isNameless || isNamed ? FEW_ROWS : CERTAIN_ROWS, decimal)) return "index";
  if (isNameless) return isWhole ? "index" : "nameless";
  if (isPlace) return "place";
  if (isIdentifier && !INDEX.test(name ?? "")) return "identifier";
  if (ATTRIBUTE.test(letters)) return "attribute";
  if (isNumeric) return "value";
  // as many texts as rows are names of these
  return fields.length >= CERTAIN_ROWS && new Set(fields).size === fields.length && !withoutThousands(fields[0]) ? "name" : "text";
}

/** @param {string[]} fields @param {number} least @param {string} decimal */
function countsOn(fields, least, decimal) {
  const first = Number(fields[0].replace(decimal, "."));
  return fields.length >= least && fields.every((field, row) => Number(field.replace(decimal, ".")) === first + row);
}
