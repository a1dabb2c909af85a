/** Does the first row of a table name its columns? The same rules as in data/tables/dialect.py. */

import { isLabelName } from "./columns.js";
import { FileError } from "./errors.js";
import { isInteger, isNumber, toNumber } from "./fields.js";

// numbers in a row that can be the times of a beat's values: beside a name, from 0, anyhow if exact, anyhow
const FEWEST_TIMES = 3;
const SOME_TIMES = 5;
const MORE_TIMES = 10;
const MANY_TIMES = 30;
const ENOUGH_BELOW = 10; // rows, of which none has the text that is a name above them
const EXACT = 0.02; // of a step, that a time may be off
const ROUNDED = 0.4; // the same of many times, in milliseconds where a step is 2.8

const MOST_TITLES = 10; // lines above the header

/**
 * How many lines at the top are titles: of fewer texts than a header has, or of words where blanks separate.
 * @param {string[][]} rows @param {string} delimiter
 */
export function titlesOf(rows, delimiter) {
  const widths = new Map();
  for (const { length } of rows) widths.set(length, (widths.get(length) ?? 0) + 1);
  const usual = [...widths].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
  let count = 0;
  for (; count < Math.min(rows.length - 1, MOST_TITLES) && usual > 2; count++) {
    const filled = rows[count].filter((field) => field !== "");
    if (filled.some((field) => isNumber(field) || isLabelName(field))) break;
    if (filled.length === 1 && filled[0].split(/[,;|\t]/).length === usual) break; // a header with another delimiter than the rows
    if (2 * filled.length > usual && (delimiter !== " " || [usual - 1, usual].includes(filled.length))) break;
  }
  return count;
}

/**
 * Throw FileError if all commas in quoted numbers may be those of thousands.
 * @param {string} what @param {{number: number, fields: string[]}[]} rows
 */
export function refuseThousands(what, rows) {
  const found = rows.flatMap(({ number, fields }) => fields.map((field, place) => ({ number, field, place }))).filter(({ field }) => /^[-+]?\d+(,\d+)+$/.test(field));
  if (!found.length || !found.every(({ field }) => /^[-+]?[1-9]\d{0,2}(,\d{3})+$/.test(field))) return;
  const [{ number, field, place }] = found;
  const either = ["", "."].map((sign) => field.replaceAll(",", sign)).join(" or ");
  throw new FileError(`${what}, line ${number}, column ${place + 1}: '${field}' may be ${either}; write the numbers without a separator of thousands, or with decimal points`);
}

/**
 * Of the columns that hold numbers below, half or more hold text in the first row; or it counts, or has evenly rising times.
 * @param {string[][]} texts @param {string} decimal
 */
export function isHeader(texts, decimal) {
  const [first, ...below] = texts;
  const numeric = first.map((_, place) => place).filter((place) => below.length && 2 * below.filter((row) => isNumber(row[place] ?? "", decimal)).length > below.length);
  const looked = numeric.length ? numeric : first.map((_, place) => place);
  const named = looked.filter((place) => first[place] !== "");
  const texted = named.filter((place) => !isNumber(first[place], decimal)).length;
  if (texted && 2 * texted >= named.length) return true;
  const [begin, end] = betweenTexts(first, decimal);
  const outer = first.map((_, place) => place).filter((place) => place < begin || place >= end);
  const isEvident = outer.some((place) => looked.includes(place));
  if (countsUp(first.slice(begin, end), decimal)) return end - begin > (isEvident ? 0 : 2);
  if (!below.length || risesEvenly(below[0].slice(begin, end), decimal)) return false; // a beat may be a ramp, but then it is not the only one
  const isNamed = outer.some((place) => (isLabelName(first[place]) || below.length >= ENOUGH_BELOW) && first[place] !== "" && below.every((row) => row[place] !== first[place]));
  return areTimes(first.slice(begin, end), decimal, isEvident || isNamed);
}

/**
 * The positions of the first and last number, if empty fields or texts surround them.
 * @param {string[]} first @param {string} decimal
 */
function betweenTexts(first, decimal) {
  const isText = (/** @type {number} */ place) => first[place] !== "" && !isNumber(first[place], decimal);
  let [begin, end] = [Number(!isNumber(first[0], decimal)), first.length - Number(!isNumber(first[first.length - 1], decimal))];
  while (begin < end && isText(begin)) begin++;
  while (begin < end && isText(end - 1)) end--;
  return [begin, end];
}

/** pandas names the columns of a nameless table 0, 1, 2, ... @param {string[]} fields @param {string} decimal */
function countsUp(fields, decimal) {
  const start = toNumber(fields[0] ?? "", decimal);
  return [0, 1].includes(start) && fields.every((field, place) => toNumber(field, decimal) === start + place);
}

/** @param {string[]} fields @param {string} decimal @param {boolean} isBesideNames */
function areTimes(fields, decimal, isBesideNames) {
  if (!risesEvenly(fields, decimal)) return false;
  if (isBesideNames || fields.length >= MANY_TIMES) return true;
  if (fields.length >= MORE_TIMES && risesEvenly(fields, decimal, EXACT)) return true;
  // of a few numbers the first or the last may be a label
  const areNoLabels = fields[0].includes(decimal) && !isInteger(fields[fields.length - 1], decimal);
  return toNumber(fields[0], decimal) === 0 && (areNoLabels || fields.length >= SOME_TIMES);
}

/** @param {string[]} fields @param {string} decimal @param {number} [share] */
function risesEvenly(fields, decimal, share = fields.length >= SOME_TIMES ? ROUNDED : EXACT) {
  const numbers = fields.map((field) => toNumber(field, decimal));
  if (numbers.length < FEWEST_TIMES || numbers.some(Number.isNaN)) return false;
  const step = (numbers[numbers.length - 1] - numbers[0]) / (numbers.length - 1);
  return step > 0 && numbers.every((number, place) => Math.abs(number - numbers[0] - place * step) <= share * step);
}
