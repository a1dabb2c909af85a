/** Which column of a recording as text tells when its samples were taken, and in which unit; as data/recordings/text/columns.py. */

import { toNumber } from "../tables/fields.js";
import { formOf, momentOf } from "./clock.js";
import { RecordingError } from "./errors.js";
import { secondsIn } from "./units.js";

/** @import { Clock, Head } from "./shapes.js" */

export const SAY_RATE = "say how many samples a second has";
const TIME = /time|zeit|temps|tiempo|tempo|tijd|second|sekund|stamp|elapsed|epoch|uhr|datum|date|^t$|^t[_ ]|^(s|ms|us|min|sec|msec|nanos|micros|millis)$/i;
const COUNT = /^(samples?( ?(#|no\.?|nr\.?|number|index))?|index|idx|#|n|i|no\.?|nr\.?|n?seq\w*|packet\w*|count(er)?|row|unnamed.*|)$/i;
const BY_SIZE = [[1e17, 1e-9], [1e14, 1e-6], [1e11, 1e-3], [5e8, 1]]; // Unix times
const UNITS = [1, 1e-3, 1e-6, 1e-9];
const LIKELY = [40, 5000]; // samples per second, if the unit is not given
const LEAD = /ecg|ekg|lead|^v\d$|^i+$/i;
const ROUNDED = 0.1; // unevenness of times
const UNEVEN = 0.3; // unevenness that no unit makes up for
const WRAP = 2 ** 32; // where a microcontroller's counter of micro- or milliseconds starts again
const DAY = 86400; // seconds

/** What a column holds, as far as it may be times. @typedef {{place: number, form: string|null, values: number[], unevenness: number, kind?: Clock["kind"]}} Found */

/**
 * @param {string} what the file's name
 * @param {Head} head
 * @returns {Clock}
 */
export function findClock(what, head) {
  const columns = head.names.map((_, place) => columnOf(head, place));
  const times = columns.filter(({ kind }) => kind === "times");
  const counters = columns.filter(({ kind }) => kind === "counter");
  const others = new Set(columns.filter(({ kind }) => kind).map(({ place }) => place));
  const even = times.filter(({ form }) => form !== "date").sort((one, other) => one.unevenness - other.unevenness);
  if (even.length) {
    const date = even[0].form === "clock" ? times.find(({ form }) => form === "date") : null;
    return { others, kind: "times", ...timeOf(what, head, even[0], date) };
  }
  const seconds = (/** @type {string[]} */ fields) => toNumber(fields[counters[0].place], head.decimal);
  return counters.length ? { others, kind: "counter", place: counters[0].place, seconds, quantum: 0 } : { others, kind: null, place: -1, seconds: () => NaN, quantum: 0 };
}

/** @param {Head} head @param {number} place @returns {Found} */
function columnOf({ names, isNamed, isMeasured, sample, decimal, width, units }, place) {
  const fields = sample.map((row) => row.fields[place]);
  const forms = fields.map(formOf);
  const form = forms[forms.length >> 1];
  const values = filled(form ? fields.map(momentOf) : fields.map((field) => toNumber(field, decimal)));
  const column = { place, form, values, unevenness: unevennessOf(values) };
  if (!isMeasured[place]) return column;
  const isTimed = isNamed && (TIME.test(names[place]) || (secondsIn(units[place]) !== null && secondsIn(names[place]) !== null));
  if (form || isTimed || (secondsIn(units[place]) !== null && column.unevenness < 1)) return { ...column, kind: "times" };
  const isFirst = place === 0 && width > 1 && !LEAD.test(names[place]);
  if ((isNamed && COUNT.test(names[place]) && isCounting(values)) || (isFirst && stepsByOne(values))) return { ...column, kind: "counter" };
  return isFirst && column.unevenness < ROUNDED ? { ...column, kind: "times" } : column;
}

/** Where a time is missing, that of the row before. @param {number[]} values */
function filled(values) {
  let last = NaN;
  return values.map((value) => (last = Number.isNaN(value) ? last : value));
}

/** How far the steps differ from the one in their middle, as a part of it; Infinity where times do not go up. @param {number[]} values */
function unevennessOf(values) {
  const steps = values.slice(1).map((value, index) => value - values[index]).sort((one, other) => one - other);
  const middle = steps[steps.length >> 1];
  if (!(middle > 0)) return middle === 0 && steps[steps.length - 1] > 0 ? 1e9 : Infinity; // packets of samples that share a time are the last choice
  return steps.reduce((sum, step) => sum + Math.min(Math.abs(step - middle) / middle, 10), 0) / steps.length;
}

/** Do most go up by whole numbers? A packet's number starts again after some. @param {number[]} values */
function isCounting(values) {
  const up = values.filter((value, index) => index && Number.isInteger(value) && value > values[index - 1]);
  return up.length > 0.7 * (values.length - 1);
}

/** @param {number[]} values */
function stepsByOne(values) {
  return values.length > 2 && values.every((value, index) => index === 0 || value === values[index - 1] + 1);
}

/** @param {string} what @param {Head} head @param {Found} found @param {Found|null} [date] */
function timeOf(what, { sample, decimal, units, names }, { place, form, values }, date) {
  const digits = Math.max(0, ...sample.map(({ fields }) => /[.,](\d+)[^.,]*$/.exec(fields[place])?.[1].length ?? 0));
  if (form) {
    const dayOf = (/** @type {string[]} */ fields) => (date ? momentOf(fields[date.place]) : 0);
    // a clock without a date starts again at midnight
    const over = (/** @type {number} */ moment, before = NaN) => (form === "clock" && !date && before - moment > DAY / 2 ? moment + DAY * Math.ceil((before - moment) / DAY - 0.5) : moment);
    return { place, quantum: 10 ** -digits, seconds: (/** @type {string[]} */ fields, /** @type {number|undefined} */ before) => over(momentOf(fields[place]) + dayOf(fields), before) };
  }
  const unit = secondsIn(units[place]) ?? (/^(t|time|timestamp|epoch)$/i.test(names[place]) ? null : secondsIn(names[place])) ?? unitBySize(what, values);
  const wrap = digits === 0 && values[0] < WRAP ? WRAP * unit : Infinity;
  const seconds = (/** @type {string[]} */ fields, before = NaN) => {
    const time = toNumber(fields[place], decimal) * unit;
    return before - time > wrap / 2 ? time + wrap * Math.ceil((before - time) / wrap - 0.5) : time;
  };
  return { place, quantum: unit * 10 ** -digits, seconds };
}

/** The unit that makes a likely rate: no two of them can. @param {string} what @param {number[]} values */
function unitBySize(what, values) {
  const large = BY_SIZE.find(([size]) => values[0] > size);
  if (large) return large[1];
  const steps = values.slice(1).map((value, index) => value - values[index]).filter((step) => step > 0).sort((one, other) => one - other);
  const isPacked = 2 * steps.length < values.length;
  const step = isPacked ? (values[values.length - 1] - values[0]) / (values.length - 1) : steps[steps.length >> 1];
  const unit = UNITS.find((each) => 1 / (step * each) >= LIKELY[0] && 1 / (step * each) <= LIKELY[1]);
  if (unit) return unit;
  if (!(step > 0) || unevennessOf(values) > UNEVEN) throw new RecordingError(`${what}: the times are not evenly spaced`, { needsRate: true });
  const rate = Number((1 / step).toPrecision(4));
  throw new RecordingError(`${what}: ${rate} samples per second if the times are seconds, ${1000 * rate} if they are milliseconds; ${SAY_RATE}`, { needsRate: true });
}
