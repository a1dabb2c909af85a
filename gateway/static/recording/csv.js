/** A recording as text: one line per sample, a column per lead, perhaps one of times; as data/recordings/text/signal_table.py reads it. */

import { toNumber } from "../tables/fields.js";
import { refuseOthers } from "../tables/kinds.js";
import { blocksOf } from "../tables/lines.js";
import { Column } from "./column.js";
import { SAY_RATE, findClock } from "./csv-clock.js";
import { NO_VALUE, cleaned, readHead, rowOf } from "./csv-head.js";
import { RecordingError } from "./errors.js";
import { placesOf } from "./times.js";

const LOOKED_AT = 1200; // lines
const OTHERWISE = "windows-1252"; // the encoding of what is not UTF-8
const OTHER_RATE = 0.05; // that may be told beside times, as devices round it
const NOTE = /^\s*[#%]/;

/**
 * @param {File} file
 * @param {number} [rate] samples per second, where its reader tells
 * @returns {Promise<object>} as openWfdb gives it
 */
export async function openCsv(file, rate) {
  await refuseOthers(file);
  const head = readHead(file.name, await firstLines(file));
  const clock = findClock(file.name, head);
  const places = head.names.map((_, place) => place).filter((place) => isLead(head, clock, place));
  if (!places.length) throw new RecordingError(`${file.name}: no column of a lead beside the times`);
  if (!rate && !head.rate && clock.kind !== "times") throw new RecordingError(`${file.name}: ${SAY_RATE}`, { needsRate: true });
  return {
    leads: places.map((place) => ({ name: head.names[place], unit: head.units[place] })),
    said: [],
    isTable: true,
    read: (lead, progress) => readColumn(file, head, clock, places[lead], rate, progress),
  };
}

function isLead({ isMeasured, metadata }, { others }, place) {
  return isMeasured[place] && !others.has(place) && (metadata.columns?.channels[place] ?? true);
}

async function firstLines(file) {
  const found = [];
  for await (const { first, lines } of blocksOf(file, { otherwise: OTHERWISE })) {
    for (const [index, line] of lines.entries()) if (line.trim()) found.push({ number: first + index, line });
    if (found.length >= LOOKED_AT) break;
  }
  return found.slice(0, LOOKED_AT);
}

async function readColumn(file, head, clock, place, rate, progress) {
  const rows = new Rows(file.name, head, clock, place);
  for await (const { first, lines } of blocksOf(file, { progress, otherwise: OTHERWISE })) {
    for (let index = Math.max(head.dataLine - first, 0); index < lines.length; index++) rows.add(lines[index], first + index);
  }
  const said = rows.ended();
  const samples = rows.values.held.slice();
  const isCounted = clock.kind === "counter" && rows.isCounting();
  if (rate || clock.kind !== "times") return { rate: rate ?? head.rate, ...(isCounted ? counted(samples, rows) : { samples }), said };
  const where = (index) => `${file.name}, line ${rows.lineOf(index)}, column ${clock.place + 1} (${head.names[clock.place]})`;
  const { rate: found, places, length, gaps } = placesOf(rows.times.held, clock.quantum, where);
  if (head.rate && Math.abs(head.rate - found) > OTHER_RATE * found) {
    throw new RecordingError(`${file.name}: ${head.rate} samples per second are told, but the times tell ${Number(found.toPrecision(6))}; ${SAY_RATE}`, { needsRate: true });
  }
  return { rate: found, samples: places ? placed(samples, places, length) : samples, said: gaps ? [...said, gapsSaid(gaps, length - samples.length)] : said };
}

/** The samples by their numbers: those that were left out are a gap. */
function counted(samples, rows) {
  const [first] = rows.times.held;
  const places = Int32Array.from(rows.times.held, (number) => number - first);
  return { samples: placed(samples, places, places.at(-1) + 1) };
}

function placed(samples, places, length) {
  const spread = new Float32Array(length).fill(NaN);
  places.forEach((place, index) => (spread[place] = samples[index]));
  return spread;
}

function gapsSaid(gaps, missing) {
  return `${gaps} ${gaps === 1 ? "gap" : "gaps"} in the times, where ${missing} ${missing === 1 ? "sample is" : "samples are"} missing`;
}

/** Takes the rows of a file one by one; what is no sample may only stand at its end. */
class Rows {
  constructor(what, head, clock, place) {
    Object.assign(this, { what, head, clock, place, values: new Column(Float32Array), times: new Column(Float64Array), shifts: [], wrong: null, footer: 0 });
  }

  add(text, number) {
    if (!text.trim() || NOTE.test(text)) return;
    const { head, clock, place } = this;
    const line = cleaned(text);
    const fields = rowOf(line, head);
    const value = fields.length === head.width ? this.valueOf(fields[place]) : null;
    const time = clock.kind && fields.length === head.width ? this.timeOf(fields) : 0;
    if (this.wrong) {
      if (value !== null || !this.wrong.isText) throw this.wrong.error;
    }
    if (value === null || Number.isNaN(time)) return this.refuse(line, fields, number, value);
    if (clock.kind) this.times.add(time);
    const expected = this.lineOf(this.values.length);
    if (number !== expected) this.shifts.push([this.values.length, number - this.values.length]);
    this.values.add(value);
  }

  /** The time of a row; one that tells none has come with the row before. */
  timeOf(fields) {
    const isMissing = this.clock.kind === "times" && this.times.length && NO_VALUE.test(fields[this.clock.place]);
    return isMissing ? this.times.last : this.clock.seconds(fields, this.times.last);
  }

  valueOf(field) {
    const value = toNumber(field, this.head.decimal);
    return Number.isNaN(value) && !NO_VALUE.test(field) ? null : value;
  }

  refuse(line, fields, number, value) {
    this.wrong ??= { error: this.errorOf(fields, number, value), isText: this.isText(line, fields), number };
  }

  isText(line, fields) {
    return /\p{L}/u.test(line) && 2 * fields.filter((field) => this.valueOf(field) !== null).length < fields.length;
  }

  errorOf(fields, number, value) {
    const { what, head, place, clock } = this;
    if (fields.length !== head.width) return new RecordingError(`${what}, line ${number}: ${fields.length} columns where ${head.width} are expected; repair it`);
    const column = value === null ? place : clock.place;
    const expected = value === null ? "a number is" : "a time is";
    return new RecordingError(`${what}, line ${number}, column ${column + 1} (${head.names[column]}): '${fields[column].slice(0, 40)}' where ${expected} expected; repair it or leave it empty`);
  }

  /** What is to be said after the last row. */
  ended() {
    if (this.wrong && !this.wrong.isText) throw this.wrong.error;
    if (!this.values.length) throw new RecordingError(`${this.what}: no samples; give a file with one sample per line`);
    return this.wrong ? [`what follows from line ${this.wrong.number} on is text and is left out`] : [];
  }

  lineOf(index) {
    const [, shift] = this.shifts.findLast(([from]) => from <= index) ?? [0, this.head.dataLine];
    return index + shift;
  }

  isCounting() {
    const numbers = this.times.held;
    return numbers.every((number, index) => Number.isInteger(number) && (index === 0 || number > numbers[index - 1]));
  }
}
