/** The head of a recording as text: where the samples begin, how they are written, and what the columns are; as data/recordings/text/head.py. */

import { declaredDelimiter, notation, split, toNumber } from "../tables/fields.js";
import { formOf, withoutArrow } from "./clock.js";
import { RecordingError } from "./errors.js";
import { isMetadata, readMetadata } from "./metadata.js";
import { hertz, isUnit, millivoltsIn, splitName } from "./units.js";

/** @import { Head, Metadata, Row, RowStyle } from "./shapes.js" */
/** @import { Line } from "../tables/shapes.js" */

export const NO_VALUE = /^(|-|!|\?|\*|na|nan|n\/a|null|none)$/i;
const COMMAS = /^-?\d+(,-?\d+)*$/;
const NOTE = /^\s*[#%;]/;
const MOST_COLUMNS = 64; // of a recording without names; a table of beats has more
const FEW_ROWS = 16; // as many as a recording has leads
const LONGEST_BEAT = 1000; // values
const EMPATICA_YEARS = 5e8; // seconds: a first row that large is when the recording began

/**
 * @param {string} what the file's name
 * @param {Line[]} lines its first ones, without blank ones
 * @returns {Head}
 */
export function readHead(what, lines) {
  if (!lines.length) throw new RecordingError(`${what}: empty; give a file with one sample per line`);
  const declared = declaredDelimiter(lines[0].line);
  const body = (declared ? lines.slice(1) : lines).map(({ number, line }) => ({ number, line: cleaned(line) }));
  const rows = body.filter(({ line }) => !NOTE.test(line));
  const later = rows.slice(rows.length >> 1).map(({ line }) => line); // below any metadata
  /** @type {RowStyle} */
  const style = { ...notation(later.map((line) => withoutArrow(line, ",")), declared, isValue), arrow: later.some((line) => line.includes("->")) };
  Object.assign(style, commaOf(what, rows.map(({ line }) => line.trim()), style));
  style.width = trailingWidth(rows.map(({ line }) => rowOf(line, style)), later.length);
  const fieldsOf = (/** @type {string} */ line) => rowOf(line, style);
  const shape = shapeOf(later.map(fieldsOf), style.decimal);
  const start = rows.findIndex(({ line }) => isSample(fieldsOf(line), shape, style.decimal));
  if (start < 0) throw new RecordingError(`${what}: no samples; give a file with one sample per line`);
  const above = body.filter(({ number }) => number < rows[start].number).map(({ line }) => line);
  const sample = rows.slice(start).map(({ number, line }) => ({ number, fields: fieldsOf(line) })).filter(({ fields }) => fields.length === shape.width);
  return headed(what, { ...style, ...shape, sample, dataLine: rows[start].number }, above, fieldsOf);
}

/**
 * The fields of a line as `head` says that they are written, without an empty one behind the last delimiter.
 * @param {string} line @param {RowStyle} style
 */
export function rowOf(line, { delimiter, arrow, width }) {
  const fields = split(arrow ? withoutArrow(line, delimiter) : line, delimiter).map(unquoted);
  return width !== undefined && fields.length === width + 1 && fields.at(-1) === "" ? fields.slice(0, -1) : fields;
}

/** The number of columns where each line ends with a delimiter, else undefined. @param {string[][]} rows @param {number} later */
function trailingWidth(rows, later) {
  const most = rows.slice(-later).map(({ length }) => length).sort()[later >> 1];
  const last = rows.filter(({ length }) => length === most).map((fields) => fields.at(-1));
  return most > 1 && last.every((field) => field === "") ? most - 1 : undefined;
}

/** A line with the minus sign that computers read. @param {string} line */
export function cleaned(line) {
  return line.includes("\u2212") ? line.replaceAll("\u2212", "-") : line;
}

/** @param {string} field */
function unquoted(field) {
  const isQuoted = field.length > 1 && (field[0] === "'" || field[0] === '"') && field.at(-1) === field[0];
  return isQuoted ? field.slice(1, -1).trim() : field;
}

/** @param {string} field @param {string} decimal */
function isValue(field, decimal) {
  return !Number.isNaN(toNumber(unquoted(field), decimal)) || formOf(unquoted(field)) !== null;
}

/**
 * One column of numbers with decimal commas looks like two: seen by the name above, rows without a comma, and zeros that lead.
 * @param {string} what @param {string[]} lines @param {RowStyle} style
 */
function commaOf(what, lines, { delimiter, decimal }) {
  const start = lines.findIndex((line) => COMMAS.test(line));
  const numbers = lines.slice(start).filter((line) => COMMAS.test(line));
  if (delimiter !== "," || decimal !== "." || start < 0 || numbers.length < 0.9 * (lines.length - start)) return {};
  const rows = numbers.map((line) => line.split(","));
  const isPadded = rows.some((fields) => fields.some((field, place) => field === "-0" || (place % 2 && /^0\d/.test(field))));
  const widths = new Set(rows.map((fields) => fields.length));
  const isNamedOnce = start > 0 && !/[,;:=\t]/.test(lines[start - 1]) && /\p{L}/u.test(lines[start - 1]);
  const isTwo = Math.max(...widths) === 2;
  if (isTwo && (isPadded || widths.size > 1 || isNamedOnce || isFraction(rows))) return { decimal: ",", delimiter: ";" };
  if (isPadded) {
    throw new RecordingError(`${what}: the comma is both the decimal sign and the delimiter; save it with semicolons or tabs between the columns`);
  }
  return {};
}

/** Is the second of two columns as long in every row, and only the first ever negative? @param {string[][]} rows */
function isFraction(rows) {
  const [{ length }] = rows.map(([, second]) => second);
  return length > 1 && rows.every(([, second]) => second.length === length && !second.startsWith("-")) && rows.some(([first]) => first.startsWith("-"));
}

/**
 * How many columns the samples have, and which of them hold numbers or times in most of these rows.
 * @param {string[][]} rows @param {string} decimal
 */
function shapeOf(rows, decimal) {
  const widths = new Map();
  for (const { length } of rows) widths.set(length, (widths.get(length) ?? 0) + 1);
  const [[width]] = [...widths].sort(([, one], [, other]) => other - one);
  const whole = rows.filter((fields) => fields.length === width);
  const share = (/** @type {number} */ place, /** @type {(field: string) => boolean} */ test) => whole.filter((fields) => test(fields[place])).length / whole.length;
  const places = Array.from({ length: width }, (_, place) => place);
  const isMeasured = places.map((place) => share(place, (field) => isValue(field, decimal)) > share(place, (field) => !isValue(field, decimal) && !NO_VALUE.test(field)));
  return { width, isMeasured, isFilled: places.map((place) => isMeasured[place] && share(place, (field) => isValue(field, decimal)) > 0.9) };
}

/** @param {string[]} fields @param {Pick<Head, "width"|"isMeasured"|"isFilled">} shape @param {string} decimal */
function isSample(fields, { width, isMeasured, isFilled }, decimal) {
  if (fields.length !== width || !isMeasured.some(Boolean)) return false;
  return fields.every((field, place) => !isMeasured[place] || isValue(field, decimal) || (!isFilled[place] && NO_VALUE.test(field)));
}

/**
 * The names and units of the columns, from the last lines above the samples or from the metadata.
 * @param {string} what
 * @param {Omit<Head, "names"|"units"|"isNamed"|"metadata"|"rate">} head
 * @param {string[]} above
 * @param {(line: string) => string[]} fieldsOf
 */
function headed(what, head, above, fieldsOf) {
  const lines = above.map((line) => line.replace(/^\s*[#%;]+\s*/, ""));
  const metadata = readMetadata(lines);
  const headings = lines.slice(-4).filter((line) => !isMetadata(line) && !line.startsWith("{")).map((line) => headingOf(line, head.width, fieldsOf)).filter((names) => names !== null);
  const last = headings.at(-1) ?? [];
  const unitRow = last.every(isUnit) && last.some((unit) => millivoltsIn(unit) !== null || /\w/.test(unit)) && headings.length > 1 ? headings.pop() : null;
  const heading = metadata.columns?.names.length === head.width ? metadata.columns.names : mostDistinct(headings);
  const { named, units: titledUnits } = titled(lines, heading);
  const single = head.isMeasured.filter(Boolean).length === 1 ? metadata.lead : "";
  const parts = Array.from({ length: head.width }, (_, place) => splitName(named ? named[place] ?? "" : single || `signal ${place + 1}`));
  const isNamed = Boolean(named);
  if (!isNamed && head.width > MOST_COLUMNS) {
    if (head.sample.length <= FEW_ROWS && head.width > LONGEST_BEAT) {
      throw new RecordingError(`${what}: ${head.sample.length} lines of ${head.width} numbers, so each line is a lead; write a line per sample, with a column for each lead`);
    }
    throw new RecordingError(`${what}: ${head.width} columns without names, which is a table of beats and no recording; open it as one`);
  }
  const rate = metadata.rate ?? (named ?? []).map(hertz).find(Boolean) ?? null;
  const units = parts.map(({ unit }, place) => unit || titledUnits?.[place] || unitRow?.[place]?.replace(/^[([]|[)\]]$/g, "") || (metadata.columns ? "" : metadata.unit));
  return withoutStart({ ...head, names: parts.map(({ name }) => name), units, isNamed, metadata, rate });
}

/**
 * The names and units of CH1, CH2, ..., which follow the number of the channels, a line for each, as in AcqKnowledge's text.
 * @param {string[]} lines @param {string[]|null} named @returns {{named: string[]|null, units?: string[]}}
 */
function titled(lines, named) {
  if (!named) return { named };
  const numbered = named.flatMap((name, place) => (/^CH\d+$/.test(name) ? [place] : []));
  const { length } = numbered;
  const at = length ? lines.findIndex((line) => line.trim() === `${length} channel${length === 1 ? "" : "s"}`) : -1;
  const below = at < 0 ? [] : lines.slice(at + 1, at + 1 + 2 * length).map((line) => line.trim());
  if (!below.length || below.length < 2 * length || below.some((line) => line.includes("\t"))) return { named };
  const of = (/** @type {number} */ place, /** @type {number} */ offset) => below[2 * numbered.indexOf(place) + offset];
  return {
    named: named.map((name, place) => (numbered.includes(place) ? of(place, 0) : name)),
    units: named.map((_, place) => (numbered.includes(place) ? of(place, 1) : "")),
  };
}

/**
 * Of several lines of names, such as the device's above the channels', the last of those that distinguish the columns best.
 * @param {string[][]} headings @returns {string[]|null}
 */
function mostDistinct(headings) {
  return headings.reduce((/** @type {string[]|null} */ best, each) => (best && new Set(each).size < new Set(best).size ? best : each), null);
}

/**
 * A line of names above the samples, or null: as many fields as there are columns, none of them a number.
 * @param {string} line @param {number} width @param {(line: string) => string[]} fieldsOf
 */
function headingOf(line, width, fieldsOf) {
  const row = width === 1 ? onlyName(line) : completed(fieldsOf(line), width);
  return row?.length === width && row.every((field) => Number.isNaN(toNumber(field))) && row.some((field) => /\p{L}/u.test(field)) ? row : null;
}

/**
 * The fields of a line of names: some programs write a key before the first one, or none, or one of two words.
 * @param {string[]} fields @param {number} width
 */
function completed(fields, width) {
  if (/=$/.test(fields[0])) return /title|name/i.test(fields[0]) ? ["time", ...fields.slice(1)] : null;
  const more = fields.length - width;
  if (more > 0) return [fields.slice(0, more + 1).join(" "), ...fields.slice(more + 1)];
  return more === -1 && width > 2 ? ["", ...fields] : fields; // R writes no name above those of the rows
}

/** The line as the name of the only column, unless it is a pair of a key and a value. @param {string} line */
function onlyName(line) {
  const text = line.trim().replace(/[;,\t]+$/, "");
  const isPair = /[=:;,\t]/.test(text.replace(/[[(].*?[\])]/g, ""));
  return isPair ? null : [text.replace(/^(["'])(.*)\1$/, "$2")];
}

/** Some devices write when a recording began and its rate above the samples, as if they were two of these. @param {Head} head */
function withoutStart(head) {
  const [first, second] = head.sample;
  if (head.isNamed || head.width !== 1 || !second) return head;
  const [began, rate] = [first, second].map(({ fields }) => toNumber(fields[0], head.decimal));
  const isSo = began > EMPATICA_YEARS && rate > 0 && rate < 1e5;
  return isSo ? { ...head, rate, sample: head.sample.slice(2), dataLine: head.sample[2]?.number ?? Infinity } : head;
}
