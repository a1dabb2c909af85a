/** Cuts beats as data/recordings/windows.py does: the two are held together by a test, so change both. */

import { LONGEST_SECONDS, median, rhythmOf } from "./rhythm.js";

const BEFORE_PEAK = 0.025; // of the RR interval: where ECG5000's beats begin

/**
 * Cut the beat of each peak: from a fortieth of an RR interval before it to as much before the next peak, or over the
 * window of the cut.
 *
 * @param {Float32Array} samples one lead, NaN in gaps; in mV for a cut in mV
 * @param {number} rate samples per second
 * @param {ArrayLike<number>} peaks sample numbers, ascending
 * @param {import("./cut.js").Cut} cut
 * @returns {{peak: number, start: number, end: number, values: Float32Array}[]}
 *   start and end are sample numbers and not whole. There is no beat where the window has a gap, is flat or goes beyond
 *   the recording; by RR intervals there is none of the last peak either, nor of one before a pause of over three seconds.
 */
export function cutBeats(samples, rate, peaks, cut) {
  const rhythm = cut.rhythm.length ? rhythmOf(samples, rate, peaks) : null;
  const beats = [];
  for (const { index, start, span } of windows(rate, peaks, cut)) {
    const trace = traceOf(samples, start, span, cut);
    const values = trace && Float32Array.from([...trace, ...cut.rhythm.map((name) => rhythm[index][name])]);
    if (values) beats.push({ peak: peaks[index], start, end: start + span, values });
  }
  return beats;
}

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

/** Each value is the mean of the samples about its place, so that many samples become few without aliasing. */
function traceOf(samples, start, span, { length, scale }) {
  const step = span / (length - 1);
  const width = Math.max(step, 1);
  const first = Math.floor(start - width / 2) - 1;
  const last = Math.ceil(start + span + width / 2) + 1;
  if (first < 0 || last >= samples.length) return null;
  if (samples.subarray(first, last + 1).every((value) => value === samples[first])) return null;
  const sums = new Float64Array(last - first + 2); // sums[i]: of the samples before first + i
  for (let at = first; at <= last; at++) sums[at - first + 1] = sums[at - first] + samples[at];
  if (Number.isNaN(sums[last - first + 1])) return null;
  const sumUpTo = (place) => {
    const whole = Math.floor(place - first + 0.5);
    return sums[whole] + (place - first + 0.5 - whole) * samples[first + whole];
  };
  const values = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    const place = start + index * step;
    values[index] = (sumUpTo(place + width / 2) - sumUpTo(place - width / 2)) / width;
  }
  return scale === "mV" ? lessMedian(values) : normalised(values);
}

function lessMedian(values) {
  const baseline = median(values);
  return values.map((value) => value - baseline);
}

/** As the rows of the UCR archive: the deviation is that of a sample, with n - 1. */
function normalised(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (values.length - 1));
  return deviation > 0 ? values.map((value) => (value - mean) / deviation) : null;
}
