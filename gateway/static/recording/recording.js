/**
 * From a recording to beats, in the browser: what `python -m data beats` does, by the same recipe (see data/README.md).
 *
 *     const { signals } = await readRecording(input.files);      // CSV, EDF, or WFDB's .hea and .dat together
 *     const { samples, rate } = chooseSignal(signals);
 *     const peaks = findPeaks(samples, rate);                    // sample numbers
 *     const beats = cutBeats(samples, rate, peaks, 140);         // [{peak, start, end, values}]
 */

import { readCsv } from "./csv.js";
import { readEdf } from "./edf.js";
import { RecordingError } from "./errors.js";
import { readWfdb } from "./wfdb.js";

const LOWEST_RATE = 40; // hertz
const HIGHEST_RATE = 100_000;

export { cutBeats } from "./beats.js";
export { RecordingError } from "./errors.js";
export { findPeaks } from "./peaks.js";

/**
 * Read the signals of one recording.
 *
 * @param {Iterable<File>} files one CSV or EDF file, or a WFDB header with its signal files
 * @param {{rate?: number}} [options] samples per second, for a CSV file that has no column of times
 * @returns {Promise<{signals: {name: string, rate: number, samples: Float32Array, unit: string}[]}>}
 *   those fast enough for a heartbeat; samples in the signal's unit, NaN where the recording has a gap
 * @throws {RecordingError} one sentence for people; its `needsRate` is true if `rate` would help
 */
export async function readRecording(files, options = {}) {
  const read = await readSignals([...files], options);
  // a recording of a night's sleep also holds slower ones, such as the oxygen in the blood
  const signals = read.filter(({ rate }) => rate >= LOWEST_RATE && rate <= HIGHEST_RATE);
  if (signals.length) return { signals };
  const { name, rate } = read[0];
  const range = `${LOWEST_RATE} to ${HIGHEST_RATE}`;
  throw new RecordingError(`${name}: ${rate} samples a second, where ${range} show a heartbeat`, {
    needsRate: options.rate !== undefined,
  });
}

async function readSignals(given, options) {
  const header = given.find((file) => ending(file) === "hea");
  if (header) return readWfdb(header, given);
  if (given.length !== 1) throw new RecordingError("Give one CSV or EDF file, or a WFDB header (.hea) with its .dat file");
  const [file] = given;
  if (ending(file) === "edf") return readEdf(file.name, await file.arrayBuffer());
  if (["csv", "tsv", "txt"].includes(ending(file))) {
    return readCsv(file.name, await file.text(), options.rate);
  }
  if (["dat", "atr"].includes(ending(file))) throw new RecordingError(`${file.name}: give its header (.hea) with it`);
  throw new RecordingError(`${file.name}: not a recording; give a CSV, an EDF or a WFDB file (.hea with .dat)`);
}

/**
 * Return the signal to cut beats from: the first that is called an ECG, else the first.
 *
 * @template {{name: string}} S
 * @param {S[]} signals
 * @returns {S}
 */
export function chooseSignal(signals) {
  return signals.find(({ name }) => /ecg|ekg/i.test(name)) ?? signals[0];
}

function ending(file) {
  return file.name.split(".").pop().toLowerCase();
}
