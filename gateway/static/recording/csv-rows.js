/** The rows of a recording as text, one by one: its values, its times, and what is wrong with a line. */

import { toNumber } from "../tables/fields.js";
import { Column } from "./column.js";
import { NO_VALUE, cleaned, rowOf } from "./csv-head.js";
import { RecordingError } from "./errors.js";

/** @import { Clock, Head } from "./shapes.js" */

const THOUSANDS = /^[-+]?\d{1,3}([,' \u2019\u00a0\u202f]\d{3})+(\.\d*)?$/;
const NOTE = /^\s*[#%]/;

/**
 * Says that a number has a separator, as in 1,000.
 * @param {string} what @param {Head} head @param {number} number @param {number} column @param {string} field
 */
function thousands(what, { names }, number, column, field) {
  return new RecordingError(`${what}, line ${number}, column ${column + 1} (${names[column]}): '${field}' has a thousands separator; write the numbers without`);
}

/** Throw if a column is not a number only because of a thousands separator. @param {string} what @param {Head} head */
export function refuseThousands(what, head) {
  for (const { number, fields } of head.sample) {
    const column = fields.findIndex((field) => THOUSANDS.test(field));
    if (column >= 0) throw thousands(what, head, number, column, fields[column]);
  }
}

/** Takes the rows of a file one by one; other lines may only be at its end. */
export class Rows {
  doubles = 0; // lines that were left out
  values = new Column();
  /** From which row on its number in the file is how much larger. @type {[number, number][]} */
  shifts = [];
  /** The first line that is not a sample. @type {{error: RecordingError, isText: boolean, number: number}|null} */
  wrong = null;
  /** The time of the row before. @type {number|undefined} */
  before = undefined;
  /** @type {number[]} */
  #times = [];
  #last = "";

  /** @param {string} what @param {Head} head @param {Clock} clock @param {number} place */
  constructor(what, head, clock, place) {
    this.what = what;
    this.head = head;
    this.clock = clock;
    this.place = place;
  }

  /** @param {string} text @param {number} number */
  add(text, number) {
    if (!text.trim() || NOTE.test(text)) return;
    if (this.head.dropsDoubles && text === this.#last) {
      this.doubles++;
      return;
    }
    this.#last = text;
    const { head, clock, place } = this;
    const line = cleaned(text);
    const fields = rowOf(line, head);
    const value = fields.length === head.width ? this.valueOf(fields[place]) : null;
    const time = clock.kind && fields.length === head.width ? this.timeOf(fields) : 0;
    if (this.wrong) {
      if (value !== null || !this.wrong.isText) throw this.wrong.error;
    }
    if (value === null || Number.isNaN(time)) return this.refuse(line, fields, number, value);
    if (clock.kind) this.#times.push((this.before = time));
    const expected = this.lineOf(this.values.length);
    if (number !== expected) this.shifts.push([this.values.length, number - this.values.length]);
    this.values.add(value);
  }

  /** The time of a row; one without a time belongs to the row before. @param {string[]} fields @returns {number} */
  timeOf(fields) {
    const { clock, before } = this;
    const isMissing = clock.kind === "times" && NO_VALUE.test(fields[clock.place]);
    return isMissing && before !== undefined ? before : clock.seconds(fields, before);
  }

  /** @param {string} field */
  valueOf(field) {
    const value = toNumber(field, this.head.decimal);
    return Number.isNaN(value) && !NO_VALUE.test(field) ? null : value;
  }

  /** @param {string} line @param {string[]} fields @param {number} number @param {number|null} value */
  refuse(line, fields, number, value) {
    this.wrong ??= { error: this.errorOf(fields, number, value), isText: this.isText(line, fields), number };
  }

  /** @param {string} line @param {string[]} fields */
  isText(line, fields) {
    return /\p{L}/u.test(line) && 2 * fields.filter((field) => this.valueOf(field) !== null).length < fields.length;
  }

  /** @param {string[]} fields @param {number} number @param {number|null} value */
  errorOf(fields, number, value) {
    const { what, head, place, clock } = this;
    if (fields.length !== head.width) return new RecordingError(`${what}, line ${number}: ${fields.length} columns where ${head.width} are expected; repair it`);
    const column = value === null ? place : clock.place;
    if (THOUSANDS.test(fields[column])) return thousands(what, head, number, column, fields[column]);
    const expected = value === null ? "a number is" : "a time is";
    return new RecordingError(`${what}, line ${number}, column ${column + 1} (${head.names[column]}): '${fields[column].slice(0, 40)}' where ${expected} expected; repair it or leave it empty`);
  }

  /** The notes after the last row. */
  ended() {
    if (this.wrong && !this.wrong.isText) throw this.wrong.error;
    if (!this.values.length) throw new RecordingError(`${this.what}: no samples; give a file with one sample per line`);
    const doubled = this.doubles ? [`${this.doubles} lines are duplicates with the same time and values; they are read once`] : [];
    return this.wrong ? [...doubled, `what follows from line ${this.wrong.number} on is text and is left out`] : doubled;
  }

  /** @param {number} index */
  lineOf(index) {
    const [, shift] = this.shifts.findLast(([from]) => from <= index) ?? [0, this.head.dataLine];
    return index + shift;
  }

  /** The times of the rows since this was asked last. */
  takenTimes() {
    const times = Float64Array.from(this.#times);
    this.#times.length = 0;
    return times;
  }
}
