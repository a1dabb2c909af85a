/** Finds R peaks by the method of data/recordings/peaks.py, which says why: the same arithmetic in the same order. */

import { average, filtered, runningMedian, whole } from "./filter.js";

export const FLAT_SECONDS = 1; // a longer gap or flat line ends a stretch
const WINDOW_SECONDS = 1.5; // one beat at least, at 40 beats a minute
const BLOCK_WINDOWS = 200; // searched at a time: five minutes
const HALF = 6; // windows to either side in the running medians
const ENERGY_SECONDS = 0.08; // averaged over twice: about the length of a QRS complex
const LEAST = 0.2; // of the usual energy of a beat
const LEAST_OF_MEAN = 1.1; // of the mean energy, which matters in noise
const CLOSE_SECONDS = 0.2; // refractory: of two maxima that close only the larger is a beat
const NEAR_SECONDS = 0.4; // from CLOSE_SECONDS to here the share of a larger neighbour falls from 1 ...
const SHARE_NEAR = 0.2; // ... to this
const T_SECONDS = 0.5; // up to here after a larger neighbour, a maximum is a T wave ...
const SHARE_T = 0.25; // ... below this share
const MOST = 1.5; // of the usual energy: what a larger neighbour counts beyond CLOSE_SECONDS; more may be an artefact
const NEIGHBOURS = 4; // maxima to either side that are compared
const WEAKEST = 0.05; // of the usual energy in the whole recording: where it is less there are no beats
const WEAKEST_IN_NOISE = 0.3; // the same where the energy is spread as in noise
const NOISE = 2.4; // usual energy of a beat over mean energy: below in noise, above with up to 180 beats a minute
const ROUNDING = 1e-6; // of the largest value: less is float32's rounding
const REACH_SECONDS = 0.1; // from the maximum of the energy to the largest deflection
const PREFERENCE = 1.2; // for deflections to the side that is usual in the block

/** A maximum of the energy, and the most that it counts beside another. @typedef {{at: number, energy: number, most: number}} Maximum */

/**
 * Return the sample numbers of the R peaks, ascending: the largest deflection of each QRS complex, up or down.
 *
 * @param {Float32Array} samples one lead; NaN where the recording has a gap
 * @param {number} rate samples per second
 * @param {(share: number) => void} [progress] gets the share of the recording that is done, from 0 to 1
 * @returns {Int32Array<ArrayBuffer>} empty for flat lines
 */
export function findPeaks(samples, rate, progress = () => {}) {
  const window = whole(WINDOW_SECONDS * rate);
  const [block, margin] = [BLOCK_WINDOWS * window, (HALF + 1) * window];
  const found = [];
  /** @type {number[]} */
  const usual = [];
  for (const [begin, end] of stretches(samples, rate)) {
    for (let start = begin; start < end; start += block) {
      const stop = Math.min(start + block, end);
      const first = Math.max(start - margin, begin);
      const piece = samples.subarray(first, Math.min(stop + margin, end));
      const { beats, levels } = search(piece, start - first, stop - first, rate);
      for (const { peak, level, least } of beats) found.push({ peak: first + peak, level, least });
      for (const level of levels) usual.push(level);
      progress(stop / samples.length);
    }
  }
  progress(1);
  const usualLevel = upperQuartile(usual);
  const strong = found.filter(({ level, least }) => level >= least * usualLevel).map(({ peak }) => peak);
  return Int32Array.from(new Set(strong)).sort();
}

/** Start and end of what lies between gaps and flat lines of more than FLAT_SECONDS. @param {Float32Array} samples @param {number} rate */
function* stretches(samples, rate) {
  let [start, run] = [0, 0]; // where the stretch began, and where the value became what it is
  for (let index = 1; index <= samples.length; index++) {
    const [before, here] = [samples[index - 1], samples[index]];
    const isEnd = index === samples.length;
    if (!isEnd && (here === before || !(Number.isFinite(here) || Number.isFinite(before)))) continue;
    if (index - run > FLAT_SECONDS * rate) {
      if (run > start) yield [start, run];
      start = index;
    }
    run = index;
  }
  if (samples.length > start) yield [start, samples.length];
}

/**
 * The beats between two places of a piece, and the usual energy of a beat in each window.
 * @param {Float32Array} samples @param {number} start @param {number} stop @param {number} rate
 */
