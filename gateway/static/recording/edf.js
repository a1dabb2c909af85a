/** EDF and EDF+ (Kemp et al. 1992, 2003): a header in ASCII, then records of 16-bit integers, signal after signal. */

import { RecordingError } from "./errors.js";

const HEADER_BYTES = 256; // and as many again for each signal
const FIELDS = [
  ["name", 16], ["transducer", 80], ["unit", 8], ["physicalMinimum", 8], ["physicalMaximum", 8],
  ["digitalMinimum", 8], ["digitalMaximum", 8], ["filter", 80], ["perRecord", 8], ["reserved", 32],
];

/**
 * @param {string} name the file's, for messages
 * @param {ArrayBuffer} buffer
 * @returns {{name: string, rate: number, samples: Float32Array, unit: string}[]}
 */
export function readEdf(name, buffer) {
  const text = (from, bytes) => String.fromCharCode(...new Uint8Array(buffer, from, bytes)).trim();
  if (buffer.byteLength < HEADER_BYTES || text(0, 8) !== "0") throw new RecordingError(`${name}: not an EDF file`);
  if (text(192, 44).startsWith("EDF+D")) {
    throw new RecordingError(`${name}: an EDF+ file with interruptions; give one without (EDF+C)`);
  }
  const count = Number(text(252, 4));
  const dataStart = HEADER_BYTES * (count + 1);
  if (!(count >= 1) || buffer.byteLength < dataStart) throw new RecordingError(`${name}: the EDF header is damaged`);
  const signals = readSignalHeaders(text, count);
  const recordSamples = signals.reduce((sum, { perRecord }) => sum + perRecord, 0);
  const whole = Math.floor((buffer.byteLength - dataStart) / 2 / recordSamples);
  const told = Number(text(236, 8)); // -1 in a recording that was not closed
  const records = told >= 0 ? Math.min(told, whole) : whole;
  const seconds = Number(text(244, 8));
  const ecg = signals.filter((signal) => signal.name !== "EDF Annotations" && signal.perRecord > 0);
  if (!ecg.length || !records || !(seconds > 0)) throw new RecordingError(`${name}: no signal in this EDF file`);
  const view = new DataView(buffer, dataStart);
  return ecg.map((signal) => ({
    name: signal.name,
    rate: signal.perRecord / seconds,
    samples: readSamples(view, signal, records, recordSamples),
    unit: signal.unit,
  }));
}

function readSignalHeaders(text, count) {
  const signals = Array.from({ length: count }, () => ({}));
  let at = HEADER_BYTES;
  for (const [field, bytes] of FIELDS) {
    for (const signal of signals) {
      const value = text(at, bytes);
      signal[field] = /Minimum|Maximum|perRecord/.test(field) ? Number(value) : value;
      at += bytes;
    }
  }
  let offset = 0;
  for (const signal of signals) {
    signal.offset = offset; // in samples from the start of a record
    offset += signal.perRecord;
  }
  return signals;
}

function readSamples(view, signal, records, recordSamples) {
  const { perRecord, offset, physicalMinimum, physicalMaximum, digitalMinimum, digitalMaximum } = signal;
  const scale = (physicalMaximum - physicalMinimum) / (digitalMaximum - digitalMinimum);
  const samples = new Float32Array(records * perRecord);
  for (let record = 0; record < records; record++) {
    const start = record * recordSamples + offset;
    for (let index = 0; index < perRecord; index++) {
      const digital = view.getInt16(2 * (start + index), true);
      samples[record * perRecord + index] = physicalMinimum + (digital - digitalMinimum) * scale;
    }
  }
  return samples;
}
