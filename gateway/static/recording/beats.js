/** Cuts beats as data/recordings/windows.py does: the two are held together by a test, so change both. */

import { likenessOf } from "./likeness.js";
import { median } from "./numbers.js";
import { means, normalised } from "./resample.js";
import { rhythmOf } from "./rhythm.js";

/** @import { Cut, CutBeat } from "./shapes.js" */

const LONGEST_SECONDS = 3; // from one peak to the next; beyond it beats were missed
const BEFORE_PEAK = 0.025; // of the RR interval: where ECG5000's beats begin

/**
 * Cut the beat of each peak, one by one: from a fortieth of an RR interval before it to as much before the next peak, or over the
 * window of the cut.
 *
 * @param {Float32Array} samples one lead, NaN in gaps; in mV for a cut in mV
 * @param {number} rate samples per second
 * @param {ArrayLike<number>} peaks sample numbers, ascending
 * @param {Cut} cut
 * @returns {Generator<CutBeat, void>} There is no beat if the window has a gap or a flat line of more than
 *   a second, is flat or goes beyond the recording; by RR intervals there is none of the last peak either, nor of one before
 *   a pause of over three seconds.
 */
export function* eachBeat(samples, rate, peaks, cut) {
  const beside = besideOf(samples, rate, peaks, cut.beside);
  for (const { index, start, span } of windows(rate, peaks, cut)) {
    const values = valuesOf(samples, rate, start, span, cut, cut.beside.map((name) => beside[index][name]));
    if (values) yield { peak: peaks[index], start, span, values };
  }
}

/**
 * The values of one beat, which can be cut again so whenever they are needed, and need not be held.
 *
 * @param {Float32Array} samples
 * @param {number} rate
 * @param {number} start
 * @param {number} span
 * @param {Cut} cut
 * @param {Iterable<number>} beside what follows the trace
 * @returns {Float32Array<ArrayBuffer> | null} null if there is no beat
 */
export function valuesOf(samples, rate, start, span, cut, beside) {
  const trace = traceOf(samples, rate, start, span, cut);
  return trace && Float32Array.from([...trace, ...beside]);
}

/** @param {number} rate @param {ArrayLike<number>} peaks @param {Cut} cut */
function* windows(rate, peaks, { window }) {
  for (let index = 0; index < peaks.length; index++) {
    const peak = peaks[index];
    const span = peaks[index + 1] - peak;
    if (window) {
      const [from, to] = window.map((place) => (place * rate) / 1000);
      yield { index, start: peak + from, span: to - from };
    } else if (span <= LONGEST_SECONDS * rate) yield { index, start: peak - BEFORE_PEAK * span, span };
  }
}

/** @param {Float32Array} samples @param {number} rate @param {number} start @param {number} span @param {Cut} cut */
function traceOf(samples, rate, start, span, { length, scale }) {
  const values = means(samples, rate, start, span, length);
  return values && (scale === "mV" ? lessMedian(values) : normalised(values));
}

/** @param {Float64Array} values */
function lessMedian(values) {
  const baseline = median(values);
  return values.map((value) => value - baseline);
}

/**
 * What follows the trace of each peak, by its names.
 * @param {Float32Array} samples
 * @param {number} rate
 * @param {ArrayLike<number>} peaks
 * @param {string[]} names
 * @returns {Record<string, number>[]}
 */
function besideOf(samples, rate, peaks, names) {
  const rhythm = names.some((name) => name.startsWith("rr_")) ? rhythmOf(samples, rate, peaks) : [];
  const likeness = names.filter((name) => name === "like_beat" || name === "like_qrs").map((name) => [name, likenessOf(samples, rate, peaks, name)]);
  return Array.from(peaks, (_, index) => ({ ...rhythm[index], ...Object.fromEntries(likeness.map(([name, all]) => [name, all[index]])) }));
}
