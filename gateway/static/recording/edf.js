/** EDF, EDF+ and BDF: a header, then records of integers, signal after signal; as data/recordings/edf/reader.py reads them. */

import { readHeader } from "./edf-header.js";
import { RecordingError } from "./errors.js";

/** @import { EdfHeader, EdfSignal, Opened, Progress } from "./shapes.js" */

const BYTES_AT_ONCE = 2 ** 20;
const SHORTEST_GAP = 0.01; // seconds, for each record that has passed: less is an inexact clock
const LONGEST_GAP = 7 * 24 * 3600; // seconds; more is a damaged time stamp
const ANNOTATIONS = /^(EDF|BDF) Annotations$/;
const STAMP_BYTES = 40;
const STAMP = /^\0*([+-]?\d+(?:\.\d*)?)(?:\x15[\d.]*)?\x14/;

/**
 * @param {File} file
 * @returns {Promise<Opened>}
 */
export async function openEdf(file) {
  const header = await readHeader(file);
  const { signals, seconds, recordSamples, bytesPerSample, dataStart } = header;
  const records = Math.floor(Math.max(file.size - dataStart, 0) / bytesPerSample / recordSamples);
  if (!records) throw new RecordingError(`${file.name}: an EDF header without a complete data record; get the file again`);
  const measured = signals.filter(({ name }) => !ANNOTATIONS.test(name));
  if (!measured.length) throw new RecordingError(`${file.name}: no signal in this recording`);
  const { gaps, said } = header.isInterrupted ? await gapsOf(file, header, records) : { gaps: null, said: [] };
  return {
    leads: measured.map((signal) => ({ name: signal.name, unit: signal.unit, rate: signal.perRecord / seconds, problem: problemOf(signal) })),
    said: [...recordsSaid(header.records, records), ...said],
    read: (place, progress) => readSignal(file, header, records, gaps, measured[place], progress),
  };
}

/** @param {number} declared @param {number} stored */
function recordsSaid(declared, stored) {
  if (declared < 0) return [`it was not closed by its writer; its ${stored} records are read`];
  if (stored < declared) return [`truncated: ${stored} of ${declared} records are complete and are read`];
  return stored > declared ? [`it declares ${declared} records and has ${stored} records, which are read`] : [];
}

/** @param {EdfSignal} signal */
function problemOf(signal) {
  if (!signal.perRecord) return "has no samples in this file";
  const [physical, digital] = [span(signal, "physical"), span(signal, "digital")];
  if (Number.isNaN(physical) || Number.isNaN(digital)) return "has no numbers for its range in the header";
  return physical && digital ? null : "has no range in the header: its minimum is its maximum";
}

/** @param {EdfSignal} signal @param {"physical"|"digital"} kind */
function span(signal, kind) {
  return signal[`${kind}Maximum`] - signal[`${kind}Minimum`];
}

/**
 * The seconds between each record of an interrupted file and the one before it, by the time stamps; 0 where there is no gap.
 * @param {File} file @param {EdfHeader} header @param {number} records
 */
async function gapsOf(file, header, records) {
  const gaps = new Float64Array(records);
  const stamps = header.signals.find(({ name }) => ANNOTATIONS.test(name));
  if (!stamps) return { gaps, said: ["it says that it is interrupted and not where; it is read as if it were not"] };
  /** @type {number|null} */
  let end = null; // of the record before, on the clock of the samples
  await eachRecord(file, header, records, (bytes, start, record) => {
    const from = start + stamps.offset * header.bytesPerSample;
    const stamp = Number(STAMP.exec(String.fromCharCode(...bytes.subarray(from, from + STAMP_BYTES)))?.[1] ?? NaN);
    if (end !== null && !Number.isNaN(stamp)) gaps[record] = gapOf(file, record, stamp - end);
    end = (end === null ? stamp || 0 : end + gaps[record]) + header.seconds;
  });
  const count = gaps.filter(Boolean).length;
  return { gaps, said: count ? [`${count} ${count === 1 ? "gap" : "gaps"} in the recording`] : [] };
}

/** @param {File} file @param {number} record @param {number} seconds */
function gapOf(file, record, seconds) {
  if (seconds < -SHORTEST_GAP * (record + 1) || seconds > LONGEST_GAP) {
    const side = seconds > 0 ? "after" : "before";
    throw new RecordingError(`${file.name}: the time stamp of data record ${record + 1} is ${Number(Math.abs(seconds).toPrecision(6))} s ${side} the end of the previous one, which is impossible; repair the file, or export it as EDF+C`);
  }
  return seconds > SHORTEST_GAP ? seconds : 0;
}

/**
 * @param {File} file
 * @param {EdfHeader} header
 * @param {number} records
 * @param {Float64Array|null} gaps
 * @param {EdfSignal} signal
 * @param {Progress} progress
 */
async function readSignal(file, header, records, gaps, signal, progress) {
  const { perRecord, physicalMinimum, digitalMinimum } = signal;
  const { bytesPerSample, seconds } = header;
  const rate = perRecord / seconds;
  const missing = (/** @type {number} */ record) => Math.round((gaps?.[record] ?? 0) * rate);
  let length = records * perRecord;
  for (let record = 0; record < records && gaps; record++) length += missing(record);
  const samples = new Float32Array(length);
  const scale = span(signal, "physical") / span(signal, "digital");
  const digital = bytesPerSample === 2 ? digital16 : digital24;
  let to = 0;
  await eachRecord(file, header, records, (bytes, start, record) => {
    const from = start + signal.offset * bytesPerSample;
    const first = to + missing(record);
    samples.fill(NaN, to, first);
    for (let index = 0; index < perRecord; index++) {
      samples[first + index] = physicalMinimum + (digital(bytes, from + index * bytesPerSample) - digitalMinimum) * scale;
    }
    to = first + perRecord;
    progress((record + 1) / records);
  });
  return { rate, samples, said: [] };
}

/**
 * Call `each(bytes, start, record)` for every record, with a megabyte of them in memory.
 * @param {File} file
 * @param {EdfHeader} header
 * @param {number} records
 * @param {(bytes: Uint8Array, start: number, record: number) => void} each
 */
async function eachRecord(file, { dataStart, bytesPerSample, recordSamples }, records, each) {
  const size = recordSamples * bytesPerSample;
  const many = Math.max(1, Math.floor(BYTES_AT_ONCE / size));
  for (let first = 0; first < records; first += many) {
    const last = Math.min(first + many, records);
    const bytes = new Uint8Array(await file.slice(dataStart + first * size, dataStart + last * size).arrayBuffer());
    for (let record = first; record < last; record++) each(bytes, (record - first) * size, record);
  }
}

/** @param {Uint8Array} bytes @param {number} at */
function digital16(bytes, at) {
  return ((bytes[at] | (bytes[at + 1] << 8)) << 16) >> 16;
}

/** @param {Uint8Array} bytes @param {number} at */
function digital24(bytes, at) {
  return ((bytes[at] << 8) | (bytes[at + 1] << 16) | (bytes[at + 2] << 24)) >> 8;
}
