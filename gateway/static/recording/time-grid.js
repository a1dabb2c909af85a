/** An even rate under times that are rounded, jitter, come in packets or have gaps; as data/recordings/text/time_grid.py finds it. */

import { clipped, largest, mean, median, quantile, smallest, steps } from "./numbers.js";
import { place } from "./rounding.js";

/** @import { Grid } from "./shapes.js" */

export const LATE = 1; // seconds that a time may be off an even rate
const NEAR = 0.6; // of a step: differences that are off by more are packets lost, or sent twice
const FEW_PIECES = 0.05; // gaps for each time; more must each be as long as whole samples,
const OFF_WHOLE = 0.15; // but for this part of one; any lengths are off by 0.25
const OTHER_RATE = 0.05; // by how much a stretch's step may differ from the others'
const SNAP = 1e-5; // the difference up to which a rate is rounded to fewer digits

/** Times that are not evenly spaced: from which row on, and why, as the second half of a sentence. */
export class UnevenError extends Error {
  /** @param {string} reason @param {number|null} [row] */
  constructor(reason, row = null) {
    super(reason);
    this.name = "UnevenError";
    this.reason = reason;
    this.row = row;
  }
}

/** The step of times by least squares, accumulated over pieces between gaps. */
export class Slope {
  xx = 0;
  xy = 0;
  rows = 0;

  /**
   * Add times without a gap, and the places of their samples.
   * @param {ArrayLike<number> & Iterable<number>} places @param {ArrayLike<number> & Iterable<number>} times
   */
  add(places, times) {
    if (places.length < 2) return this;
    const [middle, passed] = [mean(places), mean(times)];
    for (let index = 0; index < places.length; index++) {
      const away = places[index] - middle;
      this.xx += away * away;
      this.xy += away * (times[index] - passed);
    }
    this.rows += places.length;
    return this;
  }

  /** Seconds from one sample to the next; 0 if unknown. */
  get step() {
    return this.xx ? this.xy / this.xx : 0;
  }
}

/**
 * The usual step of a recording's first times, by least squares between the gaps.
 *
 * @param {Float64Array} times in seconds
 * @param {number} resolution seconds of their last digit
 * @returns {Grid} `start`: of the grid from which the times were rounded, from the first one on; `isAmbiguous`: a lower rate
 *   and no sample lost would explain them as well
 * @throws {UnevenError}
 */
export function fit(times, resolution) {
  const placed = place(times, resolution);
  if (placed) return placed;
  const { rows, stamps } = stampsOf(times);
  if (rows.length < 2 || times.length < 3) throw new UnevenError("there are too few times, or all are equal");
  const [differences, samples] = [steps(stamps), steps(rows)];
  const excessOver = (/** @type {number} */ step) => differences.map((difference, index) => difference - step * samples[index]);
  let step = roughStep(differences, samples);
  /** @type {[number, number][]} */
  let pieces = [];
  for (let round = 0; round < 3; round++) {
    pieces = piecesOf(excessOver(step), step, resolution);
    const slope = new Slope();
    for (const [start, end] of pieces) slope.add(rows.subarray(start, end), stamps.subarray(start, end));
    if (!(slope.step > 0)) throw new UnevenError("they do not go up");
    ({ step } = slope);
  }
  checkWholeSamples(excessOver(step), pieces, step, resolution);
  checkSameRate(rows, stamps, pieces, step, resolution);
  const off = pieces.flatMap(([start, end]) => Array.from(offOf(rows.subarray(start, end), stamps.subarray(start, end), step), Math.abs));
  return { step, spread: quantile(off, 0.99), start: null, isAmbiguous: false };
}

/**
 * Samples per second with as few digits as the times, off by about `error` each, bear out.
 * @param {number} step @param {Slope} slope @param {number} error
 */
export function niceRate(step, slope, error) {
  const rate = 1 / step;
  const within = Math.max(SNAP, slope.xx ? (3 * error) / Math.sqrt(slope.xx) / step : 0) * rate;
  const rounded = [0, 1, 2, 3, 4, 5].map((digits) => Number(rate.toFixed(digits)));
  return rounded.find((each) => Math.abs(rate - each) <= within) ?? rate;
}

