/** Small statistics of arrays of numbers, as NumPy has them. */

/** @param {ArrayLike<number> & Iterable<number>} values */
export function mean(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The middle value, of two their mean; NaN of none. @param {ArrayLike<number>} values */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Between two of the sorted values in proportion. @param {ArrayLike<number>} values @param {number} share */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const at = share * (sorted.length - 1);
  const before = Math.floor(at);
  const [one, other = one] = sorted.subarray(before, before + 2);
  return one + (at - before) * (other - one);
}

/** @param {number[]|Float64Array} values */
export function smallest(values) {
  let least = Infinity;
  for (const value of values) least = Math.min(least, value);
  return least;
}

/** @param {number[]|Float64Array} values */
export function largest(values) {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  return most;
}

/** Of each value from the second on, how much more it is than the one before. @param {ArrayLike<number>} values */
export function steps(values) {
  return Float64Array.from({ length: Math.max(values.length - 1, 0) }, (_, index) => values[index + 1] - values[index]);
}

/** @param {number} value @param {number} least @param {number} most */
export function clipped(value, least, most) {
  return Math.min(Math.max(value, least), most);
}

/** The nearest whole number, of two the even one. @param {number} value */
export function rounded(value) {
  const near = Math.round(value);
  return near - value === 0.5 && near % 2 ? near - 1 : near;
}
