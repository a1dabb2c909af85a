/** Where samples of a recording as text are missing: by their times, which also give the rate, or by their numbers. */

import { SAY_RATE } from "./csv-clock.js";
import { RecordingError } from "./errors.js";
import { Gaps } from "./gaps.js";
import { UnevenError, fit } from "./time-grid.js";

/** @import { Clock, Gap, Head } from "./shapes.js" */

const LONGEST_GAP = 86_400; // seconds that may be missing in all
const OTHER_RATE = 0.02; // that may be given in addition to times

/** The times give no rate, which does not matter if another line has it. */
class NoRateError extends RecordingError {}

/** What is asked of the rows. @typedef {{what: string, head: Head, clock: Clock, lineOf: (row: number) => number}} TimedRows */

/** The times of a recording, in seconds. */
export class Times {
  /** The times, or null if they are uneven and not needed, because the metadata have the rate. @param {TimedRows} rows */
  static of(rows) {
    try {
      return new Times(rows);
    } catch (error) {
      if (rows.head.rate && error instanceof NoRateError) return null;
      throw error;
    }
  }

  /** @param {TimedRows} rows */
  constructor(rows) {
    const { head, clock } = (this.rows = rows);
    /** @type {number[]} */
    const first = [];
    for (const { fields } of head.sample) {
      const time = clock.seconds(fields, first.at(-1));
      first.push(Number.isNaN(time) ? first.at(-1) ?? 0 : time);
    }
    this.start = first[0];
    this.missing = 0;
    this.fit = this.told(() => fit(Float64Array.from(first, (time) => time - this.start), clock.quantum), (row) => head.sample[row].number);
    this.gaps = new Gaps(this.fit, clock.quantum);
    this.checkRate(1 / this.fit.step);
  }

  /**
   * The gaps in these times, the next ones; the last ones give all remaining gaps.
   * @param {Float64Array} times @param {boolean} isLast
   */
  add(times, isLast) {
    const found = this.told(() => this.gaps.add(times.map((time) => time - this.start), isLast), (row) => this.rows.lineOf(row));
    for (const gap of found) this.check(gap);
    return found;
  }

  get rate() {
    return this.gaps.rate;
  }

  /** What is doubtful, in sentences. */
  said() {
    const { head, clock } = this.rows;
    const times = `the times of column ${clock.place + 1} (${head.names[clock.place]})`;
    const rate = Number(this.rate.toPrecision(6));
    if (this.fit.isAmbiguous && !head.rate) {
      return [`${times} are read as ${rate} samples per second with some samples missing; if that is not the rate, ${SAY_RATE}`];
    }
    if (!this.gaps.isBlurred) return [];
    return [`${times} have too few digits to show which samples are lost or late; the rate is their mean, ${rate} samples per second; if samples are lost, ${SAY_RATE}`];
  }

  /** @param {Gap} gap */
  check({ row, samples }) {
    const { step } = this.fit;
    this.missing += samples;
    if (this.missing * step <= LONGEST_GAP) return;
    const hours = ((samples * step) / 3600).toFixed(1);
    throw new RecordingError(`${this.where(this.rows.lineOf(row))}: the times jump by ${hours} hours, and more than 24 hours are missing; split the file there into several recordings`);
  }

  /** @param {number} rate */
  checkRate(rate) {
    const { what, head } = this.rows;
    if (!head.rate || Math.abs(rate - head.rate) <= OTHER_RATE * head.rate) return;
    throw new RecordingError(`${what}: the metadata say ${head.rate} samples per second, but the times have ${Number(rate.toPrecision(6))}; ${SAY_RATE}`, { needsRate: true });
  }

  /** @template T @param {() => T} make @param {(row: number) => number} lineOf @returns {T} */
  told(make, lineOf) {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof UnevenError)) throw error;
      const where = this.where(error.row === null ? null : lineOf(error.row));
      throw new NoRateError(`${where}: the times are not evenly spaced: ${error.reason}; repair them, or ${SAY_RATE}`, { needsRate: true });
    }
  }

  /** @param {number|null} line */
  where(line) {
    const { what, head, clock } = this.rows;
    return `${what}, ${line === null ? "" : `line ${line}, `}column ${clock.place + 1} (${head.names[clock.place]})`;
  }
}

/** The numbers of samples, which show missing samples but not the rate; numbers that do not rise show nothing. */
export class Numbers {
  #row = 0;
  /** @type {number|null} */
  #last = null;
  #isCounting = true;

  /** @param {Float64Array} numbers */
  add(numbers) {
    const gaps = [];
    for (const number of numbers) {
      const step = this.#last === null ? 1 : number - this.#last;
      this.#isCounting &&= Number.isInteger(number) && step > 0;
      if (step > 1) gaps.push({ row: this.#row, samples: step - 1 });
      this.#last = number;
      this.#row++;
    }
    return gaps;
  }

  /** Of all gaps those that are so. */
  get isCounting() {
    return this.#isCounting;
  }

  said() {
    return [];
  }
}
