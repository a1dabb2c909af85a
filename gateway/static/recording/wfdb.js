/** PhysioNet's WFDB: a header in text (.hea) that names the files of the samples; as data/recordings/wfdb/record.py reads it. */

import { RecordingError } from "./errors.js";
import { fileNamed, parseHeader } from "./wfdb-header.js";
import { readSignal } from "./wfdb-signal.js";

/** @import { Opened, Progress, WfdbRecord, WfdbSegment, WfdbSignal } from "./shapes.js" */

const NO_FILE = "~"; // of a signal or a segment without samples
const NO_FORMAT = "0";

/** Of several headers the one of the record: the first, or the one that has the first as its segment. @param {File[]} headers */
export async function recordOf(headers) {
  const [first, ...others] = headers;
  for (const file of others) {
    const { segments } = await read(file).catch(() => ({ segments: [] }));
    if (segments.some(({ name }) => `${name}.hea` === first.name)) return file;
  }
  return first;
}

/**
 * @param {File} header
 * @param {File[]} files among which the signal files are, and the headers of the segments
 * @returns {Promise<Opened>}
 */
export async function openWfdb(header, files) {
  const record = await read(header);
  /** @type {WfdbSegment[]} */
  const segments = record.segments.length ? await segmentsOf(header, record, files) : [{ file: header, record, frames: record.frames }];
  // the first of segments that do not have the same signals has no samples, but all their names
  const isNamed = record.segments.length > 0 && segments[0].frames === 0;
  const names = (segments.find((segment) => segment.record)?.record?.signals ?? []).map(({ name }) => name);
  const parts = names.map((name, place) => segments.map((segment) => signalOf(segment, isNamed ? name : null, place)));
  const leads = names.map((name, place) => leadOf(header, record, name, parts[place].filter((part) => part !== null)));
  if (!leads.length) throw new RecordingError(`${header.name}: no signal in this recording`);
  return { leads, said: record.said, frameRate: record.rate, read: (place, progress) => readSegments(record, segments, parts[place], leads[place].rate, files, progress) };
}

/** @param {File} file */
async function read(file) {
  return parseHeader(file.name, decoded(await file.arrayBuffer()));
}

/** @param {ArrayBuffer} bytes */
function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}

/** @param {File} header @param {WfdbRecord} record @param {File[]} files @returns {Promise<WfdbSegment[]>} */
async function segmentsOf(header, { segments }, files) {
  return Promise.all(segments.map(async ({ name, frames }) => {
    if (name === NO_FILE) return { frames };
    const file = fileNamed(files, `${name}.hea`);
    if (!file) throw new RecordingError(`${header.name}: ${name}.hea: no such WFDB header; give it with the other files of the record`);
    return { frames, file, record: await read(file) };
  }));
}

/**
 * A segment's signal with samples, or null if it has none of it.
 * @param {WfdbSegment} segment @param {string|null} name @param {number} place
 */
function signalOf({ record }, name, place) {
  const found = name === null ? record?.signals[place] : record?.signals.find((signal) => signal.name === name);
  return found && found.format !== NO_FORMAT && found.file !== NO_FILE ? found : null;
}

/** @param {File} header @param {WfdbRecord} record @param {string} name @param {WfdbSignal[]} found */
function leadOf(header, { rate }, name, found) {
  const perFrame = new Set(found.map((signal) => signal.perFrame));
  if (perFrame.size > 1) throw new RecordingError(`${header.name}: ${name} changes its rate from one segment to another`);
  const [samples = 1] = perFrame;
  return { name, rate: rate * samples, unit: found[0]?.unit ?? "", problem: found.length ? null : "has no samples in this record" };
}

/**
 * One signal through all segments, NaN where a segment does not have it or has too little of it.
 * @param {WfdbRecord} record
 * @param {WfdbSegment[]} segments
 * @param {(WfdbSignal|null)[]} parts
 * @param {number} rate
 * @param {File[]} files
 * @param {Progress} progress
 */
async function readSegments({ segments: { length } }, segments, parts, rate, files, progress) {
  const [[only], [signal]] = [segments, parts];
  if (!length && only.file && signal) return { rate, ...(await readSignal(only, signal, files, progress)) };
  const perFrame = parts.find((part) => part !== null)?.perFrame ?? 1;
  const total = segments.reduce((sum, { frames }) => sum + (frames ?? 0), 0);
  const samples = new Float32Array(total * perFrame).fill(NaN);
  const said = [];
  let start = 0;
  for (const [place, segment] of segments.entries()) {
    const part = parts[place];
    const read = part && segment.file && segment.frames ? await readSignal(segment, part, files) : null;
    if (read) samples.set(read.samples, start * perFrame);
    said.push(...(read?.said ?? []));
    start += segment.frames ?? 0;
    progress(start / total);
  }
  return { rate, samples, said };
}