/**
 * Do times without gaps have another step than the usual one, beyond jitter?
 * @param {number[]|Float64Array} places @param {number[]|Float64Array} times @param {number} step @param {number} resolution
 */
export function isOtherRate(places, times, step, resolution) {
  const slope = new Slope().add(places, times);
  const off = times.map((time, index) => time - slope.step * places[index]);
  const middle = mean(off);
  const noise = Math.sqrt(mean(off.map((each) => (each - middle) ** 2))) + resolution;
  // times that come late do so for a while: some thirty of them count as one
  return Math.abs(slope.step - step) > OTHER_RATE * step + 5 * noise * Math.sqrt(30 / slope.xx);
}

/** The first row and the time of each run of rows that share a time. @param {Float64Array} times */
function stampsOf(times) {
  const rows = Float64Array.from(times.keys()).filter((row) => row === 0 || times[row] !== times[row - 1]);
  return { rows, stamps: rows.map((row) => times[row]) };
}

/** @param {Float64Array} differences @param {Float64Array} samples */
function roughStep(differences, samples) {
  const each = differences.map((difference, index) => difference / samples[index]);
  const order = Array.from(each.keys()).sort((one, other) => each[one] - each[other]);
  const half = samples.reduce((sum, count) => sum + count, 0) / 2;
  let passed = 0;
  const middle = each[order.find((index) => (passed += samples[index]) >= half) ?? -1];
  if (!(middle > 0)) throw new UnevenError("they do not go up");
  let [time, count] = [0, 0];
  for (const [index, step] of each.entries()) {
    if (Math.abs(step - middle) > NEAR * middle) continue;
    time += differences[index];
    count += samples[index];
  }
  return time / count;
}

/**
 * Cut where a step differs too much from the samples' time; backward steps show the usual jitter.
 * @param {Float64Array} excess @param {number} step @param {number} resolution @returns {[number, number][]}
 */
function piecesOf(excess, step, resolution) {
  const back = -quantile(excess, 0.01);
  const jitter = back > NEAR * step && back > 1.01 * resolution ? 2 * back : 0;
  const usual = Math.max(NEAR * step, 1.01 * resolution, jitter); // rounding makes neighbouring times differ by the resolution
  const edges = [0];
  for (const [index, each] of excess.entries()) if (each > usual || each < -Math.max(usual, 3 * back)) edges.push(index + 1);
  return edges.map((start, index) => [start, edges[index + 1] ?? excess.length + 1]);
}

/** @param {Float64Array} rows @param {Float64Array} times @param {number} step */
function offOf(rows, times, step) {
  const off = times.map((time, index) => time - step * rows[index]);
  const middle = off.length < 8 ? (largest(off) + smallest(off)) / 2 : median(off);
  return off.map((each) => each - middle);
}

/**
 * Many gaps must each be as long as whole samples.
 * @param {Float64Array} excess @param {[number, number][]} pieces @param {number} step @param {number} resolution
 */
function checkWholeSamples(excess, pieces, step, resolution) {
  const missing = pieces.slice(1).map(([start]) => excess[start - 1] / step);
  if (missing.length <= FEW_PIECES * excess.length + 3) return;
  const off = missing.map((each) => Math.abs(each - Math.round(each)));
  if (median(off) > OFF_WHOLE + resolution / step) throw new UnevenError("their distances do not fit a constant rate");
}

/**
 * No quarter of a piece may have another rate than all of it.
 * @param {Float64Array} rows
 * @param {Float64Array} stamps
 * @param {[number, number][]} pieces
 * @param {number} step
 * @param {number} resolution
 */
function checkSameRate(rows, stamps, pieces, step, resolution) {
  for (const [start, end] of pieces) {
    const quarter = (end - start) >> 2;
    for (let from = start; quarter >= 4 && from < end - quarter; from += quarter) {
      const to = clipped(from + quarter, from, end);
      if (isOtherRate(rows.subarray(from, to), stamps.subarray(from, to), step, resolution)) throw new UnevenError("the rate changes", rows[from]);
    }
  }
}