function search(samples, start, stop, rate) {
  const signal = filled(samples);
  const { lead, band } = filtered(signal, rate);
  const energy = average(average(band.map(Math.abs), ENERGY_SECONDS * rate), ENERGY_SECONDS * rate, true);

  const window = Math.min(whole(WINDOW_SECONDS * rate), energy.length);
  const count = Math.floor(energy.length / window);
  const windows = Array.from({ length: count }, (_, at) => energy.subarray(at * window, (at + 1) * window));
  const usual = runningMedian(Float64Array.from(windows, largestSize), HALF);
  const mean = runningMedian(Float64Array.from(windows, (values) => sum(values) / window), HALF);
  const rounding = ROUNDING * largestSize(signal);
  const windowOf = (/** @type {number} */ place) => Math.min(Math.floor(place / window), usual.length - 1);
  const least = usual.map((value, at) => Math.max(LEAST * value, LEAST_OF_MEAN * mean[at], rounding));

  const maxima = [];
  for (let at = 1; at < energy.length - 1; at++) {
    if (energy[at] > energy[at - 1] && energy[at] >= energy[at + 1] && energy[at] > least[windowOf(at)]) maxima.push(at);
  }
  const neighbours = maxima.map((at) => ({ at, energy: energy[at], most: MOST * usual[windowOf(at)] }));
  const places = maxima.filter(
    (at, index) => at >= start && at < stop && energy[at] >= overshadowed(neighbours, index, rate),
  );
  const peaks = deflections(lead, places, rate);
  const beats = places.map((at, index) => {
    const level = usual[windowOf(at)];
    return { peak: peaks[index], level, least: level < NOISE * mean[windowOf(at)] ? WEAKEST_IN_NOISE : WEAKEST };
  });
  const levels = usual.subarray(Math.floor(start / window), Math.max(Math.floor(stop / window), 1));
  return { beats: beats.filter(({ peak }) => Number.isFinite(samples[peak])), levels };
}

/**
 * The energy below which a maximum is a part or a wave of a beat near it.
 * @param {Maximum[]} maxima @param {number} index @param {number} rate
 */
function overshadowed(maxima, index, rate) {
  let least = 0;
  const { at } = maxima[index];
  for (const left of maxima.slice(Math.max(index - NEIGHBOURS, 0), index)) {
    const away = (at - left.at) / rate;
    least = Math.max(least, shareAfter(away) * counted(left, away));
  }
  for (const right of maxima.slice(index + 1, index + 1 + NEIGHBOURS)) {
    const away = (right.at - at) / rate;
    least = Math.max(least, shareBefore(away) * counted(right, away));
  }
  return least;
}

/** @param {Maximum} maximum @param {number} away */
function counted({ energy, most }, away) {
  return away < CLOSE_SECONDS ? energy : Math.min(energy, most);
}

/** @param {number} away */
function shareBefore(away) {
  const falling = 1 - ((1 - SHARE_NEAR) * (away - CLOSE_SECONDS)) / (NEAR_SECONDS - CLOSE_SECONDS);
  return away < NEAR_SECONDS ? Math.min(falling, 1) : 0;
}

/** @param {number} away */
function shareAfter(away) {
  return away < T_SECONDS ? Math.max(shareBefore(away), SHARE_T) : 0;
}

/**
 * Each place moved to the largest deflection near it; one to the usual side counts PREFERENCE times.
 * @param {Float64Array} lead @param {number[]} places @param {number} rate
 */
function deflections(lead, places, rate) {
  const reach = whole(REACH_SECONDS * rate);
  const around = places.map((at) => lead.subarray(Math.max(at - reach, 0), at + reach + 1));
  const leaning = Float64Array.from(around, lean).sort();
  const side = leaning[leaning.length >> 1] < 0 ? -1 : 1;
  return places.map((at, index) => Math.max(at - reach, 0) + largest(around[index], side));
}

/** @param {Float64Array} signal */
function lean(signal) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of signal) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low + high;
}

/** The first place of the largest deflection. @param {Float64Array} signal @param {number} side */
function largest(signal, side) {
  let [found, most] = [0, -1];
  for (let at = 0; at < signal.length; at++) {
    const size = Math.abs(signal[at]) * (signal[at] * side > 0 ? PREFERENCE : 1);
    if (size > most) [found, most] = [at, size];
  }
  return found;
}

/** The samples with straight lines over the gaps. @param {Float32Array} samples */
function filled(samples) {
  const signal = Float64Array.from(samples);
  /** @type {number|null} */
  let before = null;
  signal.forEach((value, index) => {
    if (!Number.isFinite(value)) return;
    const start = before ?? -1;
    const from = before === null ? value : signal[before];
    const slope = (value - from) / (index - start);
    for (let at = start + 1; at < index; at++) signal[at] = slope * (at - start) + from;
    before = index;
  });
  return signal.fill(before === null ? 0 : signal[before], (before ?? -1) + 1);
}

/** @param {Float64Array} values */
function largestSize(values) {
  let most = 0;
  for (let index = 0; index < values.length; index++) most = Math.max(most, Math.abs(values[index]));
  return most;
}

/** @param {Float64Array} values */
function sum(values) {
  let total = 0;
  for (let index = 0; index < values.length; index++) total += values[index];
  return total;
}

/** @param {number[]} values */
function upperQuartile(values) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(0.75 * (sorted.length - 1))] ?? 0;
}
