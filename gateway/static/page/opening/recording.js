/** From the files of a recording to a collection of beats; the work is the worker's. */

import { Failure } from "../gateway/client.js";
import { beatsOf } from "../beats/beat.js";
import { Collection } from "../beats/collection.js";
import { count, counted, decimal, listed } from "../shared/words.js";

const ENDINGS = /\.(hea|dat|mat|atr|qrs|edf|bdf|rec)$/i;

/** Are these the files of a recording, by their names? */
export function areRecording(files) {
  return files.some(({ name }) => ENDINGS.test(name));
}

/**
 * Read a recording, find its R peaks and cut its beats as the model takes them, by its `features`. Throw Failure; its
 * `needsRate` is true where the files do not tell how many samples a second has.
 */
export async function openRecording(files, features, rate, background, progress) {
  const { name, chosen, signals } = await background.ask("recording", { files, rate });
  const source = { name, signals, features, background };
  return cut(source, signals[chosen], false, progress);
}

/** Cut the beats of a recording's lead, `inverted` or as it is: a model knows the side up that it was trained on. */
export async function cut(source, lead, inverted, progress) {
  const { features, background } = source;
  const { rate, samples, peaks, cut, columns, said } = await background.ask("lead", { places: lead.places, inverted, features }, progress);
  const which = `the lead ${lead.name}${inverted ? ", upside down" : ""}`;
  if (!columns.values.length) throw new Failure("No beat was found", `No R peak in ${which} has a whole beat. Is it an ECG?`);
  const beats = beatsOf(columns);
  const found = `${counted(peaks, "R peak")} found in ${which}; ${counted(beats.length, "beat")} cut ${described(cut)}.`;
  const understood = [found, ...said.map(sentence)].join(" ");
  return new Collection({ name: source.name, beats, understood, recording: { source, lead, inverted, samples, rate } });
}

function described({ length, window, scale, beside }) {
  const from = window ? ` from ${decimal(window[0], 0)} to ${decimal(window[1], 0)} ms of the R peak` : "";
  const kinds = [["rr_", "RR intervals"], ["like_", "likeness to the usual beat"]].filter(([stem]) => beside.some((name) => name.startsWith(stem)));
  const more = kinds.length ? `, with ${listed(kinds.map(([, words]) => words))}` : "";
  return `to ${count(length)} values${from}${scale === "mV" ? " in mV" : ""}${more}`;
}

function sentence(said) {
  return `${said[0].toUpperCase()}${said.slice(1)}.`;
}
