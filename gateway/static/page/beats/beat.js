/** One beat of many: its values and its position in the recording are in columns, because 100,000 separate arrays would take more memory than the signal. */

import { valuesOf } from "../../recording/beats.js";

/**
 * @import { Cut } from "../../recording/shapes.js"
 * @import { Explanation } from "../shared/model.js"
 * @typedef {Beat & {readonly [K in "peak"|"start"|"end"|"seconds"|"rr"]: number}} RecordedBeat
 * @typedef {Beat & {answer: import("./answer.js").Answer}} AnsweredBeat
 * @typedef {Required<Omit<Columns, "values">>} RecordedColumns
 */

/**
 * @typedef {object} Cutting how to cut the beats of a recording
 * @property {Float32Array} samples
 * @property {Cut} cut
 * @property {Float32Array} beside what follows the traces, beat after beat
 */

/**
 * @typedef {object} Columns the values of all beats, beat after beat; for beats of a recording where they are in it
 * @property {Float32Array<ArrayBuffer>|Float64Array} [values]
 * @property {number} width values of a beat
 * @property {Cutting} [cutting] how to cut them, where they are not held
 * @property {Int32Array} [peaks] sample numbers
 * @property {Float64Array} [starts] sample numbers, not whole
 * @property {Float64Array} [spans] lengths in samples
 * @property {Float64Array} [intervals] seconds from the R peak before, NaN where that is not known
 * @property {number} [rate] samples per second
 */

export class Beat {
  /**
   * @param {Columns} columns
   * @param {number} place among them
   * @param {string|null} label
   */
  constructor(columns, place, label = null) {
    this.columns = columns;
    this.place = place;
    this.label = label;
    /** @type {import("./answer.js").Answer|null} */
    this.answer = null;
    /** @type {Explanation|null|undefined} undefined until it was requested, null if the model has no explanations */
    this.explanation = undefined;
  }

  /** The number for people, from 1. */
  get number() {
    return this.place + 1;
  }

  get features() {
    const { values, width } = this.columns;
    return values ? values.subarray(this.place * width, (this.place + 1) * width) : cutAgain(this.columns, this.place);
  }

  /** The sample number of the R peak; undefined for a beat of a table, as all that follow. */
  get peak() {
    return this.columns.peaks?.[this.place];
  }

  get start() {
    return this.columns.starts?.[this.place];
  }

  get end() {
    const { starts, spans } = this.columns;
    return starts && spans && starts[this.place] + spans[this.place];
  }

  /** When the R peak is, from the start of the recording. */
  get seconds() {
    const { peaks, rate } = this.columns;
    return peaks && rate && peaks[this.place] / rate;
  }

  /** The RR interval before it in seconds, NaN where that is not known. */
  get rr() {
    return this.columns.intervals?.[this.place];
  }
}

/**
 * A beat for each place of the columns.
 *
 * @template {Columns} C
 * @param {C} columns
 * @param {(string|null)[]} [labels]
 */
export function beatsOf(columns, labels = []) {
  const { values, starts, width } = columns;
  const length = values ? values.length / width : starts?.length ?? 0;
  /** @typedef {C extends RecordedColumns ? RecordedBeat : Beat} Made */
  return /** @type {Made[]} */ (Array.from({ length }, (_, place) => new Beat(columns, place, labels[place] ?? null)));
}

/**
 * The values of a beat of a recording: the worker has seen that it is a whole one.
 *
 * @param {Columns} columns
 * @param {number} place
 */
function cutAgain(columns, place) {
  const { cutting: { samples, cut, beside }, starts, spans, rate } = /** @type {RecordedColumns} */ (columns);
  const many = cut.beside.length;
  const values = valuesOf(samples, rate, starts[place], spans[place], cut, beside.subarray(place * many, (place + 1) * many));
  return /** @type {Float32Array<ArrayBuffer>} */ (values);
}
