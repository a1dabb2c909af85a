/** A few values for a window of a lead, and their usual scale; as data/recordings/resample.py, so change both. */

import { FLAT_SECONDS } from "./peaks.js";

/**
 * `length` values from `start` on over `span` samples: each is the mean of the samples about its place, so that many become
 * few without aliasing. Null where the window has a gap, is flat, goes beyond the recording, or where a flat line reaches into
 * it in which no beat is looked for.
 *
 * @param {Float32Array} samples
 * @param {number} rate
 * @param {number} start
 * @param {number} span
 * @param {number} length
 */
export function means(samples, rate, start, span, length) {
  const step = span / (length - 1);
  const width = Math.max(step, 1);
  const first = Math.floor(start - width / 2) - 1;
  const last = Math.ceil(start + span + width / 2) + 1;
  if (first < 0 || last >= samples.length) return null;
  if (samples.subarray(first, last + 1).every((value) => value === samples[first])) return null;
  const beyond = Math.floor(FLAT_SECONDS * rate);
  if (hasFlatLine(samples.subarray(Math.max(first - beyond, 0), last + 1 + beyond), rate)) return null;
  const sums = new Float64Array(last - first + 2); // sums[i]: of the samples before first + i
  for (let at = first; at <= last; at++) sums[at - first + 1] = sums[at - first] + samples[at];
  if (Number.isNaN(sums[last - first + 1])) return null;
  const sumUpTo = (/** @type {number} */ place) => {
    const whole = Math.floor(place - first + 0.5);
    return sums[whole] + (place - first + 0.5 - whole) * samples[first + whole];
  };
  const values = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    const place = start + index * step;
    values[index] = (sumUpTo(place + width / 2) - sumUpTo(place - width / 2)) / width;
  }
  return values;
}

/** With mean 0 and deviation 1, as the rows of the UCR archive: that of a sample, with n - 1. @param {Float64Array} values */
export function normalised(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (values.length - 1));
  return deviation > 0 ? values.map((value) => (value - mean) / deviation) : null;
}

/** Whether samples keep one value for more than FLAT_SECONDS. @param {Float32Array} samples @param {number} rate */
export function hasFlatLine(samples, rate) {
  let run = 0; // where the value became what it is
  for (let index = 0; index < samples.length; index++) {
    if (samples[index] !== samples[run]) run = index;
    if (index + 1 - run > FLAT_SECONDS * rate) return true;
  }
  return false;
}
