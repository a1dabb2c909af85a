/** How rows of values are laid out: is there a header, is there a label, and in which column. As data/tables/layout.py has it. */

import { Failure } from "./client.js";
import { counted } from "./words.js";

/** A table with more columns holds no signals of a recording. */
export const MOST_SIGNALS = 16;
const LABEL_NAMES = ["label", "class", "target", "y"];
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const LEFT_OUT_NAMED = 3;

/** Is this text a finite number? */
export function isNumber(text) {
  return NUMBER.test(text.trim()) && Number.isFinite(Number(text));
}

/**
 * Beats of `width` values from rows of texts, in the order of the model's `names` where the header has the same ones;
 * `understood` says how the rows were read. Throw Failure.
 */
export function beatsOf(rows, width, what, names = null) {
  const header = looksLikeHeader(rows[0] ?? []) ? rows[0] : null;
  const body = header ? rows.slice(1) : rows;
  const columns = body[0]?.length ?? 0;
  if (columns !== width && columns !== width + 1) throw misfit(what, body.length, columns, width);
  const label = columns === width ? null : labelColumn(body, header, columns);
  const inOrder = Array.from({ length: columns }, (_, place) => place).filter((place) => place !== label);
  const places = header && names ? ordered(inOrder, header, names) : inOrder;
  const beats = [];
  const leftOut = [];
  body.forEach((row, place) => {
    const wrong = problem(row, columns, label);
    if (wrong) leftOut.push(`row ${place + 1 + Number(Boolean(header))} ${wrong}`);
    else beats.push(beat(row, places, label, beats.length + 1));
  });
  if (!beats.length) throw new Failure(`No beat can be read from ${what}`, `${sentence(leftOut)}.`);
  return { beats, understood: understood(beats, width, header, label, places !== inOrder, leftOut) };
}

/** Columns in the order of the model's names, if the file has just these. */
function ordered(places, header, names) {
  const there = new Map(places.map((place) => [header[place]?.trim(), place]));
  const wanted = names.map((name) => there.get(name));
  const same = there.size === names.length && !wanted.includes(undefined);
  return same && wanted.some((place, i) => place !== places[i]) ? wanted : places;
}

function looksLikeHeader(row) {
  const filled = row.filter((cell) => cell.trim() !== "");
  const texts = filled.filter((cell) => !isNumber(cell)).length;
  if (texts && 2 * texts >= filled.length) return true;
  // pandas names the columns of a nameless table 0, 1, 2, ...
  const numbers = row.slice(Number(!isNumber(row[0] ?? "")), isNumber(row.at(-1) ?? "") ? undefined : -1).map(Number);
  return numbers.length > 2 && numbers[0] >= 0 && numbers[0] <= 1 && numbers.every((n, i) => n === numbers[0] + i);
}

function labelColumn(rows, header, columns) {
  const named = header ? header.findIndex((name) => LABEL_NAMES.includes(name.trim().toLowerCase())) : -1;
  if (named >= 0) return named;
  const whole = (place) => rows.filter((row) => isLabel(row[place] ?? "")).length;
  return whole(0) > whole(columns - 1) ? 0 : columns - 1;
}

function isLabel(text) {
  return isNumber(text) ? Number.isInteger(Number(text)) : text.trim() !== "";
}

function problem(row, columns, label) {
  if (row.length !== columns) return `has ${counted(row.length, "column")} instead of ${columns}`;
  const place = row.findIndex((cell, index) => index !== label && !isNumber(cell));
  if (place < 0) return null;
  return `has ${row[place].trim() ? `“${row[place].trim().slice(0, 20)}”` : "nothing"} in column ${place + 1}, which is no number`;
}

function beat(row, places, label, number) {
  const features = Float64Array.from(places, (place) => Number(row[place]));
  const text = label === null ? null : row[label].trim() || null;
  return { number, features, label: text !== null && isNumber(text) ? String(Number(text)) : text };
}

function understood(beats, width, header, label, reordered, leftOut) {
  const where = label === null ? "no label column" : `the label is ${columnName(label, width, header)}`;
  const left = leftOut.length ? ` Left out: ${sentence(leftOut)}.` : "";
  const order = reordered ? ", its columns put in the model's order" : "";
  return `${counted(beats.length, "beat")} of ${width} values; ${header ? "a header" : "no header"}${order}; ${where}.${left}`;
}

function columnName(label, width, header) {
  const place = label === 0 ? "the first column" : label === width ? "the last column" : `column ${label + 1}`;
  return header ? `${place} (${header[label].trim()})` : place;
}

function sentence(parts) {
  const more = parts.length - LEFT_OUT_NAMED;
  return parts.slice(0, LEFT_OUT_NAMED).join("; ") + (more > 0 ? `; and ${counted(more, "more row")}` : "");
}

function misfit(what, rows, columns, width) {
  const message = rows
    ? `Its rows have ${counted(columns, "value")}. This model takes beats of ${width} values: ${width} columns, or ${width + 1} with a label first or last.`
    : `It has no rows of values. This model takes beats of ${width} values, one beat a row.`;
  // few columns and many rows: a recording's signals, perhaps
  return new Failure(`The beats of ${what} do not fit the model`, message, { signals: columns <= MOST_SIGNALS && rows > width });
}
