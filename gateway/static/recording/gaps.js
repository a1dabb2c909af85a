/** Finds, block by block, missing samples in times of a constant rate; as data/recordings/text/gaps.py. */

import { clipped, largest, median, smallest } from "./numbers.js";
import { LATE, Slope, UnevenError, isOtherRate, niceRate } from "./time-grid.js";

/** @import { Gap, Grid } from "./shapes.js" */

const CHUNK = 4096; // samples that are processed together; a clock that drifts by 1e-5 is off by 0.04 of a step in so many
const PATIENCE = 0.2; // of what the chunk is off by is taken for drift
const MOST_PIECES = 0.2; // gaps for each time; more, and the rate is another
const EXACT = 0.25; // of a step: times with a smaller error show each single missing sample
const ROUNDED = 0.55; // of the last digit: rounded times are off by no more than half of it
const OFF_ROUNDED = 1.1; // of what rounding makes: the step is not known exactly from the first times
const SURE = 100; // samples: the step gives the exact length of a gap up to here
const COARSE = 0.9; // samples that last as long as the last digit: below, one that is lost cannot be seen
const BLURRED = 1.2; // digits by which such times lie about their line; rounding alone makes one of them
const ENOUGH = 64; // times, to judge a piece by

/** Takes the times of a recording in order and returns the gaps. */
export class Gaps {
  row = 0; // up to which the gaps are known
  isBlurred = false; // samples are lost or late and the digits are too coarse to show which
  #slope = new Slope();
  #expected = NaN; // the time of the next row
  #found = 0;
  #setBack = 0;
  #held = new Float64Array(0);
  #before = NaN; // the last time that was placed

  /** Start with the first times. @param {Grid} grid @param {number} resolution */
  constructor({ step, spread, start }, resolution) {
    this.step = step;
    this.spread = spread;
    this.start = start;
    this.resolution = resolution;
    this.isExact = spread <= EXACT * step;
    this.isRounded = !this.isExact && spread <= ROUNDED * resolution;
  }

