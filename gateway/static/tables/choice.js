/** Which columns of a table a model takes: its values in order, the label, and what is left out. */

import { apart } from "./columns.js";
import { FileError } from "./errors.js";
import { withoutThousands } from "./fields.js";
import { columnName } from "./layout.js";

/** @import { Choice, Layout } from "./shapes.js" */

const NEITHER = ["index", "identifier", "attribute", "place", "name"];

/**
 * @param {string} what the file, for messages
 * @param {Layout} layout
 * @param {number} width values of a beat
 * @param {string[]|null} names of the model's values
 * @returns {Choice}
 * @throws {FileError}
 */
export function chooseColumns(what, layout, width, names) {
  const all = layout.columns.map((_, place) => place);
  const named = names && layout.header ? places(names, layout.header) : null;
  if (named) return byName(layout, all, named);
  const kept = withoutApart(layout, all.filter((place) => !NEITHER.includes(layout.columns[place].kind)), width);
  const leftOut = all.filter((place) => !kept.includes(place));
  const label = labelOf(what, layout, kept, width);
  const values = kept.filter((place) => place !== label);
  const text = values.find((place) => layout.columns[place].kind === "text");
  if (text !== undefined && values.length >= width) {
    const example = layout.columns[text].text;
    const remedy = withoutThousands(example);
    const holds = remedy ? `'${example}' where a number is expected${remedy}` : "text where a number is expected; remove the column";
    throw new FileError(`${what}: ${columnName(layout, text)} holds ${holds}`);
  }
  if (values.length !== width) throw misfit(what, values.length, width, label !== null && layout.columns[label].isLabel);
  if (names && layout.header) checkOrder(what, layout, layout.header, values, names);
  return { places: values, label, leftOut, isReordered: false };
}

/**
 * All of the model's names are in the header: other columns are not needed.
 * @param {Layout} layout @param {number[]} all @param {number[]} named @returns {Choice}
 */
function byName({ columns }, all, named) {
  const others = all.filter((place) => !named.includes(place));
  const label = others.find((place) => columns[place].isLabel) ?? onlyOne(others.filter((place) => !NEITHER.includes(columns[place].kind)));
  const isReordered = named.some((place, index) => index && place < named[index - 1]);
  return { places: named, label, leftOut: others.filter((place) => place !== label), isReordered };
}

/** @param {number[]} places */
function onlyOne(places) {
  return places.length === 1 ? places[0] : null;
}

/** @param {string[]} names @param {string[]} header */
function places(names, header) {
  const wanted = names.map((name) => header.indexOf(name));
  return wanted.includes(-1) ? null : wanted;
}

/**
 * By its name; else, with more columns than the model has values, the one of text or the outer one of integers only.
 * @param {string} what @param {Layout} layout @param {number[]} kept @param {number} width
 */
function labelOf(what, layout, kept, width) {
  const { columns, rows } = layout;
  const named = kept.filter((place) => columns[place].isLabel);
  if (kept.length <= width) return named[0] ?? null;
  if (named.length > 1) throw new FileError(`${what}: ${named.map((place) => columnName(layout, place)).join(" and ")} could each be the label; leave one of them`);
  if (named.length) return named[0];
  const [first, last] = [kept[0], kept[kept.length - 1]];
  const text = onlyOne(kept.filter((place) => columns[place].isText));
  if (text !== null) return textLabel(what, layout, kept, text);
  if (columns[first].isWhole && columns[last].isWhole && rows.length > 1) {
    throw new FileError(`${what}: the first and the last column hold integers only, and either may be the label; name it label in a header`);
  }
  if (2 * Math.max(columns[first].wholes, columns[last].wholes) <= 1) {
    throw new FileError(`${what}: ${kept.length} columns for beats of ${width} values, and neither the first nor the last column holds integers; name the label in a header`);
  }
  return columns[first].wholes > columns[last].wholes ? first : last;
}

/**
 * An outer column of texts is the label, unless the other outer one holds integers only, and its neighbour does not.
 * @param {string} what @param {Layout} layout @param {number[]} kept @param {number} text
 */
function textLabel(what, layout, kept, text) {
  const isWhole = (/** @type {number} */ place) => layout.columns[place].isWhole;
  const [other, beside] = text === kept[0] ? [kept[kept.length - 1], kept[1]] : [kept[0], kept[kept.length - 2]];
  if (![kept[0], kept[kept.length - 1]].includes(text) || !isWhole(other) || isWhole(beside)) return text;
  throw new FileError(`${what}: ${columnName(layout, text)} holds text and ${columnName(layout, other)} integers only, and either may be the label; name it label in a header`);
}

/**
 * Without the columns whose names do not belong to the others', if it is as many as are too many.
 * @param {Layout} layout @param {number[]} kept @param {number} width
 */
function withoutApart({ columns, header, attributes }, kept, width) {
  const names = header ?? attributes;
  if (!names || kept.length === width) return kept;
  const values = kept.filter((place) => !columns[place].isLabel);
  const others = apart(values.map((place) => names[place])).map((place) => values[place]);
  const mayBeLabel = others.length === 1 && values.length === kept.length && (columns[others[0]].isText || columns[others[0]].isWhole);
  return mayBeLabel || values.length - others.length !== width ? kept : kept.filter((place) => !others.includes(place));
}

/** @param {string} what @param {number} columns @param {number} width @param {boolean} isTable */
function misfit(what, columns, width, isTable) {
  const message = `Its rows have ${columns} ${columns === 1 ? "value" : "values"}. This model takes beats of ${width} values: ${width} columns, or ${width + 1} with a label first or last.`;
  return new FileError(message, { title: `The beats of ${what} do not fit the model`, isTable });
}

/**
 * A column with one of the model's names must not be at another's position.
 * @param {string} what @param {Layout} layout @param {string[]} header @param {number[]} values @param {string[]} names
 */
function checkOrder(what, layout, header, values, names) {
  const given = values.map((place) => header[place]);
  const moved = given.findIndex((name, place) => name !== names[place] && names.includes(name));
  if (moved < 0 || count(given)) return;
  throw new FileError(`${what}: ${columnName(layout, values[moved])} is at the position of the model's ${names[moved]}, and some of the model's names are missing; use the model's names or its order of columns`);
}

/** Names that only count, as F0, F1, ..., are positions and may start at another number than the model's. @param {string[]} names */
function count(names) {
  const [, prefix, start] = /^(.*?)(\d+)$/.exec(names[0]) ?? [];
  return start !== undefined && names.every((name, place) => name === `${prefix}${Number(start) + place}`);
}
