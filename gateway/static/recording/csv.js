/** A recording as CSV or TSV: one line per sample, a column per lead, perhaps one of times or of sample numbers. */

import { RecordingError } from "./errors.js";

const TIME = /time|second|^t$|^s$|^sec|^ms$|msec/i;
const MILLISECONDS = /(^|[^a-z])(ms|msec|millis\w*)([^a-z]|$)/i;
const NUMBER = /sample|index|^#$|^n$|^$/i; // names of a column that counts the samples
const LOOKED_AT = 1000; // samples, to see whether a column counts time

/**
 * @param {string} name the file's, for messages
 * @param {string} text
 * @param {number} [rate] samples per second; without it there must be a column of times
 * @returns {{name: string, rate: number, samples: Float32Array, unit: string}[]}
 */
export function readCsv(name, text, rate) {
  const { delimiter, names, units, rows } = readHead(name, text);
  const columns = readColumns(name, rows, delimiter, names.length);
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
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const rows = lines.map((line, index) => [index + 1, line]).filter(([, line]) => line.trim());
  const first = rows.findIndex(([, line]) => !line.startsWith("#"));
  if (first < 0) throw new RecordingError(`${name}: empty; give a file with one sample per line`);
  const data = rows.slice(first);
  const sample = (data[2] ?? data.at(-1))[1];
  const delimiter = ["\t", ";", ","].reduce((best, each) => (count(sample, each) > count(sample, best) ? each : best));
  const heads = [];
  while (heads.length < 2 && data.length && !fieldsOf(data[0][1], delimiter).some(isNumber)) {
    heads.push(fieldsOf(data.shift()[1], delimiter));
  }
  if (!data.length) throw new RecordingError(`${name}: a header and no samples`);
  const width = fieldsOf(data[0][1], delimiter).length;
  const names = heads[0] ?? Array.from({ length: width }, (_, index) => `signal ${index + 1}`);
  return { delimiter, names, units: heads[1] ?? [], rows: data };
}

function readColumns(name, rows, delimiter, width) {
  const columns = Array.from({ length: width }, () => new Float64Array(rows.length));
  rows.forEach(([number, line], row) => {
    const fields = fieldsOf(line, delimiter);
    if (fields.length !== width) {
      throw new RecordingError(`${name}, line ${number}: ${fields.length} columns where ${width} are expected`);
    }
    fields.forEach((field, index) => {
      const value = toNumber(field);
      if (value === null) {
        throw new RecordingError(`${name}, line ${number}, column ${index + 1}: '${field}' where a number is expected`);
      }
      columns[index][row] = value;
    });
  });
  return columns;
}

/** Which column tells times or sample numbers: by its name, or the first of several that goes up in even steps. */
function findClock(names, columns) {
  const timed = names.findIndex((name) => TIME.test(name));
  if (timed >= 0) return { column: timed, counts: false };
  const numbered = names.findIndex((name) => NUMBER.test(name));
  if (numbered >= 0) return { column: numbered, counts: true };
  if (columns.length < 2 || !isEven(columns[0])) return { column: -1, counts: true };
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
  const seen = times.subarray(0, LOOKED_AT);
  return step > 0 && seen.every((time, index) => Math.abs(time - times[0] - index * step) <= step);
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
