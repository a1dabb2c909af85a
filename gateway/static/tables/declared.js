/** The headers of .ts (UCR, aeon) and .arff (Weka) files, which have the columns' names and the first row's position. */

import { isFilled } from "./asides.js";
import { FileError } from "./errors.js";

/** @import { Line } from "./shapes.js" */

const QUOTED = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
const ATTRIBUTE = new RegExp(String.raw`^@attribute\s+(${QUOTED}|\S+)\s+(.*\S)\s*$`, "i");
const NUMERIC = /^(real|numeric|integer)\b/i;
const NAME = new RegExp(String.raw`\s*(${QUOTED}|[^,]+)\s*(?:,|$)`, "g");
const QUOTED_FIELD = new RegExp(String.raw`(?<![^,{ \t])(?:${QUOTED})`, "g");

/** Is this the first line, after notes, of such a file? @param {string} line */
export function isDeclared(line) {
  return /^@[a-z]/i.test(line);
}

/**
 * @param {string} what the file's name
 * @param {Line[]} lines the first ones, without notes
 * @returns {{names: string[]|null, label: number|null, classes: string[]|null, isNumeric: boolean[]|null, rows: Line[],
 *   end: string}} of the rows those among `lines`; `label` is its place where the file tells, and `end` what stands before it
 */
export function readDeclared(what, lines) {
  const start = lines.findIndex(({ line }) => /^@data\b/i.test(line));
  if (start < 0) throw new FileError(`${what}: no @data line; is the file cut short?`);
  const [head, rows] = [lines.slice(0, start), lines.slice(start + 1)];
  const relational = head.find(({ line }) => /^@attribute.*\srelational\s*$/i.test(line));
  if (relational) throw new FileError(`${what}, line ${relational.number}: several dimensions; give a file of one lead, a column per value`);
  const attributes = head.map(({ line }) => ATTRIBUTE.exec(line)).filter((match) => match !== null);
  return attributes.length ? arff(what, attributes, rows) : ts(what, head, rows);
}

/** The fields of Weka's rows in CSV's quotes. @param {string} line */
export function inDoubleQuotes(line) {
  return line.replace(QUOTED_FIELD, (text) => `"${unquoted(text).replaceAll('"', '""')}"`);
}

/** @param {string} text */
function unquoted(text) {
  return /^(["']).*\1$/.test(text.trim()) ? text.trim().slice(1, -1).replace(/\\(.)/g, "$1") : text.trim();
}

/** The one attribute that lists names is the label. @param {string} what @param {RegExpExecArray[]} attributes @param {Line[]} rows */
function arff(what, attributes, rows) {
  const names = attributes.map(([, name]) => unquoted(name));
  const sparse = rows.find(({ line }) => line.startsWith("{"));
  if (sparse) throw new FileError(`${what}, line ${sparse.number}: a sparse row; write all values of a beat`);
  const lists = attributes.map(([, , kind], place) => ({ place, match: /^\{(.*)\}$/.exec(kind) })).filter(({ match }) => match !== null);
  const [label, classes] = lists.length === 1 ? [lists[0].place, Array.from((lists[0].match?.[1] ?? "").matchAll(NAME), ([, name]) => unquoted(name))] : [null, null];
  const isNumeric = attributes.map(([, , kind]) => NUMERIC.test(kind));
  return { names, label, classes, isNumeric, rows, end: "," };
}

/** @param {string} what @param {Line[]} head @param {Line[]} rows */
function ts(what, head, rows) {
  const uneven = head.find(({ line }) => /^@equalLength\s+false\b/i.test(line));
  if (uneven) throw new FileError(`${what}, line ${uneven.number}: series of several lengths; cut or pad all beats to one length`);
  if ((rows.find(({ line }) => isFilled(line))?.line.split(":").length ?? 0) > 2) throw new FileError(`${what}: beats of several dimensions; give one lead`);
  const declared = head.map(({ line }) => /^@classLabel\s+true\s+(.*)$/i.exec(line)?.[1]).find(Boolean);
  return { names: null, label: null, isNumeric: null, classes: declared ? declared.trim().split(/\s+/) : null, rows, end: ":" };
}
