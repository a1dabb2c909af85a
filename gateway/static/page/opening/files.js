/** From files or text to a collection: a table of beats, or a recording. */

import { Failure } from "../gateway/failure.js";
import { beatsOf } from "../beats/beat.js";
import { Collection } from "../beats/collection.js";
import { areRecording, openRecording } from "./recording.js";

/**
 * @import { Link } from "../beats/link.js"
 * @import { Features } from "../shared/model.js"
 * @import { Background } from "./background.js"
 * @import { Progress, Rows } from "./tasks.js"
 */

const SIGNALS = /\.(csv|tsv|txt)(\.gz)?$/i;

/**
 * Throw Failure.
 *
 * @param {File[]} files
 * @param {Features} features of the model
 * @param {number | null} rate samples per second, if it was entered: then it is a recording
 * @param {Background} background
 * @param {(progress: Progress) => void} progress
 * @param {Link | null} link may name the lead
 */
export async function openFiles(files, features, rate, background, progress, link) {
  if (rate || areRecording(files)) return openRecording(files, features, rate, background, progress, link);
  if (files.length > 1) throw new Failure("More than one file", "Give one CSV of beats, or all files of one recording.");
  return openTable(files[0], features, background, progress, link);
}

/**
 * Throw Failure.
 *
 * @param {string} text
 * @param {Features} features
 * @param {Background} background
 */
export async function openText(text, features, background) {
  return tabulated("pasted text", await background.ask("text", { text, ...rowsFor(features) }));
}

/**
 * Beats of a CSV; if its rows are not beats, it may be a recording.
 *
 * @param {File} file
 * @param {Features} features
 * @param {Background} background
 * @param {(progress: Progress) => void} progress
 * @param {Link | null} link
 */
async function openTable(file, features, background, progress, link) {
  try {
    return tabulated(file.name, await background.ask("table", { file, ...rowsFor(features) }, progress));
  } catch (failure) {
    if (!(failure instanceof Failure) || !failure.signals || !SIGNALS.test(file.name)) throw failure;
    return openRecording([file], features, null, background, progress, link).catch((other) => {
      // a file without times and rate may still have beats of another model
      throw other.needsRate && failure.isTable ? failure : other;
    });
  }
}

/** What a table's rows must fit. @param {Features} features */
function rowsFor({ count, names }) {
  return { width: count, names };
}

/**
 * The beats of a table as the worker gives them.
 *
 * @param {string} name
 * @param {Rows} rows
 */
function tabulated(name, { values, width, labels, understood }) {
  return new Collection({ name, beats: beatsOf({ values, width }, labels), understood });
}
