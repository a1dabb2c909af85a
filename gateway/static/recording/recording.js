/**
 * From a recording to beats, in the browser: what `python -m data beats` does, by the same recipe (see data/README.md).
 *
 *     const recording = await openRecording(input.files);          // CSV, EDF, BDF, or WFDB's .hea and .dat together
 *     const { samples, rate } = await readLead(recording, chooseLead(recording, "V5"));
 *     const peaks = findPeaks(samples, rate);                      // sample numbers
 *     const beats = [...eachBeat(samples, rate, peaks, cutOf(features))]; // [{peak, start, span, values}]
 */

import { annotationsOf, isAnnotations } from "./annotations.js";
import { LOWEST_RATE, doubts, nameOf } from "./channels.js";
import { openCsv } from "./csv.js";
import { openEdf } from "./edf.js";
import { RecordingError } from "./errors.js";
import { isText, refuseOthers } from "./others.js";
import { inMillivolts, unitName } from "./units.js";
import { openWfdb, recordOf } from "./wfdb.js";

const HIGHEST_RATE = 100_000; // hertz

export { eachBeat, valuesOf } from "./beats.js";
export { cutOf } from "./cut.js";
export { LOWEST_RATE, choices, chooseLead, nameOf } from "./channels.js";
export { RecordingError } from "./errors.js";
export { findPeaks } from "./peaks.js";

/** @import { Progress, Recording, Samples } from "./shapes.js" */

/**
 * Open a recording: read what it says of its leads, and no samples yet.
 *
 * @param {Iterable<File>} files one CSV, EDF or BDF file, or a WFDB header with the files that it names; a file of WFDB
 *   annotations may be with them
 * @param {{rate?: number}} [options] samples per second, for a CSV file that has no column of times
 * @returns {Promise<Recording>}
 * @throws {RecordingError} one sentence for people; its `needsRate` is true if `rate` would help
 */
export async function openRecording(files, options = {}) {
  const all = [...files];
  const notes = all.filter(isAnnotations);
  const given = notes.length < all.length ? all.filter((file) => !notes.includes(file)) : all;
  const header = await recordOf(given.filter((file) => ending(file) === "hea"));
  const opened = await (header ? openWfdb(header, given) : openAlone(given, options));
  const leads = opened.leads.map((lead) => ({ ...lead, unit: unitName(lead.unit) }));
  const { name } = header ?? given[0];
  const { annotations, said } = await annotationsOf(notes, name, opened.frameRate);
  return { ...opened, leads, annotations, said: [...opened.said, ...doubts({ leads }), ...said], units: opened.leads.map(({ unit }) => unit), name };
}

/** @param {File[]} given @param {{rate?: number}} options */
async function openAlone(given, options) {
  if (given.length !== 1) throw new RecordingError("Give one CSV or EDF file, or a WFDB header (.hea) with its .dat file");
  const [file] = given;
  if (["edf", "bdf", "rec"].includes(ending(file))) return openEdf(file);
  await refuseOthers(file);
  if (["csv", "tsv", "txt"].includes(ending(file))) return openCsv(file, options.rate);
  if (await isText(file)) throw new RecordingError(`${file.name}: this is text; give it a name that ends in .csv or .txt`);
  if (["dat", "atr", "mat", "qrs"].includes(ending(file))) throw new RecordingError(`${file.name}: give its header (.hea) with it`);
  throw new RecordingError(`${file.name}: not a recording; give a CSV, an EDF, a BDF or a WFDB file (.hea with .dat)`);
}

/**
 * Read one lead, or one less another.
 *
 * @param {Recording} recording
 * @param {number[]} places as chooseLead gives them
 * @param {Progress} progress
 * @returns {Promise<Samples & {name: string, unit: string}>} samples in mV where
 *   the unit is a voltage, NaN where the recording has a gap
 * @throws {RecordingError}
 */
export async function readLead(recording, places, progress = () => {}) {
  const [place, other] = places;
  const part = (/** @type {number} */ share) => progress(share / places.length);
  const { rate, samples, said } = await recording.read(place, part);
  if (!(rate >= LOWEST_RATE && rate <= HIGHEST_RATE)) throw slow(recording, rate);
  if (other !== undefined) {
    const less = await recording.read(other, (share) => part(1 + share));
    for (let index = 0; index < samples.length; index++) samples[index] -= less.samples[index];
  }
  return { name: nameOf(recording, places), rate, said, ...inMillivolts(samples, recording.units[place]) };
}

/** @param {Recording} recording @param {number} rate */
function slow({ name, isTable }, rate) {
  const range = `${LOWEST_RATE} to ${HIGHEST_RATE}`;
  const rounded = Number(rate.toPrecision(6));
  const message = `${name}: ${rounded} samples per second, but an ECG needs ${range}; is the rate right, or are its times in other units?`;
  return new RecordingError(message, { needsRate: Boolean(isTable) });
}

/** @param {File} file */
function ending(file) {
  return file.name.replace(/\.gz$/i, "").split(".").at(-1)?.toLowerCase() ?? "";
}
