/** How a table is laid out: delimiter, decimal sign, header, columns; as data/tables has it, without what training needs. */

import { inDoubleQuotes, isDeclared, readDeclared } from "./declared.js";
import { isFilled } from "./asides.js";
import { columnsOf } from "./columns.js";
import { FileError } from "./errors.js";
import { declaredDelimiter, notation, split } from "./fields.js";
import { isHeader, refuseThousands, titlesOf } from "./header.js";

/** @import { Layout, Line, Notation } from "./shapes.js" */

const NOTE = /^[#%]/;
const LOOKED_AT = 100; // rows, for the delimiter, the decimal sign and the header

/**
 * @param {string} what the file, for messages
 * @param {Line[]} lines its first ones
 * @returns {Layout|null} null without a row
 */
export function findLayout(what, lines) {
  const begin = lines.findIndex(({ line }) => isFilled(line));
  const declared = declaredDelimiter(lines[begin]?.line ?? "");
  const noted = lines.slice(Math.max(begin, 0) + Number(Boolean(declared)));
  const body = noted.filter(({ line }, place) => isFilled(line) && (!NOTE.test(line.trimStart()) || isBelow(noted, place)));
  if (!body.length) return null;
  if (isDeclared(body[0].line)) return declaredLayout(what, noted);
  const { delimiter, decimal } = notation(body.slice(0, LOOKED_AT).map(({ line }) => line), declared);
  const looked = body.slice(0, LOOKED_AT).map(({ number, line }) => ({ number, fields: split(line, delimiter) }));
  const top = looked.slice(titlesOf(looked.map(({ fields }) => fields), delimiter));
  const texts = top.map(({ fields }) => fields);
  if (delimiter === decimal) refuseThousands(what, top);
  const hasHeader = isHeader(texts, decimal);
  const data = hasHeader ? texts.slice(1) : texts;
  const isTrailing = 2 * data.filter((fields) => fields.length > 1 && fields.at(-1) === "").length > data.length;
  const header = hasHeader ? named(headerOf(texts[0], data, isTrailing)) : null;
  const rows = lines.filter(({ number }) => (hasHeader ? number > top[0].number : number >= top[0].number));
  if (!rows.some(({ line }) => isFilled(line))) return null;
  return completed(what, { delimiter, decimal, header, rows, isTrailing, classes: null, headerLine: top[0].number });
}

/** Notes are at the top. @param {Line[]} lines @param {number} place */
function isBelow(lines, place) {
  return lines.slice(0, place).some(({ line }) => isFilled(line) && !NOTE.test(line.trimStart()) && !declaredDelimiter(line));
}

/** @param {string} what @param {Line[]} lines */
function declaredLayout(what, lines) {
  const { names, rows, ...more } = readDeclared(what, lines.filter(({ line }) => !NOTE.test(line.trimStart())));
  if (!rows.some(({ line }) => isFilled(line))) return null;
  return completed(what, { delimiter: ",", decimal: ".", header: null, rows, isTrailing: false, ...more, isDeclared: true, attributes: names });
}

/** @param {string} what @param {Omit<Layout, "columns">} layout @returns {Layout} */
function completed(what, layout) {
  const filled = layout.rows.filter(({ line }) => isFilled(line));
  const first = filled.slice(0, LOOKED_AT).map(({ line }) => fieldsOf(line, layout));
  const width = layout.header?.length ?? first[0].length;
  const whole = first.filter((fields) => fields.length === width);
  if (!whole.length) {
    throw new FileError(`${what}, line ${filled[0].number}: ${first[0].length} columns where ${width} are expected; repair the file`);
  }
  const columns = columnsOf(whole, layout.header ?? layout.attributes ?? null, layout.decimal);
  const label = layout.end === ":" ? width - 1 : layout.label ?? null;
  columns.filter(({ kind }, place) => layout.end === ":" || (layout.isNumeric?.[place] && ["text", "name"].includes(kind))).forEach((column) => Object.assign(column, { kind: "value" }));
  if (label !== null) columns.forEach((column, place) => Object.assign(column, { isLabel: place === label, kind: place === label ? "value" : column.kind }));
  const nameless = columns.findIndex(({ kind }) => kind === "nameless");
  if (nameless >= 0) throw new FileError(`${what}, line ${layout.headerLine}, column ${nameless + 1}: no name in the header; name it, or remove the column`);
  return { ...layout, columns };
}

/** The fields of a row, without an empty one behind its last delimiter. @param {string} line @param {Notation} notation */
export function fieldsOf(line, { delimiter, isTrailing, isDeclared, end }) {
  if (end === ":") return [...split(line.slice(0, Math.max(line.lastIndexOf(":"), 0)), delimiter), line.slice(line.lastIndexOf(":") + 1).trim()];
  const fields = split(isDeclared ? inDoubleQuotes(line) : line, delimiter);
  return withoutLast(fields, isTrailing && fields.at(-1) === "");
}

/** @param {string[]} fields @param {boolean} isSo */
function withoutLast(fields, isSo) {
  return isSo ? fields.slice(0, -1) : fields;
}

/** R writes no name above the names of its rows. @param {string[]} texts @param {string[][]} data @param {boolean} isTrailing */
function headerOf(texts, data, isTrailing) {
  if (isTrailing) return withoutLast(texts, texts.at(-1) === "");
  const isShort = data.length > 0 && data.every((fields) => fields.length === texts.length + 1);
  return isShort ? ["", ...texts] : texts;
}

/** The header's names as pandas completes them: those without one are numbered, those that come twice as well. @param {string[]} header */
function named(header) {
  const names = header.map((name, place) => name || `Unnamed: ${place}`);
  return names.map((name, place) => (names.indexOf(name) < place ? `${name}.${names.slice(0, place).filter((each) => each === name).length}` : name));
}

/** What a column is called in messages. @param {Pick<Layout, "header"|"attributes">} layout @param {number} place */
export function columnName({ header, attributes }, place) {
  const name = (header ?? attributes)?.[place];
  return name ? `column ${place + 1} (${name})` : `column ${place + 1}`;
}
