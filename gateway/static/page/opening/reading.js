/** From what people paste or drop to beats. */

import { isOtherwise } from "../../recording/cut.js";
import { FileError } from "../../tables/errors.js";
import { isNumber } from "../../tables/fields.js";
import { refuseOthers } from "../../tables/kinds.js";
import { blocksOf, blocksOfText, plainLine } from "../../tables/lines.js";
import { MOST_BEATS, readTable, tooMany } from "../../tables/table.js";
import { understoodOf } from "../../tables/understood.js";
import { count, counted } from "../shared/words.js";

/** @import { Block, Table } from "../../tables/shapes.js" */

const LARGEST_JSON = 200 * 2 ** 20; // bytes, as it is held whole
const SPLIT = /[\s,;|:/"'“”()[\]{}<>]+/;
const NOISE = /\b(features|instances)\b/g;
/** Beats, and how their text was understood. @typedef {{beats: Table["beats"], understood: string}} Read */

const WRONG_LENGTH = "The beat has the wrong length";

/**
 * Beats of `width` values from pasted text: one beat, or one a row. Throw FileError.
 * @param {string} text @param {number} width @param {string[]|null} [names] @returns {Promise<Read>}
 */
export async function readText(text, width, names = null) {
  const rows = rowsOfJson(text, names) ?? rowsOfLines(text);
  if (!rows.length) throw new FileError(`Paste the values of a beat: ${width} numbers.`, { title: "Nothing to read" });
  const isTable = rows.length > 1 && [width, width + 1].includes(rows[rows.length - 1].length);
  return isTable || (rows.length === 1 && rows[0].length === width + 1) ? tableOf(rows, width, names) : flat(rows.flat(), width);
}

/**
 * Beats from a file, CSV or TSV, .ts, .arff or JSON, gzipped or not. Throw FileError.
 * @param {File} file
 * @param {number} width
 * @param {string[]|null} [names]
 * @param {(share: number) => void} [progress]
 * @returns {Promise<Read>}
 */
export async function readFile(file, width, names = null, progress = () => {}) {
  await refuseOthers(file);
  if (/\.json(\.gz)?$/i.test(file.name)) return readText(await wholeText(file, progress), width, names);
  const single = await singleColumn(file, width);
  if (single) return flat(single, width);
  return tableFrom(blocksOf(file, { progress }), file.name, width, names);
}

/** @param {AsyncIterable<Block>} blocks @param {string} what @param {number} width @param {string[]|null} names @returns {Promise<Read>} */
async function tableFrom(blocks, what, width, names) {
  const read = await readTable(blocks, what, width, names);
  if (!read.layout) throw new FileError(`Give a file with one beat of ${width} values a row.`, { title: `${what} is empty` });
  checkCut(read, what, names);
  return { beats: read.beats, understood: understoodOf(read, width) };
}

/**
 * Beats that are cut differently do not fit the model.
 * @param {Table} table @param {string} what @param {string[]|null} names
 */
function checkCut({ layout, choice }, what, names) {
  const { header } = layout;
  if (!names || !header) return;
  const given = choice.places.map((place) => header[place]);
  if (!isOtherwise(given, names)) return;
  const [its, models] = [given, names].map((values) => `${values[0]} to ${values.at(-1)}`);
  const message = `The values are ${its}, the model's are ${models}. Open the recording itself; the page then cuts it for this model.`;
  throw new FileError(message, { title: `The beats of ${what} are cut differently from this model's beats`, isTable: true });
}

/** @param {string[][]} rows @param {number} width @param {string[]|null} [names] */
function tableOf(rows, width, names = null) {
  return tableFrom(blocksOfText(rows.map((row) => row.join("\t")).join("\n")), "the text", width, names);
}

/** @param {File} file @param {(share: number) => void} progress */
async function wholeText(file, progress) {
  if (file.size > LARGEST_JSON) throw new FileError("The page takes JSON up to 200 MiB. Give CSV.", { title: `${file.name} is too large` });
  const lines = [];
  for await (const block of blocksOf(file, { progress })) for (const line of block.lines) lines.push(line);
  return lines.join("\n");
}

/**
 * The values of a file that is one beat, a value a line; null where it is not: more lines are the samples of a lead.
 * @param {File} file @param {number} width
 */
async function singleColumn(file, width) {
  /** @type {string[]} */
  const values = [];
  for await (const { lines } of blocksOf(file)) {
    for (const line of lines) {
      const value = plainLine(line).trim();
      if (value && !value.startsWith("#")) values.push(value);
      if (values.length > width + 1 || !isNumber(values[0] ?? "0") || SPLIT.test(value)) return null;
    }
  }
  return width > 1 && values.length > 1 ? values : null;
}

/** @param {string} text @param {string[]|null} names */
function rowsOfJson(text, names) {
  if (!/^\s*[[{]/.test(text)) return null;
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    return null; // read as numbers between anything
  }
  const list = content.instances ?? content.features ?? content;
  const beats = Array.isArray(list) && list.every((one) => typeof one === "object" && one !== null) ? list : [list];
  return beats.map((one) => valuesOf(one.features ?? one, names).map((value) => String(value)));
}

/** @param {any} beat what somebody wrote as JSON @param {string[]|null} names @returns {unknown[]} */
function valuesOf(beat, names) {
  if (Array.isArray(beat)) return beat.flat(Infinity);
  return names ? names.map((name) => beat[name] ?? "") : Object.values(beat);
}

/** @param {string} text */
function rowsOfLines(text) {
  // a comma between digits is a decimal comma where something else separates
  const decimal = /\d,\d/.test(text) && !/\d\.\d/.test(text) && /[;\t|]/.test(text);
  const plain = (decimal ? text.replace(/(\d),(\d)/g, "$1.$2") : text).replace(NOISE, " ").replaceAll("−", "-");
  const lines = plain.split("\n").filter((line) => !line.trimStart().startsWith("#"));
  return lines.map((line) => line.split(SPLIT).filter(Boolean)).filter((row) => row.length);
}

/** @param {string[]} values @param {number} width */
function flat(values, width) {
  const wrong = values.findIndex((value) => !isNumber(value));
  if (wrong >= 0) {
    const message = `“${values[wrong].slice(0, 20)}”, value ${wrong + 1} of ${count(values.length)}, is not a number.`;
    throw new FileError(message, { title: "That is not a beat" });
  }
  if (values.length === width + 1) return tableOf([values], width);
  if (values.length % width) {
    const message = `These are ${counted(values.length, "value")}. This model takes beats of ${width} values.`;
    throw new FileError(message, { title: WRONG_LENGTH, signals: values.length > width + 1 });
  }
  const rows = Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
  if (rows.length > MOST_BEATS) throw tooMany("The text");
  return tableOf(rows, width);
}
