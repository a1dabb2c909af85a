/** A recording as CSV or TSV: one line per sample, a column per lead, perhaps one of times or of sample numbers. */

import { RecordingError } from "./errors.js";

const TIME = /time|second|^t$|^s$|^sec|^ms$|msec/i;
const MILLISECONDS = /(^|[^a-z])(ms|msec|millis\w*)([^a-z]|$)/i;
const NUMBER = /sample|index|^#$|^n$|^$/i; // names of a column that counts the samples
const LOOKED_AT = 1000; // samples, to see whether a column counts time
const ROUNDED = 1e-5; // of a time with six digits

/**
 * @param {string} name the file's, for messages
 * @param {string} text
 * @param {number} [rate] samples per second; without it there must be a column of times
 * @returns {{name: string, rate: number, samples: Float32Array, unit: string}[]}
 */
export function readCsv(name, text, rate) {
  const head = readHead(name, text);
  const { names, units } = head;
  const columns = readColumns(name, head);
  const clock = findClock(names, columns);
  const leads = names.map((_, index) => index).filter((index) => index !== clock.column);
  if (!leads.length) throw new RecordingError(`${name}: no column of a lead beside the times`);
  const found = rate ?? rateOf(name, clock, names, units, columns);
  if (!(found > 0)) throw new RecordingError(`${name}: say how many samples a second has`, { needsRate: true });
  return leads.map((index) => ({
    name: names[index],
    rate: found,
    samples: Float32Array.from(columns[index]),
    unit: units[index] ?? "",
  }));
}

function readHead(name, text) {
  const lines = linesOf(text);
  const data = firstOf(lines, 3);
  if (!data.length) throw new RecordingError(`${name}: empty; give a file with one sample per line`);
  const sample = data.at(-1).line;
  const delimiter = ["\t", ";", ","].reduce((best, each) => (count(sample, each) > count(sample, best) ? each : best));
  const heads = [];
  while (heads.length < 2 && data.length && !fieldsOf(data[0].line, delimiter).some(isNumber)) {
    heads.push(fieldsOf(data.shift().line, delimiter));
  }
  if (!data.length) throw new RecordingError(`${name}: a header and no samples`);
  const width = fieldsOf(data[0].line, delimiter).length;
  const names = heads[0] ?? Array.from({ length: width }, (_, index) => `signal ${index + 1}`);
  return { delimiter, names, units: heads[1] ?? [], data, lines };
}

/** The first lines after the comments. */
function firstOf(lines, most) {
  const first = [];
  while (first.length < most) {
    const { value, done } = lines.next();
    if (done) break;
    if (first.length || !value.line.startsWith("#")) first.push(value);
  }
  return first;
}

/** The lines that are not blank, one at a time: a day has thirty million, too many to hold. */
function* linesOf(text) {
  const end = text.includes("\n") ? "\n" : "\r";
  let start = text.startsWith("\uFEFF") ? 1 : 0;
  for (let number = 1; start < text.length; number++) {
    const at = text.indexOf(end, start);
    const stop = at < 0 ? text.length : at;
    const line = text.slice(start, stop);
    if (line.trim()) yield { number, line };
    start = stop + 1;
  }
}

function readColumns(name, { delimiter, names, data, lines }) {
  const columns = names.map(() => new Column());
  const read = ({ number, line }) => {
    const fields = fieldsOf(line, delimiter);
    if (fields.length !== names.length) {
      throw new RecordingError(`${name}, line ${number}: ${fields.length} columns where ${names.length} are expected`);
    }
    fields.forEach((field, index) => {
      const value = toNumber(field);
      if (value === null) {
        throw new RecordingError(`${name}, line ${number}, column ${index + 1}: '${field}' where a number is expected`);
      }
      columns[index].add(value);
    });
  };
  data.forEach(read);
  for (const line of lines) read(line);
  return columns.map((column) => column.values);
}

/** Numbers of which nobody knows how many will come. */
class Column {
  constructor() {
    this.held = new Float64Array(1024);
    this.length = 0;
  }

  add(value) {
    if (this.length === this.held.length) {
      const longer = new Float64Array(2 * this.length);
      longer.set(this.held);
      this.held = longer;
    }
    this.held[this.length++] = value;
  }

  get values() {
    return this.held.subarray(0, this.length);
  }
}

/** Which column tells times or sample numbers: by its name, or the first of several that goes up in even steps. */
function findClock(names, columns) {
  const timed = names.findIndex((name) => TIME.test(name));
  if (timed >= 0) return { column: timed, counts: false };
  const numbered = names.findIndex((name) => NUMBER.test(name));
  if (numbered >= 0) return { column: numbered, counts: true };
  if (columns.length < 2 || !isEven(columns[0].subarray(0, LOOKED_AT))) return { column: -1, counts: true };
  return { column: 0, counts: columns[0][1] - columns[0][0] === 1 };
}

function rateOf(name, { column, counts }, names, units, columns) {
  if (counts) return NaN;
  const times = columns[column];
  if (!isEven(times)) {
    throw new RecordingError(`${name}: the times in column ${column + 1} do not go on in even steps`, { needsRate: true });
  }
  const unit = MILLISECONDS.test(names[column]) || MILLISECONDS.test(units[column] ?? "") ? 1000 : 1;
  const rate = ((times.length - 1) * unit) / (times.at(-1) - times[0]);
  return Math.abs(rate - Math.round(rate)) < 1e-4 * rate ? Math.round(rate) : rate;
}

/** Say whether the values go up by one step, of which they may be off by as much as they were rounded. */
function isEven(times) {
  if (times.length < 3) return false;
  const step = (times.at(-1) - times[0]) / (times.length - 1);
  const isNear = (time, index) => Math.abs(time - times[0] - index * step) <= step + ROUNDED * Math.abs(time);
  return step > 0 && times.every(isNear);
}

function fieldsOf(line, delimiter) {
  return line.split(delimiter).map((field) => field.trim().replace(/^(["'])(.*)\1$/, "$2").trim());
}

function count(text, each) {
  return text.split(each).length - 1;
}

function isNumber(field) {
  return field !== "" && toNumber(field) !== null;
}

/** The number of a field: NaN for an empty one, seconds for [h:]m:s, null for text. */
function toNumber(field) {
  if (field === "" || field === "-" || /^nan$/i.test(field)) return NaN;
  if (/^\d+(:\d+)+(\.\d*)?$/.test(field)) return field.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
  const number = Number(field);
  return Number.isFinite(number) && /^[-+.\d]/.test(field) && !/^0[xob]/i.test(field) ? number : null;
}
