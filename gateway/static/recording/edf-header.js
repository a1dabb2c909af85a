/** The header of EDF, EDF+ and BDF (Kemp et al. 1992, 2003; BioSemi), as devices fill it in and data/recordings/edf/header.py reads it. */

import { RecordingError } from "./errors.js";
import { refuseOthers } from "./others.js";

/** @import { EdfHeader, EdfSignal } from "./shapes.js" */

const HEADER_BYTES = 256; // and as many again for each signal
/** @type {[Exclude<keyof EdfSignal, "offset">, number][]} */
const FIELDS = [
  ["name", 16], ["transducer", 80], ["unit", 8], ["physicalMinimum", 8], ["physicalMaximum", 8],
  ["digitalMinimum", 8], ["digitalMaximum", 8], ["filter", 80], ["perRecord", 8], ["reserved", 32],
];
const RANGE = /Minimum|Maximum/;

/**
 * @param {File} file
 * @returns {Promise<EdfHeader>}
 * @throws {RecordingError} which says what is wrong with it
 */
export async function readHeader(file) {
  const first = new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer());
  const isBdf = first[0] === 255 && textOf(first.subarray(1, 8)) === "BIOSEMI";
  if (!isBdf && !isEdf(first)) await refuseOthers(file);
  if (!isBdf && !isEdf(first)) throw new RecordingError(`${file.name}: not an EDF or BDF file, despite its name: it must begin with 0 or BIOSEMI`);
  const count = countOf(file, "the number of signals", first.subarray(252, 256));
  const dataStart = HEADER_BYTES * (count + 1);
  if (count < 1 || file.size < dataStart) throw new RecordingError(`${file.name}: cannot be read as EDF file: its header is truncated or has no signals; get it again`);
  const seconds = numberOf(textOf(first.subarray(244, 252)));
  const signals = signalsOf(file, new Uint8Array(await file.slice(HEADER_BYTES, dataStart).arrayBuffer()), count);
  const recordSamples = signals.reduce((sum, { perRecord }) => sum + perRecord, 0);
  if (!recordSamples) throw new RecordingError(`${file.name}: cannot be read as EDF file: no signal has samples in its records`);
  if (seconds === 0) throw new RecordingError(`${file.name}: its header says that data records last 0 s, as in files of annotations, so the rate of its signals is unknown; write their duration into the header, or export it as CSV`);
  if (!(seconds > 0)) throw new RecordingError(`${file.name}: its header has no valid duration of a data record, so its rate is unknown; repair it`);
  return {
    dataStart,
    signals,
    recordSamples,
    bytesPerSample: isBdf ? 3 : 2,
    isInterrupted: /^(EDF|BDF)\+D/.test(textOf(first.subarray(192, 236))),
    records: countOf(file, "the number of data records", first.subarray(236, 244), -1),
    seconds: exact(textOf(first.subarray(244, 252)), seconds, Math.max(...signals.map(({ perRecord }) => perRecord))),
  };
}

/** By its version or, where that is spoilt, by the length of its header. @param {Uint8Array} first */
function isEdf(first) {
  const [length, count] = [first.subarray(184, 192), first.subarray(252, 256)].map((bytes) => numberOf(textOf(bytes)));
  return textOf(first.subarray(0, 8)) === "0" || (count > 0 && length === HEADER_BYTES * (count + 1));
}

/**
 * A record's duration, of which eight characters show a rounded part: 0.003906 is a 256th of a second.
 * @param {string} text @param {number} seconds @param {number} perRecord
 */
function exact(text, seconds, perRecord) {
  const rate = Math.round(perRecord / seconds);
  if (text.length < 8 || !text.includes(".") || !rate) return seconds;
  const rounding = 0.5 * 10 ** -text.split(".")[1].length;
  return Math.abs(perRecord / rate - seconds) <= rounding ? perRecord / rate : seconds;
}

/** @param {File} file @param {string} what @param {Uint8Array} bytes @param {number} [missing] */
function countOf(file, what, bytes, missing = NaN) {
  const text = textOf(bytes);
  const number = text === "" ? missing : numberOf(text);
  if (Number.isInteger(number) && number >= (missing || 0)) return number;
  throw new RecordingError(`${file.name}: cannot be read as EDF file: ${what} in its header is '${text.slice(0, 20)}'; get it again`);
}

/** @param {File} file @param {Uint8Array} bytes @param {number} count */
function signalsOf(file, bytes, count) {
  // filled in field by field, as the header has them
  const signals = Array.from({ length: count }, () => /** @type {EdfSignal} */ ({}));
  let at = 0;
  for (const [field, size] of FIELDS) {
    for (const signal of signals) {
      Object.assign(signal, { [field]: valueOf(file, field, bytes.subarray(at, at + size)) });
      at += size;
    }
  }
  let offset = 0;
  for (const [index, signal] of signals.entries()) {
    signal.name ||= `signal ${index + 1}`;
    signal.offset = offset; // in samples from the start of a record
    offset += signal.perRecord;
  }
  return signals;
}

/** @param {File} file @param {string} field @param {Uint8Array} bytes */
function valueOf(file, field, bytes) {
  if (field === "perRecord") return countOf(file, "the samples per record of a signal", bytes);
  return RANGE.test(field) ? numberOf(textOf(bytes)) : textOf(bytes);
}

/** ASCII by the standard, but a micro sign or an accent comes as UTF-8 or as Latin-1. @param {Uint8Array} bytes */
function textOf(bytes) {
  const trimmed = (/** @type {string} */ text) => text.split("\0")[0].trim();
  try {
    return trimmed(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return trimmed(new TextDecoder("latin1").decode(bytes));
  }
}

/** A decimal comma comes from devices that write their own language's numbers. @param {string} text */
function numberOf(text) {
  return text === "" ? NaN : Number(text.replace(",", "."));
}
