/** The values of a beat as tables. */

import { element, fill, found } from "../shared/dom.js";
import { valueAt } from "../drawing/curve.js";
import { decimal, milliseconds } from "../shared/words.js";

/** @import { Beat } from "../beats/beat.js" */
/** @import { Explanation } from "../shared/model.js" */
/** @import { Curves } from "../beats/beat-scale.js" */
/** @typedef {[string, (place: number) => string]} Column its name, and its text for a value */

/**
 * Show the features after the trace, such as RR intervals, and their contributions.
 *
 * @param {Beat} beat
 * @param {{words: string, place: number}[]} beside
 * @param {Explanation | null} explanation
 */
export function fillBeside(beat, beside, explanation) {
  const columns = [...column("Beat", beat.features, 2), ...column("Contributes", explanation?.attributions, 3)];
  fill(found("beside"), beside.length > 0 && tableOf("Beside the trace", columns, beside.map(({ words, place }) => [words, place])));
}

/**
 * Show all values: what the model takes, and when and how high it was in the recording.
 *
 * @param {object} shown
 * @param {Beat} shown.beat
 * @param {{name: string, place: number}[]} shown.beside
 * @param {Curves} shown.curves as they are known
 * @param {number[] | null} shown.baseline
 * @param {Explanation | null} shown.explanation
 */
export function fillValues({ beat, beside, curves, baseline, explanation }) {
  const names = new Map(beside.map(({ name, place }) => [place, name]));
  const columns = [
    ...timed(curves),
    ...column(curves.paper && !curves.sampled ? "Beat, mV" : "Beat", beat.features, 3),
    ...column("Mean beat", baseline, 3),
    ...column("Contributes", explanation?.attributions, 4),
  ];
  fill(found("values-table"), tableOf("Value", columns, Array.from(beat.features, (_, place) => [names.get(place) ?? String(place), place])));
}

/**
 * @param {string} first column's name
 * @param {Column[]} columns
 * @param {[string, number][]} rows the name of a value, and its place
 */
function tableOf(first, columns, rows) {
  const head = [first, ...columns.map(([name]) => name)].map((name) => element("th", { scope: "col" }, name));
  const body = rows.map(([name, place]) => element("tr", {}, element("th", { scope: "row" }, name), columns.map(([, text]) => element("td", {}, text(place)))));
  return element("table", {}, element("thead", {}, element("tr", {}, head)), element("tbody", {}, body));
}

/**
 * When a value is, and how high the recording is there.
 *
 * @param {Curves} curves
 * @returns {Column[]}
 */
function timed({ times, sampled, trace }) {
  if (!times) return [];
  const written = (/** @type {(time: number) => string} */ text) => (/** @type {number} */ place) => (place in times ? text(times[place]) : "");
  return [["Time", written(milliseconds)], ...(sampled ? [/** @type {Column} */ (["Recorded, mV", written((time) => decimal(valueAt(trace, time)))])] : [])];
}

/**
 * @param {string} name
 * @param {ArrayLike<number> | null | undefined} values
 * @param {number} digits
 * @returns {Column[]}
 */
function column(name, values, digits) {
  return values ? [[name, (place) => decimal(values[place], digits)]] : [];
}
