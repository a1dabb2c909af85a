/** The rhythm of a recording: its RR intervals, where none is counted, and heart rates. No drawing here. */

import { median } from "../../recording/numbers.js";
import { hasFlatLine } from "../../recording/resample.js";
import { LONGEST, SHORTEST } from "../../recording/rhythm.js";

export { LONGEST, SHORTEST };
const SUCCESSIVE = 10; // RR intervals whose mean gives a heart rate: an early beat and its pause cancel out

/**
 * @typedef {{value: number, place: number}} Extreme a value, and the number of the R peak that it belongs to, from 0
 * @typedef {{median: number, lowest: Extreme, highest: Extreme}} Figures
 * @typedef {object} Rhythm
 * @property {(Figures & {over: number}) | null} rate beats per minute, each from the mean of `over` successive RR intervals
 * @property {Figures | null} rr RR intervals in seconds
 * @property {number} counted RR intervals
 * @property {number} broken not counted: a gap or a flat line lies between the R peaks
 * @property {number} short not counted: shorter than SHORTEST
 * @property {number} long not counted: longer than LONGEST
 * @property {Extreme | null} pause the longest of those
 */

/**
 * The seconds from the R peak before to each R peak.
 *
 * @param {Float32Array} samples one lead, NaN in gaps
 * @param {number} rate samples per second
 * @param {ArrayLike<number>} peaks sample numbers, ascending
 * @returns {Float64Array<ArrayBuffer>} NaN for the first peak and across a gap or a flat line
 */
export function intervalsOf(samples, rate, peaks) {
  const intervals = new Float64Array(peaks.length).fill(NaN);
  for (let place = 1; place < peaks.length; place += 1) {
    const between = samples.subarray(peaks[place - 1], peaks[place]);
    if (!between.some(Number.isNaN) && !hasFlatLine(between, rate)) intervals[place] = between.length / rate;
  }
  return intervals;
}

/**
 * Is this an RR interval that heart rates are counted by? In a longer one beats may have been missed.
 *
 * @param {number} seconds
 * @returns {boolean} false for NaN
 */
export function isCounted(seconds) {
  return seconds >= SHORTEST && seconds <= LONGEST;
}

/**
 * @param {Float64Array} intervals as intervalsOf gives them
 * @returns {Float64Array} NaN for those that are not counted
 */
export function countedOf(intervals) {
  return intervals.map((seconds) => (isCounted(seconds) ? seconds : NaN));
}

/**
 * @param {Float64Array} intervals as intervalsOf gives them
 * @returns {Rhythm}
 */
export function summaryOf(intervals) {
  const long = intervals.map((seconds) => (seconds > LONGEST ? seconds : NaN));
  const over = Math.min(SUCCESSIVE, longestRun(intervals));
  const rates = figuresOf(ratesOf(intervals, over));
  return {
    rate: rates && { ...rates, over },
    rr: figuresOf(countedOf(intervals)),
    counted: intervals.filter(isCounted).length,
    broken: intervals.subarray(1).filter(Number.isNaN).length,
    short: intervals.filter((seconds) => seconds < SHORTEST).length,
    long: long.filter((seconds) => !Number.isNaN(seconds)).length,
    pause: extreme(long, 1),
  };
}

/**
 * From where to where no RR interval is counted.
 *
 * @param {Float64Array} times of the R peaks
 * @param {Float64Array} intervals before them, NaN where none is counted
 */
export function uncountedOf(times, intervals) {
  /** @type {{seconds: number[], until: number[]}} */
  const spans = { seconds: [], until: [] };
  for (let place = 1; place < times.length; place += 1) {
    if (!Number.isNaN(intervals[place])) continue;
    spans.seconds.push(times[place - 1]);
    spans.until.push(times[place]);
  }
  return spans;
}

/**
 * The beat nearest to a moment, by bisection.
 *
 * @template {{seconds: number}} Beat
 * @param {Beat[]} beats in the order of their time
 * @param {number} seconds
 * @returns {Beat}
 */
export function nearestTo(beats, seconds) {
  let [low, high] = [0, beats.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beats[middle].seconds < seconds) low = middle + 1;
    else high = middle;
  }
  const before = beats[low - 1];
  return before && seconds - before.seconds <= beats[low].seconds - seconds ? before : beats[low];
}

/**
 * @param {Float64Array} intervals
 * @param {number} over
 * @returns {Float64Array} beats per minute at the end of each `over` successive intervals, else NaN
 */
function ratesOf(intervals, over) {
  const rates = new Float64Array(intervals.length).fill(NaN);
  let [run, sum] = [0, 0];
  intervals.forEach((seconds, place) => {
    [run, sum] = isCounted(seconds) ? [run + 1, sum + seconds] : [0, 0];
    if (run > over) sum -= intervals[place - over];
    if (over && run >= over) rates[place] = (60 * over) / sum;
  });
  return rates;
}

/**
 * @param {Float64Array} intervals
 * @returns {number} of counted ones in a row
 */
function longestRun(intervals) {
  let [run, longest] = [0, 0];
  for (const seconds of intervals) {
    run = isCounted(seconds) ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/**
 * @param {Float64Array} values NaN where there is none
 * @returns {Figures | null} null where all are NaN
 */
function figuresOf(values) {
  const [lowest, highest] = [extreme(values, -1), extreme(values, 1)];
  return lowest && highest && { median: median(values.filter((value) => !Number.isNaN(value))), lowest, highest };
}

/**
 * @param {Float64Array} values
 * @param {1 | -1} sign 1 for the largest, -1 for the smallest
 * @returns {Extreme | null}
 */
function extreme(values, sign) {
  let found = -1;
  values.forEach((value, place) => {
    if (!Number.isNaN(value) && (found < 0 || sign * value > sign * values[found])) found = place;
  });
  return found < 0 ? null : { value: values[found], place: found };
}
