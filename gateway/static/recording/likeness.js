/** How like its recording's usual beat a beat is; as data/recordings/likeness.py, so change both. */

import { median } from "./numbers.js";
import { means, normalised } from "./resample.js";

const WINDOWS = { like_beat: [-250, 450], like_qrs: [-100, 100] }; // ms from the peak
const VALUES = 71; // of a window
const MOST_BEATS = 1000; // of which the usual beat is the median

/**
 * The correlation of each beat with the recording's usual one, from -1 to 1; 1 for a beat without a whole window.
 *
 * @param {Float32Array} samples one lead, NaN in gaps
 * @param {number} rate samples per second
 * @param {ArrayLike<number>} peaks sample numbers, ascending
 * @param {"like_beat"|"like_qrs"} name the window
 * @returns {Float64Array}
 */
export function likenessOf(samples, rate, peaks, name) {
  const [start, end] = WINDOWS[name].map((place) => (place * rate) / 1000);
  const beatOf = (/** @type {number} */ peak) => {
    const values = means(samples, rate, peak + start, end - start, VALUES);
    return values && normalised(values);
  };
  const every = Math.ceil(peaks.length / MOST_BEATS);
  const usual = usualOf(Array.from(peaks).filter((_, index) => index % every === 0).map(beatOf).filter((values) => values !== null));
  return Float64Array.from(peaks, (peak) => {
    const values = usual && beatOf(peak);
    return values ? values.reduce((sum, value, at) => sum + value * usual[at], 0) / (VALUES - 1) : 1;
  });
}

/** @param {Float64Array[]} beats */
function usualOf(beats) {
  return beats.length ? normalised(Float64Array.from({ length: VALUES }, (_, at) => median(beats.map((values) => values[at])))) : null;
}
