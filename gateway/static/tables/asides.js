/** Lines of a table that are not rows: they may be at its end. */

import { split } from "./fields.js";

/** @import { Layout } from "./shapes.js" */

const NOTHING = /^[ \t,;|\r]*$/; // a line of these alone has no value: spreadsheets write rows without values so
const COMMENT = /^\s*[#%]/;

/** Does this line have anything but delimiters? @param {string} line */
export function isFilled(line) {
  return !NOTHING.test(line);
}

/** The kind of a line that is not a row: "" if it is blank, null if it is a row. @param {string} line @param {Layout} layout */
export function asideOf(line, { delimiter, columns, isDeclared }) {
  if (!isFilled(line)) return delimiter !== " " && line.includes(delimiter) ? "an empty row" : "";
  if (!COMMENT.test(line)) return null;
  if (isDeclared) return "";
  return split(line, delimiter).length === columns.length ? null : "a comment";
}
