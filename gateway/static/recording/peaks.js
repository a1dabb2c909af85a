/** Finds R peaks as data/recordings/peaks.py does, which has neurokit2 for it: the two are held together by a test. */

import { clean, smooth } from "./filter.js";

const BLOCK_SECONDS = 300;
const MARGIN_SECONDS = 10; // looked at on both sides of a block, so that its ends are like its middle
const STEEP = 1.5; // times the mean steepness about it: a QRS complex
const SHORTEST = 0.4; // of the mean QRS complex of the block
const PAUSE_SECONDS = 0.25; // of two peaks closer than this the larger is the beat
const REACH_SECONDS = 0.1; // from where a peak was found to the deflection it stands for
const PREFERENCE = 1.5; // for deflections to the side that is usual in the block
const WEAKEST = 0.2; // of the usual deflection: less is noise in a flat stretch

/**
 * Return the sample numbers of the R peaks, ascending: the largest deflection of each QRS complex, up or down.
 *
 * @param {Float32Array} samples one lead; NaN where the recording has a gap
 * @param {number} rate samples per second
 * @param {(share: number) => void} [progress] told how much of the recording is done, from 0 to 1
 * @returns {Int32Array} empty for flat lines
 */
export function findPeaks(samples, rate, progress = () => {}) {
  const found = [];
  const block = Math.round(BLOCK_SECONDS * rate);
  const margin = Math.round(MARGIN_SECONDS * rate);
  for (let start = 0; start < samples.length; start += block) {
    const from = Math.max(start - margin, 0);
    const piece = filled(samples.subarray(from, start + block + margin));
    for (const { peak, height } of peaksOf(piece, rate)) {
      const at = from + peak;
      const isInside = at >= start && at < start + block && !Number.isNaN(samples[at]);
      if (isInside && at !== found.at(-1)?.at) found.push({ at, height }); // seen both ways up
    }
    progress(Math.min((start + block) / samples.length, 1));
  }
  const least = WEAKEST * upperQuartile(found.map(({ height }) => height));
  const kept = [];
  for (const peak of found.filter(({ height }) => height >= least)) {
    const last = kept.at(-1);
    if (!last || peak.at - last.at > PAUSE_SECONDS * rate) kept.push(peak);
    else if (peak.height > last.height) kept[kept.length - 1] = peak;
  }
  return Int32Array.from(kept, ({ at }) => at);
}

function peaksOf(signal, rate) {
  if (signal.length < 2 * rate || signal.every((value) => value === signal[0])) return [];
  const cleaned = clean(signal, rate);
  const reach = Math.round(REACH_SECONDS * rate);
  const about = complexes(cleaned, rate).map((at) => ({ from: Math.max(at - reach, 0), to: at + reach + 1 }));
  const leaning = about.map(({ from, to }) => lean(cleaned.subarray(from, to))).sort((a, b) => a - b);
  const side = leaning[leaning.length >> 1] < 0 ? -1 : 1;
  return about.map(({ from, to }) => {
    const peak = from + largest(cleaned.subarray(from, to), side);
    return { peak, height: Math.abs(cleaned[peak]) };
  });
}

/** Where the signal is steep for as long as a QRS complex is: its highest local maxima there, seen either way up. */
function complexes(signal, rate) {
  const last = signal.length - 1;
  const slope = signal.map((_, index) => {
    const [left, right] = [Math.max(index - 1, 0), Math.min(index + 1, last)];
    return Math.abs(signal[right] - signal[left]) / (right - left);
  });
  const steepness = smooth(slope, Math.round(0.1 * rate));
  const mean = smooth(steepness, Math.round(0.75 * rate));
  const runs = steepRuns(steepness, mean);
  const shortest = (SHORTEST * runs.reduce((sum, [from, to]) => sum + to - from, 0)) / runs.length;
  const upsideDown = signal.map((value) => -value); // a beat from a ventricle may have a local maximum only there
  const peaks = [];
  for (const [from, to] of runs) {
    if (to - from < shortest) continue;
    for (const seen of [signal, upsideDown]) {
      const peak = highest(seen, from, to);
      if (peak !== null) peaks.push(peak);
    }
  }
  return peaks.sort((a, b) => a - b);
}

function steepRuns(steepness, mean) {
  const runs = [];
  let from = null;
  for (let index = 1; index < steepness.length; index++) {
    const [was, is] = [index - 1, index].map((at) => steepness[at] > STEEP * mean[at]);
    if (is && !was) from = index - 1;
    if (was && !is && from !== null) {
      runs.push([from, index - 1]);
      from = null;
    }
  }
  return runs;
}

/** The local maximum between two places that stands out most, or null. */
function highest(signal, from, to) {
  let [best, most] = [null, 0];
  for (let at = from + 1; at < to - 1; at++) {
    if (!(signal[at] > signal[at - 1] && signal[at] >= signal[at + 1])) continue;
    const prominence = signal[at] - Math.max(lowest(signal, at, from - 1, -1), lowest(signal, at, to, 1));
    if (prominence > most) [best, most] = [at, prominence];
  }
  return best;
}

/** The lowest value on the way from a maximum to `end`, or to where the signal is higher. */
function lowest(signal, at, end, step) {
  let low = signal[at];
  for (let index = at + step; index !== end && signal[index] <= signal[at]; index += step) low = Math.min(low, signal[index]);
  return low;
}

function lean(signal) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of signal) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return low + high;
}

function largest(signal, side) {
  let [best, most] = [0, -1];
  signal.forEach((value, index) => {
    const size = Math.abs(value) * (value * side > 0 ? PREFERENCE : 1);
    if (size > most) [best, most] = [index, size];
  });
  return best;
}

/** The samples with straight lines over the gaps. */
function filled(samples) {
  const signal = Float64Array.from(samples);
  let before = null;
  signal.forEach((value, index) => {
    if (Number.isNaN(value)) return;
    const start = before ?? -1;
    const from = before === null ? value : signal[before];
    for (let at = start + 1; at < index; at++) signal[at] = from + ((value - from) * (at - start)) / (index - start);
    before = index;
  });
  return signal.fill(before === null ? 0 : signal[before], (before ?? -1) + 1);
}

function upperQuartile(values) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(0.75 * (sorted.length - 1))] ?? 0;
}
