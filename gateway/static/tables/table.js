/** A table of beats, row by row: its values for a model, its labels, and what was left out. */

import { asideOf } from "./asides.js";
import { chooseColumns } from "./choice.js";
import { FileError } from "./errors.js";
import { toNumber, withoutThousands } from "./fields.js";
import { columnName, fieldsOf, findLayout } from "./layout.js";
import { plainLine } from "./lines.js";

/** @import { Block, Choice, Layout, Line, NoTable, Table, TableBeat } from "./shapes.js" */

const LOOKED_AT = 1000; // rows, to see what a column holds
const LEFT_OUT_NAMED = 3;

/** A table with more columns holds no signals of a recording. */
const MOST_SIGNALS = 32;

/** Beats that a page holds in memory; more are for the command line. */
export const MOST_BEATS = 50000;

/**
 * Read beats of `width` values, in the order of the model's `names` where the header has them.
 *
 * @param {AsyncIterable<Block>} blocks
 * @param {string} what the file, for messages
 * @param {number} width
 * @param {string[]|null} names
 * @returns {Promise<Table|NoTable>} a label's text where the table has labels
 * @throws {FileError}
 */
export async function readTable(blocks, what, width, names = null) {
  const iterator = blocks[Symbol.asyncIterator]();
  const head = await firstLines(iterator);
  // few columns: a recording's signals, perhaps; as many as a beat has values, and a label: a table
  const columns = widthOf(head);
  const signals = { signals: columns <= MOST_SIGNALS, isTable: head.length <= width || columns === width || columns === width + 1 };
  const understood = orSignals(signals, () => {
    const layout = findLayout(what, head);
    return layout && { layout, choice: chooseColumns(what, layout, width, names) };
  });
  if (!understood) return { beats: [], leftOut: [], layout: null };
  const { layout, choice } = understood;
  /** @type {TableBeat[]} */
  const beats = [];
  /** @type {string[][]} */
  const [leftOut, waiting] = [[], []];
  const read = (/** @type {Line} */ { number, line }) => {
    const aside = asideOf(line, layout);
    if (aside !== null) {
      if (aside) waiting.push(`line ${number}: ${aside} between the rows`); // unless the rows end here
      return;
    }
    for (const each of waiting.splice(0)) leftOut.push(each);
    const fields = fieldsOf(line, layout);
    const wrong = problem(fields, layout, choice, line);
    if (wrong) leftOut.push(`line ${number}${wrong}`);
    else beats.push(beat(fields, layout, choice, beats.length + 1));
    if (beats.length > MOST_BEATS) throw tooMany(what);
  };
  layout.rows.forEach(read);
  for await (const { first, lines } of { [Symbol.asyncIterator]: () => iterator }) {
    lines.forEach((line, index) => line && read({ number: first + index, line: plainLine(line) }));
  }
  if (!beats.length) throw new FileError(`${shown(leftOut)}.`, { title: `No beat can be read from ${what}`, ...signals });
  return { beats, layout, choice, leftOut };
}

/** How many columns the later lines have, by delimiters that cannot be in a number. @param {Line[]} head */
function widthOf(head) {
  const widths = head.slice(head.length >> 1).map(({ line }) => line.trim().split(/[,;\t|]| +/).length);
  return widths.reduce((widest, width) => Math.max(widest, width), 1); // a call takes no 100,000 arguments
}

/** @template T @param {{signals: boolean, isTable: boolean}} signals @param {() => T} make */
function orSignals(signals, make) {
  try {
    return make();
  } catch (error) {
    throw error instanceof FileError ? Object.assign(error, { ...signals, isTable: signals.isTable || Boolean(error.isTable) }) : error;
  }
}

/** That a file has more beats than a page holds. @param {string} what */
export function tooMany(what) {
  const message = `The page takes up to ${MOST_BEATS.toLocaleString("en")} beats. For more: python -m data predict FILE --url ${globalThis.location?.origin ?? "URL"}`;
  return new FileError(message, { title: `${what} has too many rows` });
}

/** The first lines that are not empty. @param {AsyncIterator<Block>} iterator */
async function firstLines(iterator) {
  /** @type {Line[]} */
  const found = [];
  while (found.length < LOOKED_AT) {
    const { value, done } = await iterator.next();
    if (done) break;
    value.lines.forEach((/** @type {string} */ line, /** @type {number} */ index) => line && found.push({ number: value.first + index, line: plainLine(line) }));
  }
  return found;
}

/** @param {string[]} fields @param {Layout} layout @param {Choice} choice @param {string} line */
function problem(fields, layout, { places, label }, line) {
  const { columns, decimal, classes, isDeclared } = layout;
  const last = fields[fields.length - 1];
  if (isDeclared && line.startsWith("{")) return ": a sparse row; write all values of a beat";
  if (isDeclared && fields.length === columns.length + 1 && /^\{.*\}$/.test(last)) return `: ${last} is a row's weight, which is not supported`;
  if (fields.length !== columns.length) return `: ${fields.length} columns where ${columns.length} are expected`;
  const place = places.find((each) => Number.isNaN(toNumber(fields[each], decimal)));
  if (place !== undefined) {
    const expected = decimal === "," ? "a number with a decimal comma" : "a number";
    return `, ${columnName(layout, place)}: ${fields[place] ? `'${fields[place].slice(0, 20)}'` : "an empty value"} where ${expected} is expected${withoutThousands(fields[place])}`;
  }
  if (classes && label !== null && !classes.includes(fields[label])) {
    return `, ${columnName(layout, label)}: class '${fields[label]}' is not among those that the file names`;
  }
  return null;
}

/** @param {string[]} fields @param {Layout} layout @param {Choice} choice @param {number} number @returns {TableBeat} */
function beat(fields, { decimal }, { places, label }, number) {
  const features = Float64Array.from(places, (place) => toNumber(fields[place], decimal));
  return { number, features, label: label === null ? null : labelText(fields[label], decimal) };
}

/**
 * A number as it is written shortest, so that 1.0 and 1 are one class; null where there is none.
 * @param {string} field @param {string} decimal
 */
function labelText(field, decimal) {
  const number = toNumber(field, decimal);
  return Number.isNaN(number) ? field || null : String(number);
}

/** Some parts as one sentence. @param {string[]} parts */
export function shown(parts) {
  const more = parts.length - LEFT_OUT_NAMED;
  return parts.slice(0, LEFT_OUT_NAMED).join("; ") + (more > 0 ? `; and ${more.toLocaleString("en")} more ${more === 1 ? "row" : "rows"}` : "");
}
