/** The RR intervals about a beat; as data/recordings/rhythm.py, which says why, so change both. */

import { clipped, median } from "./numbers.js";
import { hasFlatLine } from "./resample.js";

export const SHORTEST = 0.2; // seconds; less is no heartbeat
export const LONGEST = 3; // seconds; a pause may last longer
const AROUND = 5; // beats to either side, whose RR intervals make the local one
const MOST = 4; // that a ratio can be
const UNKNOWN = 1; // second: the RR interval where a recording has none

/**
 * The RR intervals of each peak, by their names: two in seconds, and ratios.
 *
 * @param {Float32Array} samples one lead, NaN in gaps
 * @param {number} rate samples per second
 * @param {ArrayLike<number>} peaks sample numbers, ascending
 * @returns {{rr_previous: number, rr_local: number, rr_previous_local: number, rr_next_local: number,
 *   rr_previous_next: number, rr_previous_median: number}[]}
 */
export function rhythmOf(samples, rate, peaks) {
  const intervals = Array.from(peaks).slice(1).map((next, place) => interval(samples, rate, peaks[place], next));
  const all = intervals.filter((seconds) => seconds !== null);
  const overall = all.length ? median(all) : UNKNOWN;
  const known = intervals.map((seconds) => seconds ?? overall);
  const [previous, next] = [[overall, ...known], [...known, overall]];
  return Array.from(peaks, (_, beat) => {
    const around = Array.from({ length: 2 * AROUND + 1 }, (_, at) => previous[Math.min(Math.max(beat - AROUND + at, 0), peaks.length - 1)]);
    const local = median(around);
    return {
      rr_previous: previous[beat],
      rr_local: local,
      rr_previous_local: ratio(previous[beat], local),
      rr_next_local: ratio(next[beat], local),
      rr_previous_next: ratio(previous[beat], next[beat]),
      rr_previous_median: ratio(previous[beat], overall),
    };
  });
}

/**
 * An RR interval in seconds; null for one with a gap or a flat line.
 * @param {Float32Array} samples @param {number} rate @param {number} peak @param {number} next
 */
function interval(samples, rate, peak, next) {
  const between = samples.subarray(peak, next);
  return between.some(Number.isNaN) || hasFlatLine(between, rate) ? null : clipped((next - peak) / rate, SHORTEST, LONGEST);
}

/** @param {number} one @param {number} other */
function ratio(one, other) {
  return Math.min(one / other, MOST);
}
