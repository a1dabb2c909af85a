/** The headers of .ts (UCR, aeon) and .arff (Weka) files, which tell the columns' names and where the rows begin. */

import { FileError } from "./errors.js";

const ATTRIBUTE = /^@attribute\s+('[^']*'|"[^"]*"|\S+)\s+(.*)$/i;
const NUMERIC = /^(real|numeric|integer)\b/i;

/** Is this the first line, after notes, of such a file? */
export function isDeclared(line) {
  return /^@[a-z]/i.test(line);
}

/**
 * @param {string} what the file's name
 * @param {{number: number, line: string}[]} lines the first ones, without notes
 * @returns {{names: string[]|null, classes: string[]|null, rows: {number: number, line: string}[], end: string}} of the
 *   rows those among `lines`; `end` is what stands before the label
 */
export function readDeclared(what, lines) {
  const start = lines.findIndex(({ line }) => /^@data\b/i.test(line));
  if (start < 0) throw new FileError(`${what}: no @data line; is the file cut short?`);
  const [head, rows] = [lines.slice(0, start), lines.slice(start + 1)];
  const attributes = head.map(({ line }) => ATTRIBUTE.exec(line)).filter(Boolean);
  return attributes.length ? arff(what, attributes, rows) : ts(what, head, rows);
}

function arff(what, attributes, rows) {
  const names = attributes.map(([, name]) => name.replace(/^(["'])(.*)\1$/, "$2"));
  const text = attributes.slice(0, -1).findIndex(([, , kind]) => !NUMERIC.test(kind));
  if (text >= 0) throw new FileError(`${what}: column ${text + 1} (${names[text]}) holds text; remove it`);
  const sparse = rows.find(({ line }) => line.startsWith("{"));
  if (sparse) throw new FileError(`${what}, line ${sparse.number}: a sparse row; write all values of a beat`);
  return { names, classes: null, rows, end: "," };
}

function ts(what, head, rows) {
  if (rows[0]?.line.split(":").length > 2) throw new FileError(`${what}: beats of several dimensions; give one lead`);
  const declared = head.map(({ line }) => /^@classLabel\s+true\s+(.*)$/i.exec(line)?.[1]).find(Boolean);
  return { names: null, classes: declared ? declared.trim().split(/\s+/) : null, rows, end: ":" };
}
