/** How a table was read, as a sentence for people. */

import { columnName } from "./layout.js";
import { shown } from "./table.js";

/** @import { Layout, Table } from "./shapes.js" */
/** @import { Column } from "./shapes.js" */

/** Why a column is left out. @type {Partial<Record<Column["kind"], string>>} */
const REASONS = { index: "counts the rows", identifier: "names a person or a file", place: "says where the beats are", attribute: "tells of the person, the recording or the split", name: "has a different text in each row" };

/** Say what was understood of a table that `readTable` has read. @param {Table} table @param {number} width */
export function understoodOf({ beats, layout, choice, leftOut }, width) {
  const hasHeader = Boolean(layout.header ?? layout.attributes);
  const order = choice.isReordered ? ", its columns put in the model's order" : "";
  const decimal = layout.decimal === "," ? "; decimal commas" : "";
  const count = beats.length.toLocaleString("en");
  const what = `${count} ${beats.length === 1 ? "beat" : "beats"} of ${width} values; ${hasHeader ? "a header" : "no header"}${order}${decimal}; ${labelSaid(layout, choice.label)}.`;
  const columns = choice.leftOut.map((place) => ` ${capital(columnName(layout, place))} ${REASONS[layout.columns[place].kind] ?? "was not asked for"} and is left out.`);
  const rows = leftOut.length ? ` Left out: ${shown(leftOut)}.` : "";
  return what + columns.join("") + rows;
}

/** @param {Layout} layout @param {number|null} label */
function labelSaid({ columns, header, attributes }, label) {
  if (label === null) return "no label column";
  const place = label === 0 ? "the first column" : label === columns.length - 1 ? "the last column" : `column ${label + 1}`;
  const name = (header ?? attributes)?.[label];
  return `the label is ${name ? `${place} (${name})` : place}`;
}

/** @param {string} text */
function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
