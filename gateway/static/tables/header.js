/** Does the first row of a table name its columns? As data/tables/dialect.py tells. */

import { isNumber } from "./fields.js";

/** Of the columns that hold numbers below, half or more hold text in the first row; or it counts 0, 1, 2, ... */
export function isHeader(texts, decimal) {
  const [first, ...below] = texts;
  const numeric = first.map((_, place) => place).filter((place) => below.length && 2 * below.filter((row) => isNumber(row[place] ?? "", decimal)).length > below.length);
  const looked = numeric.length ? numeric : first.map((_, place) => place).filter((place) => first[place] !== "");
  const named = looked.filter((place) => first[place] !== "");
  const texted = named.filter((place) => !isNumber(first[place], decimal)).length;
  if (texted && 2 * texted >= named.length) return true;
  return countsUp(first);
}

/** pandas names the columns of a nameless table 0, 1, 2, ... */
function countsUp(row) {
  const numbers = row.slice(Number(!isNumber(row[0] ?? "")), isNumber(row.at(-1) ?? "") ? undefined : -1).map(Number);
  return numbers.length > 2 && numbers[0] >= 0 && numbers[0] <= 1 && numbers.every((number, place) => number === numbers[0] + place);
}