  /** Samples per second, by all times so far. */
  get rate() {
    return niceRate(this.#slope.step || this.step, this.#slope, Math.max(this.spread, this.resolution) / Math.sqrt(12));
  }

  /**
   * Take the next times; whether one is late or samples are missing shows in the second after it, so some rows wait for the
   * next block.
   *
   * @param {Float64Array} times in seconds
   * @param {boolean} isLast
   * @returns {Gap[]} the new ones
   * @throws {UnevenError} where the times go back, or on at another rate
   */
  add(times, isLast = false) {
    const held = new Float64Array(this.#held.length + times.length);
    held.set(this.#held);
    held.set(times, this.#held.length);
    const ahead = this.#ahead;
    const gaps = [];
    let start = 0;
    for (; held.length - start > (isLast ? 0 : ahead + CHUNK); start += CHUNK) gaps.push(...this.#chunk(held.subarray(start, start + CHUNK + ahead)));
    this.#held = held.slice(start);
    return gaps;
  }

  get #ahead() {
    return Math.trunc(clipped(LATE / this.step, 1, 100_000));
  }

  get #tolerance() {
    if (this.start !== null) return Math.max(this.step / 2, OFF_ROUNDED * this.spread);
    if (this.isExact) return Math.max(this.step / 2, this.resolution > 1.01 * this.step ? this.resolution : 0);
    return Math.max(this.step / 2, 1.01 * this.resolution, this.isRounded ? 0 : 2 * this.spread);
  }

  /** Process up to CHUNK rows; the rows after them are only context. @param {Float64Array} times */
  #chunk(times) {
    const mine = Math.min(times.length, CHUNK);
    const rows = Int32Array.from(times.keys()).filter((row) => times[row] !== (row ? times[row - 1] : this.#before));
    if (Number.isNaN(this.#expected)) this.#expected = this.#begin(times, rows);
    const off = Float64Array.from(rows, (row) => times[row] - this.#expected - this.step * row);
    /** @type {number[]} */
    const cuts = [];
    const gaps = this.#find(rows, off, mine, cuts);
    const own = lowerBound(rows, mine);
    this.#learn(rows, times, off, own, gaps, cuts);
    const missing = gaps.reduce((sum, { samples }) => sum + samples, 0);
    const drift = own ? median(off.subarray(Math.max(own - 512, 0), own)) : 0;
    this.#expected += this.step * (mine + missing) + PATIENCE * clipped(drift, -this.step, this.step);
    this.row += mine;
    this.#before = times[mine - 1];
    return gaps;
  }

  /** The time at which the even grid begins, which the first one may be off. @param {Float64Array} times @param {Int32Array} rows */
  #begin(times, rows) {
    if (Number.isFinite(this.start ?? NaN)) return times[0] + (this.start ?? 0);
    const early = Float64Array.from(rows.subarray(0, 256), (row) => times[row] - times[0] - this.step * row);
    const jump = early.findIndex((each, index) => index > 0 && each - early[index - 1] > this.#tolerance);
    return times[0] + median(early.subarray(0, jump > 0 ? jump : early.length));
  }

  /**
   * Go from one time that is off to the next; `off` is set right on the way, and `cuts` are added.
   * @param {Int32Array} rows @param {Float64Array} off @param {number} mine @param {number[]} cuts
   */
  #find(rows, off, mine, cuts) {
    const gaps = [];
    const tolerance = this.#tolerance;
    for (let at = 0; at < rows.length; at++) {
      if (Math.abs(off[at]) <= tolerance) continue;
      if (rows[at] >= mine) break;
      const after = off.subarray(at, lowerBound(rows, rows[at] + this.#ahead));
      // the times that are rounded down most tell most clearly what is missing before all of them
      const low = smallest(after) + (this.start === null ? 0 : this.spread);
      if (low > tolerance) {
        // later losses only add to the lowest; jitter goes to both sides of the middle
        const excess = this.isExact || this.isRounded ? low : median(after);
        const samples = Math.max(Math.round(excess / this.step), 1);
        gaps.push({ row: this.row + rows[at], samples });
        if (this.start === null || samples > SURE) cuts.push(at);
        for (let index = at; index < off.length; index++) off[index] -= samples * this.step;
      } else if (largest(after) < -tolerance) {
        cuts.push(at);
        const isBack = this.#goesBack(rows, off, at, after.length);
        const back = this.#stepBack(-median(after), this.row + rows[at], isBack);
        for (let index = at; index < off.length; index++) off[index] += back;
      }
    }
    this.#found += gaps.length;
    if (this.#found > 20 + MOST_PIECES * (this.row + mine)) throw new UnevenError("too many of them are missing for an even rate", gaps[0]?.row ?? null);
    return gaps;
  }

  /** @param {Int32Array} rows @param {Float64Array} off @param {number} at @param {number} count */
  #goesBack(rows, off, at, count) {
    const first = Math.max(at - 1, 0);
    for (let index = first; index < Math.min(first + count, rows.length - 1); index++) {
      if (off[index + 1] - off[index] + this.step * (rows[index + 1] - rows[index]) < -this.resolution) return true;
    }
    return false;
  }

  /** Treat times that stay early as jitter, up to a limit, beyond which UnevenError is raised. @param {number} back @param {number} row @param {boolean} isBack */
  #stepBack(back, row, isBack) {
    this.#setBack += back;
    const allowed = this.isExact || this.isRounded ? this.resolution + this.step : LATE;
    if (back > allowed) throw new UnevenError(isBack ? `they go back by ${Number(back.toPrecision(4))} s` : "the rate changes", row);
    if (this.#setBack > LATE + 0.01 * this.step * row) throw new UnevenError("the rate changes", row);
    this.#expected -= back;
    return back;
  }

  /**
   * Refine the step with the even times of the pieces between the cuts, at their positions among the samples.
   * @param {Int32Array} rows
   * @param {Float64Array} times
   * @param {Float64Array} off
   * @param {number} own
   * @param {Gap[]} gaps
   * @param {number[]} cuts
   */
  #learn(rows, times, off, own, gaps, cuts) {
    const tolerance = this.#tolerance;
    const edges = [0, ...cuts, own];
    let [gap, missing] = [0, 0];
    for (let piece = 0; piece + 1 < edges.length; piece++) {
      /** @type {number[][]} */
      const [places, good] = [[], []];
      for (let index = edges[piece]; index < edges[piece + 1]; index++) {
        for (; gap < gaps.length && gaps[gap].row - this.row <= rows[index]; gap++) missing += gaps[gap].samples;
        if (Math.abs(off[index]) > tolerance) continue;
        places.push(rows[index] + missing);
        good.push(times[rows[index]]);
      }
      this.#learnPiece(places, good, this.row + rows[edges[piece]]);
    }
    if (this.#slope.rows > 1000) this.step = this.#slope.step;
  }

  /** @param {number[]} places @param {number[]} times @param {number} row */
  #learnPiece(places, times, row) {
    if (places.length >= ENOUGH && isOtherRate(places, times, this.step, this.resolution)) throw new UnevenError("the rate changes", row);
    this.#slope.add(places, times);
    if (places.length < ENOUGH || this.isBlurred || this.resolution <= COARSE * this.step) return;
    const { step } = new Slope().add(places, times);
    const about = times.map((time, index) => time - step * places[index]);
    this.isBlurred = largest(about) - smallest(about) > BLURRED * this.resolution;
  }
}

/** The first place of sorted rows that is no less than this one. @param {Int32Array} rows @param {number} wanted */
function lowerBound(rows, wanted) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
