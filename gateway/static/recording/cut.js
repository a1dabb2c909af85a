/** How a model's beats are cut, by the names of their values; as data/recordings/cut.py reads them, so change both. */

import { RecordingError } from "./errors.js";

/** @import { Cut } from "./shapes.js" */

const RHYTHM = ["rr_previous", "rr_local", "rr_previous_local", "rr_next_local", "rr_previous_next", "rr_previous_median"];
const LIKENESS = ["like_beat", "like_qrs"];
const BESIDE = /^(rr|like)_/; // names of what follows the trace
const TIMED = /^(F|mV)(-?\d+(?:\.\d+)?)ms$/; // the time from the R peak
const OF_A_CUT = /^((F|mV)-?\d+(\.\d+)?ms|mV\d+|(rr|like)_\w+)$/;
const COUNTED = /^(F|mV)(\d+)$/;
const STEP = 0.1; // milliseconds: the resolution of the names
const LISTED = 5; // names in a message

/**
 * @param {{count: number, names: string[]|null}} features of the model
 * @returns {Cut} names that differ in numbers only stand for beats as the UCR archive has them, so does a model without
 *   names
 * @throws {RecordingError} for features that are not a beat's
 */
export function cutOf({ count, names }) {
  const length = traceLength({ count, names });
  const [trace, beside] = [(names ?? []).slice(0, length), (names ?? []).slice(length)];
  /** @type {Cut} */
  const cut = { length, window: null, scale: "deviation", beside };
  if (count < 2) throw new RecordingError("this model takes single values, no beats; give a table of them");
  if (!names) return cut;
  if (length > 1 && beside.every((name, place) => [...RHYTHM, ...LIKENESS].includes(name) && beside.indexOf(name) === place)) {
    const [timed, counted] = [numbered(trace, TIMED), numbered(trace, COUNTED)];
    const last = timed ? timed.numbers[length - 1] : NaN;
    if (timed && areEven(timed.numbers, last)) {
      return { ...cut, scale: timed.scale, window: [timed.numbers[0], last] };
    }
    if (counted && areEven(counted.numbers, counted.numbers[0] + length - 1)) return { ...cut, scale: counted.scale };
    if (!timed && !counted && new Set(trace.map((name) => name.replace(/\d+/g, ""))).size === 1) return cut;
  }
  const listed = count <= LISTED ? names : [...names.slice(0, 2), "...", ...names.slice(-2)];
  throw new RecordingError(`the features of this model cannot be cut from a recording (${listed.join(", ")}); give a table with them`);
}

/**
 * Do the names of a table's values describe another cut than the model's?
 * @param {string[]} given @param {string[]} names
 */
export function isOtherwise(given, names) {
  return !names.every((name) => given.includes(name)) && [...given, ...names].some((name) => OF_A_CUT.test(name));
}

/**
 * How many of a model's features are the trace; what has other names follows it.
 * @param {{count: number, names: string[]|null}} features
 */
export function traceLength({ count, names }) {
  const first = names?.findIndex((name) => BESIDE.test(name)) ?? -1;
  return first < 0 ? count : first;
}

/**
 * The scale and the numbers in all names; null if they are missing or differ.
 * @param {string[]} trace @param {RegExp} pattern @returns {{scale: Cut["scale"], numbers: number[]}|null}
 */
function numbered(trace, pattern) {
  const found = trace.map((name) => pattern.exec(name)).filter((match) => match !== null);
  if (found.length < trace.length || new Set(found.map(([, stem]) => stem)).size > 1) return null;
  return { scale: found[0][1] === "mV" ? "mV" : "deviation", numbers: found.map(([, , number]) => Number(number)) };
}

/** @param {number[]} numbers @param {number} last */
function areEven(numbers, last) {
  const step = (last - numbers[0]) / (numbers.length - 1 || 1);
  return numbers.every((number, place) => Math.abs(number - numbers[0] - place * step) <= STEP * 0.51);
}
