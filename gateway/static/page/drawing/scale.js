/** From values to places in a drawing, and the round numbers to write beside an axis. */

/** A function from [low, high] to [from, to]. @param {number} low @param {number} high @param {number} from @param {number} to */
export function scale(low, high, from, to) {
  const span = high - low || 1;
  return (/** @type {number} */ value) => from + ((value - low) / span) * (to - from);
}

/**
 * The round step (1, 2 or 5 times a power of ten) that divides a span into at most `most` parts.
 * @param {number} span @param {number} most
 */
export function step(span, most) {
  const rough = span / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10);
}

/** The multiples of `by` from `low` to `high`. @param {number} low @param {number} high @param {number} by */
export function multiples(low, high, by) {
  const first = Math.ceil(low / by - 1e-9);
  const last = Math.floor(high / by + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * by);
}

/** [least, greatest] of some lists of numbers. @param {...Iterable<number>} lists @returns {[number, number]} */
export function extent(...lists) {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) {
    for (const value of list) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low < high ? [low, high] : [low - 1, high + 1];
}

/**
 * The path through these values.
 * @param {ArrayLike<number>} values @param {(value: number) => number} x @param {(value: number) => number} y @param {number} [first]
 */
export function path(values, x, y, first = 0) {
  let d = "";
  let pen = "M";
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isNaN(values[i])) {
      pen = "M"; // a gap of the recording
    } else {
      d += `${pen}${x(first + i).toFixed(1)} ${y(values[i]).toFixed(1)}`;
      pen = "L";
    }
  }
  return d;
}
