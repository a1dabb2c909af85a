/** From what people paste or drop to beats. */

import { Failure } from "./client.js";
import { MOST_SIGNALS, beatsOf, isNumber } from "./layout.js";
import { count, counted } from "./words.js";

/** Beats of one file that the page holds in memory; larger files are for the command line. */
export const MOST_BEATS = 50000;
const SPLIT = /[\s,;|:/"'“”()[\]{}<>]+/;
const NOISE = /\b(features|instances)\b/g;

/** Beats of `width` values from pasted text: one beat, or one a row. Throw Failure. */
export function readText(text, width, names = null) {
  const rows = rowsOfJson(text, names) ?? rowsOfLines(text);
  if (!rows.length) throw new Failure("Nothing to read", `Paste the values of a beat: ${width} numbers.`);
  const columns = rows[0].length;
  const table = rows.length > 1 && (rows.at(-1).length === width || rows.at(-1).length === width + 1);
  if (table) return beatsOf(rows, width, "the text", names);
  if (rows.length === 1 && columns === width + 1) return beatsOf(rows, width, "the text");
  return flat(rows.flat(), width);
}

/** Beats from a file, CSV or TSV or JSON, gzipped or not. Throw Failure. */
export async function readFile(file, width, names = null) {
  const plain = await unzipped(file);
  if (/\.json$/i.test(plain.name)) return readText(await plain.text(), width, names);
  const rows = await rowsOfFile(plain, width);
  if (!rows.length) throw new Failure(`${file.name} is empty`, `Give a file with one beat of ${width} values a row.`);
  const oneColumn = width > 1 && rows.every((row) => row.length === 1);
  // more than one beat of them are the samples of a lead rather than beats below each other
  return oneColumn && rows.length <= width + 1 ? flat(rows.flat(), width) : beatsOf(rows, width, file.name, names);
}

async function unzipped(file) {
  if (!/\.gz$/i.test(file.name)) return file;
  try {
    const stream = file.stream().pipeThrough(new DecompressionStream("gzip"));
    return new File([await new Response(stream).blob()], file.name.replace(/\.gz$/i, ""));
  } catch {
    throw new Failure(`${file.name} cannot be unpacked`, "It is not gzip, or it is damaged. Give the CSV itself.");
  }
}

function rowsOfFile(file, width) {
  return new Promise((resolve, reject) => {
    const rows = [];
    Papa.parse(file, {
      comments: "#",
      skipEmptyLines: "greedy",
      delimitersToGuess: [",", "\t", ";", "|", " "],
      chunk: ({ data }, parser) => {
        for (const row of data) rows.push(row); // not spread: a chunk may have more rows than a call takes arguments
        if (rows.length <= MOST_BEATS + 1) return;
        const columns = rows[0].length; // few, where these are the samples of a recording
        reject(tooMany(file.name, { signals: columns <= MOST_SIGNALS && columns < width })); // first, as an aborted file is complete
        parser.abort();
      },
      complete: () => resolve(rows),
      error: () => reject(new Failure(`${file.name} cannot be read`, "The browser could not open it. Was it moved?")),
    });
  });
}

function tooMany(name, facts = {}) {
  const message = `The page takes up to ${count(MOST_BEATS)} beats. For more: python -m data predict FILE --url ${location.origin}`;
  return new Failure(`${name} has too many rows`, message, facts);
}

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

function valuesOf(beat, names) {
  if (Array.isArray(beat)) return beat.flat(Infinity);
  return names ? names.map((name) => beat[name] ?? "") : Object.values(beat);
}

function rowsOfLines(text) {
  // a comma between digits is a decimal comma where something else separates
  const decimal = /\d,\d/.test(text) && !/\d\.\d/.test(text) && /[;\t|]/.test(text);
  const plain = (decimal ? text.replace(/(\d),(\d)/g, "$1.$2") : text).replace(NOISE, " ").replaceAll("−", "-");
  const lines = plain.split("\n").filter((line) => !line.trimStart().startsWith("#"));
  return lines.map((line) => line.split(SPLIT).filter(Boolean)).filter((row) => row.length);
}

function flat(values, width) {
  const wrong = values.findIndex((value) => !isNumber(value));
  if (wrong >= 0) {
    const title = "That is not a beat";
    throw new Failure(title, `“${values[wrong].slice(0, 20)}”, value ${wrong + 1} of ${count(values.length)}, is no number.`);
  }
  if (values.length === width + 1) return beatsOf([values], width, "the text");
  if (values.length % width) {
    const message = `These are ${counted(values.length, "value")}. This model takes beats of ${width} values.`;
    throw new Failure("The beat has the wrong length", message, { signals: values.length > width + 1 });
  }
  const rows = Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
  if (rows.length > MOST_BEATS) throw tooMany("The text");
  return beatsOf(rows, width, "the text");
}
