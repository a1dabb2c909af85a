/** The text of a WFDB header, header(5), of which fields may be missing; as data/recordings/wfdb/header.py reads it. */

import { RecordingError } from "./errors.js";

/** @import { WfdbRecord, WfdbSignal } from "./shapes.js" */

const USUAL_RATE = 250; // frames per second, by the specification
const USUAL_GAIN = 200; // steps per unit, likewise
const SCALE = /^([-+]?[\d.]+(?:e[-+]?\d+)?)?(?:\(([-+]?\d+)\))?(?:\/(\S+))?$/i;
/** The words of a line. @typedef {{number: number, words: string[]}} Words */

const NUMBERS = 5; // resolution, zero, initial value, checksum, block size: any of the last may be left out

/**
 * @param {string} name the file's
 * @param {string} text
 * @returns {WfdbRecord}
 */
export function parseHeader(name, text) {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/).map((line, index) => ({ number: index + 1, words: line.trim().split(/\s+/) }));
  const [record, ...rest] = lines.filter(({ words: [first] }) => first && !first.startsWith("#"));
  const [recordName, count] = record?.words ?? [];
  if (!/^\d+$/.test(count ?? "")) {
    throw new RecordingError(`${name}, line ${record?.number ?? 1}: cannot be read as WFDB record: a name and the number of signals are expected; get the header again`);
  }
  const rate = rateOf(name, record.words[2]);
  const frames = framesOf(name, record.number, record.words[3]);
  const said = rate ? [] : [`the header has no rate; it is read at ${USUAL_RATE} samples per second, WFDB's default`];
  const common = { rate: rate || USUAL_RATE, frames, said };
  const segments = segmentsOf(name, recordName);
  if (segments !== null) {
    if (rest.length < segments) said.push(`its header declares ${segments} segments and describes ${rest.length}, which are read`);
    return { ...common, signals: [], segments: rest.slice(0, segments).map((line) => segment(name, line)) };
  }
  if (rest.length < Number(count)) throw new RecordingError(`${name}: its header declares ${count} signals and describes ${rest.length}; get the header again`);
  return { ...common, segments: [], signals: rest.slice(0, Number(count)).map((line, place) => signal(name, line, place)) };
}

/**
 * A file among those given by the path that a header names: its folder need not be there any more.
 * @param {File[]} files @param {string} path
 */
export function fileNamed(files, path) {
  const name = path.split(/[/\\]/).pop();
  return files.find((file) => file.name === name);
}

/**
 * How many segments a record has, or null; a number after a stroke may also be the record's name in a folder.
 * @param {string} name @param {string} recordName
 */
function segmentsOf(name, recordName) {
  const [, before, after] = /^(.+)\/(\d+)$/.exec(recordName) ?? [];
  const own = name.replace(/\.hea$/i, "");
  return after === undefined || (own === after && own !== before) ? null : Number(after);
}

/** The frames per second, which a counter's frequency may follow; 0 if they are left out. @param {string} name @param {string} [word] */
function rateOf(name, word = "0") {
  const rate = Number(word.split("/")[0].split("(")[0]);
  if (rate >= 0 && rate < Infinity) return rate;
  throw new RecordingError(`${name}: '${word}' is not a valid number of samples per second; correct the header`);
}

/**
 * The number of frames; null if it is left out, or a time of day replaces it.
 * @param {string} name @param {number} number @param {string} [word]
 */
function framesOf(name, number, word = "0") {
  if (/[:/]/.test(word)) return null;
  const frames = Math.trunc(Number(word));
  if (frames >= 0 && frames < Infinity) return frames || null;
  throw new RecordingError(`${name}, line ${number}: '${word}' is not a valid number of samples; write the number, or 0 to have them counted`);
}

/** @param {string} name @param {Words} line */
function segment(name, { number, words: [part, frames] }) {
  if (!/^\d+$/.test(frames ?? "")) throw new RecordingError(`${name}, line ${number}: a segment's name and its number of samples are expected; correct it`);
  return { name: part, frames: Number(frames) };
}

/** @param {string} name @param {Words} line @param {number} place @returns {WfdbSignal} */
function signal(name, { number, words: [file, layout = "", ...more] }, place) {
  const [, format, perFrame, skew, skip] = /^(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?$/.exec(layout) ?? [];
  if (format === undefined) throw new RecordingError(`${name}, line ${number}: cannot be read as WFDB record: a signal's file and its format are expected`);
  const rest = [...more];
  const [, gain, baseline, unit] = (rest.length && SCALE.exec(rest[0])) || [];
  if (rest.length && SCALE.test(rest[0])) rest.shift();
  const numbers = [];
  while (rest.length && numbers.length < NUMBERS && /^[-+]?\d+$/.test(rest[0])) numbers.push(Number(rest.shift()));
  const [, zero = 0, initial = zero] = numbers;
  return {
    name: rest.join(" ") || `signal ${place + 1}`,
    file,
    format,
    perFrame: Math.max(Number(perFrame ?? 1), 1),
    skew: Number(skew ?? 0),
    skip: Number(skip ?? 0),
    gain: Number(gain) || USUAL_GAIN,
    baseline: baseline === undefined ? zero : Number(baseline),
    initial,
    unit: unit ?? "mV",
  };
}
