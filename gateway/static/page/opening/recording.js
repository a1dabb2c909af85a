/** From the files of a recording to a collection of beats; the work is the worker's. */

import { annotationsFor } from "../../recording/annotations.js";
import { Failure } from "../gateway/failure.js";
import { beatsOf } from "../beats/beat.js";
import { Collection } from "../beats/collection.js";
import { labelBeats, timed } from "./labels.js";
import { count, counted, decimal, listed } from "../shared/words.js";

/**
 * @import { Cut } from "../../recording/shapes.js"
 * @import { Link } from "../beats/link.js"
 * @import { Features } from "../shared/model.js"
 * @import { Source } from "../shared/shapes.js"
 * @import { Background } from "./background.js"
 * @import { Progress, Signal } from "./tasks.js"
 */

const ENDINGS = /\.(hea|dat|mat|atr|qrs|edf|bdf|rec)$/i;

/** Are these the files of a recording, by their names? @param {File[]} files */
export function areRecording(files) {
  return files.some(({ name }) => ENDINGS.test(name));
}

/**
 * Read a recording, find its R peaks and cut its beats as the model takes them, by its `features`. Throw Failure; its
 * `needsRate` is true if the files have no sampling rate. A `link` may name another lead than the
 * default one.
 *
 * @param {File[]} files
 * @param {Features} features
 * @param {number | null} rate
 * @param {Background} background
 * @param {(progress: Progress) => void} progress
 * @param {Link | null} [link]
 */
export async function openRecording(files, features, rate, background, progress, link = null) {
  const { name, chosen, signals, annotations } = await background.ask("recording", { files, rate });
  const source = { name, signals, annotations, features, background };
  const lead = signals.find((signal) => signal.name === link?.lead);
  return cut(source, lead ?? signals[chosen], Boolean(lead && link?.inverted), progress);
}

/**
 * Cut the beats of a recording's lead, `inverted` or as it is: a model knows the side up that it was trained on.
 *
 * @param {Source} source
 * @param {Signal} lead
 * @param {boolean} inverted
 * @param {(progress: Progress) => void} [progress]
 */
export async function cut(source, lead, inverted, progress) {
  const { features, background } = source;
  const annotations = annotationsFor(source.annotations, lead.name);
  const { rate, unit, samples, extent, peaks, intervals, rhythm, cut, columns, said } = await background.ask("lead", { places: lead.places, inverted, features }, progress);
  const which = `the lead ${lead.name}${inverted ? ", inverted" : ""}`;
  if (!columns.starts.length) throw new Failure("No beat was found", `No R peak in ${which} has a complete beat. Is it an ECG?`);
  const { beside, ...places } = columns;
  const beats = beatsOf({ ...places, rate, width: features.count, cutting: { samples, cut, beside } });
  const found = `${counted(peaks.length, "R peak")} found in ${which}; ${counted(beats.length, "beat")} cut ${described(cut)}.`;
  const understood = [found, ...[...labelBeats(beats, annotations, rate), ...said].map(sentence)].join(" ");
  const recording = { source, lead, inverted, beats, samples, rate, unit, extent, annotations: timed(annotations, rate), peaks, intervals, rhythm };
  await new Promise((resolve) => setTimeout(resolve)); // to show the beats is another task, or the page would stand still for long
  return new Collection({ name: source.name, beats, understood, recording });
}

/**
 * The samples of another lead, to be seen beside the chosen one. Throw Failure.
 *
 * @param {Source} source
 * @param {number} place of the lead among the signals
 */
export function signalOf({ signals, background }, place) {
  return background.ask("signal", { places: signals[place].places });
}

/** @param {Cut} cut */
function described({ length, window, scale, beside }) {
  const from = window ? ` from ${decimal(window[0], 0)} to ${decimal(window[1], 0)} ms of the R peak` : "";
  const kinds = [["rr_", "RR intervals"], ["like_", "likeness to the usual beat"]].filter(([stem]) => beside.some((name) => name.startsWith(stem)));
  const more = kinds.length ? `, with ${listed(kinds.map(([, words]) => words))}` : "";
  return `to ${count(length)} values${from}${scale === "mV" ? " in mV" : ""}${more}`;
}

/** @param {string} said */
function sentence(said) {
  return `${said[0].toUpperCase()}${said.slice(1)}.`;
}
