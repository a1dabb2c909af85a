/** PhysioNet's WFDB: a header in text (.hea) that names the files of the samples; formats 16 and 212. */

import { RecordingError } from "./errors.js";

/**
 * @param {File} header
 * @param {File[]} files among which the signal files are
 * @returns {Promise<{name: string, rate: number, samples: Float32Array, unit: string}[]>}
 */
export async function readWfdb(header, files) {
  const { rate, length, lines } = parseHeader(header.name, await header.text());
  const signals = [];
  for (const name of new Set(lines.map((line) => line.file))) {
    const file = files.find((each) => each.name === name);
    if (!file) throw new RecordingError(`${header.name}: give the file ${name} with it, where its samples are`);
    const group = lines.filter((line) => line.file === name);
    const bytes = new Uint8Array(await file.arrayBuffer());
    group.forEach((line, index) => {
      const samples = readSamples(bytes, line, index, group.length, length);
      signals[lines.indexOf(line)] = { name: line.name, rate, samples, unit: line.unit };
    });
  }
  return signals;
}

/** Parse a header into {rate, length, lines: [{file, format, skip, gain, baseline, unit, name}]}; length 0: unknown. */
export function parseHeader(name, text) {
  const [record, ...rest] = text.split(/\r?\n/).filter((line) => line.trim() && !line.startsWith("#"));
  const [recordName = "", count, frequency = "250", length = "0"] = record?.trim().split(/\s+/) ?? [];
  if (recordName.includes("/")) throw new RecordingError(`${name}: a record of several segments; give one of them`);
  if (!(Number(count) >= 1) || rest.length < Number(count)) {
    throw new RecordingError(`${name}: not a WFDB header with signals`);
  }
  const lines = rest.slice(0, Number(count)).map((line, index) => parseSignalLine(name, line, index));
  return { rate: parseFloat(frequency) || 250, length: Number(length) || 0, lines };
}

function parseSignalLine(name, line, index) {
  const [file, layout = "", scale = "", , zero = "0", , , , ...description] = line.trim().split(/\s+/);
  const [, format, perFrame, skip] = /^(\d+)(?:x(\d+))?(?::\d+)?(?:\+(\d+))?$/.exec(layout) ?? [];
  if (!["16", "212"].includes(format) || Number(perFrame ?? 1) !== 1) {
    throw new RecordingError(`${name}: signals of format ${layout}; this page reads 16 and 212, python -m data beats all`);
  }
  const [, gain, baseline, unit] = /^([\d.eE+-]*)(?:\((-?\d+)\))?(?:\/(\S+))?$/.exec(scale) ?? [];
  return {
    file,
    format: Number(format),
    skip: Number(skip ?? 0),
    gain: Number(gain) || 200,
    baseline: Number(baseline ?? zero),
    unit: unit ?? "mV",
    name: description.join(" ") || `signal ${index + 1}`,
  };
}

function readSamples(bytes, line, index, together, length) {
  const data = bytes.subarray(line.skip);
  const stored = Math.floor(line.format === 16 ? data.length / 2 : (data.length * 2) / 3);
  const samples = new Float32Array(length ? Math.min(length, Math.floor(stored / together)) : Math.floor(stored / together));
  const digital = line.format === 16 ? digital16 : digital212;
  const invalid = line.format === 16 ? -32768 : -2048;
  for (let frame = 0; frame < samples.length; frame++) {
    const value = digital(data, frame * together + index);
    samples[frame] = value === invalid ? NaN : (value - line.baseline) / line.gain;
  }
  return samples;
}

function digital16(data, at) {
  return ((data[2 * at] | (data[2 * at + 1] << 8)) << 16) >> 16;
}

/** Two samples of 12 bits lie in three bytes: the middle one holds both their high bits. */
function digital212(data, at) {
  const first = 3 * (at >> 1);
  const value = at & 1 ? data[first + 2] | ((data[first + 1] & 0xf0) << 4) : data[first] | ((data[first + 1] & 0x0f) << 8);
  return (value << 20) >> 20;
}
