/** One signal of a WFDB record's signal file, in which the samples of several alternate; as data/recordings/wfdb/signal_file.py has it. */

import { RecordingError } from "./errors.js";
import { FORMATS } from "./formats.js";
import { fileNamed } from "./wfdb-header.js";

/** @import { Progress, WfdbRecord, WfdbSignal } from "./shapes.js" */
/** @import { Format } from "./formats.js" */

const FRAMES_AT_ONCE = 6 * 2 ** 13; // so that every format's groups of two or three samples are whole

/**
 * @param {{file: File, record: WfdbRecord, frames: number|null}} segment a header, and how many frames are wanted
 * @param {WfdbSignal} signal
 * @param {File[]} files
 * @param {Progress} progress
 * @returns {Promise<{samples: Float32Array<ArrayBuffer>, said: string[]}>} samples in the signal's unit
 */
export async function readSignal({ file: header, record, frames }, signal, files, progress = () => {}) {
  const file = fileNamed(files, signal.file);
  if (!file) throw new RecordingError(`${header.name}: cannot be read as WFDB record: its samples are in ${signal.file}, which does not exist; give it with the header`);
  const format = FORMATS[signal.format];
  if (!format) throw new RecordingError(`${header.name}: samples in format ${signal.format}; formats that can be read are ${Object.keys(FORMATS).join(", ")}`);
  const group = record.signals.filter((each) => each.file === signal.file);
  const size = (/** @type {WfdbSignal[]} */ signals) => signals.reduce((sum, { perFrame }) => sum + perFrame, 0);
  const [before, frameSize, skip] = [size(group.slice(0, group.indexOf(signal))), size(group), group[0].skip];
  const stored = Math.floor((Math.max(file.size - skip, 0) * format.samples) / format.bytes / frameSize);
  const count = Math.min(frames || stored, stored);
  if (!count) throw new RecordingError(`${header.name}: no samples in this recording`);
  const samples = new Float32Array(count * signal.perFrame);
  const physical = scaled(format, signal);
  let at = 0;
  for (let start = 0; start < count; start += FRAMES_AT_ONCE) {
    const many = Math.min(FRAMES_AT_ONCE, count - start);
    const bytes = await piece(file, skip, format, start * frameSize, many * frameSize);
    for (let frame = 0; frame < many; frame++) {
      for (let each = 0; each < signal.perFrame; each++) samples[at++] = physical(format.value(bytes, frame * frameSize + before + each));
    }
    progress((start + many) / count);
  }
  const said = frames && stored < frames ? [`truncated: ${stored} of ${frames} samples exist and are read`] : [];
  return { samples: inTime(samples, signal.skew * signal.perFrame), said };
}

/** @param {File} file @param {number} skip @param {Format} format @param {number} first @param {number} count */
async function piece(file, skip, { samples, bytes }, first, count) {
  const at = (/** @type {number} */ place) => skip + Math.ceil(place / samples) * bytes;
  return new Uint8Array(await file.slice(at(first), at(first + count)).arrayBuffer());
}

/** From the stored value to the unit's; differences are added up. @param {Format} format @param {WfdbSignal} signal */
function scaled({ isDifference, invalid }, { gain, baseline, initial }) {
  if (!isDifference) return (/** @type {number} */ value) => (value === invalid ? NaN : (value - baseline) / gain);
  let level = initial;
  return (/** @type {number} */ difference) => ((level += difference) - baseline) / gain;
}

/** A signal that was written some samples late. @param {Float32Array<ArrayBuffer>} samples @param {number} late */
function inTime(samples, late) {
  return late ? samples.copyWithin(0, late).fill(NaN, Math.max(samples.length - late, 0)) : samples;
}
