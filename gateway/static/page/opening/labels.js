/** The annotations of a recording beside its beats: where they are, and which beat has which label. */

import { LABEL_SECONDS, isBeat, match } from "../../recording/annotations.js";
import { count, counted } from "../shared/words.js";

/**
 * @typedef {{seconds: number, words: string, isBeat: boolean}} Annotation `words` are a beat's symbol, or what else is noted, such as a rhythm
 * @typedef {import("../../recording/annotations.js").Annotations} Annotations
 */

/**
 * The symbol of the annotated beat at each R peak, in the order of the peaks; null where none is near.
 *
 * @param {Annotations | null} annotations
 * @param {number[]} peaks sample numbers, ascending
 * @param {number} rate samples per second
 * @returns {(string | null)[]}
 */
export function labelsOf(annotations, peaks, rate) {
  if (!annotations) return peaks.map(() => null);
  const { beats } = annotations;
  const places = beats.map(({ sample }) => Math.round((sample * rate) / (annotations.rate ?? rate)));
  return Array.from(match(peaks, places, LABEL_SECONDS * rate), (place) => beats[place]?.symbol ?? null);
}

/**
 * All annotations by the recording's time.
 *
 * @param {Annotations | null} annotations
 * @param {number} rate
 * @returns {Annotation[]}
 */
export function timed(annotations, rate) {
  if (!annotations) return [];
  return annotations.all.map(({ sample, symbol, text }) => ({
    seconds: sample / (annotations.rate ?? rate), words: isBeat(symbol) ? symbol : text || symbol, isBeat: isBeat(symbol),
  }));
}

/**
 * How many beats have a label of the annotations, in words.
 *
 * @param {Annotations | null} annotations
 * @param {(string | null)[]} labels
 * @returns {string[]}
 */
export function labelledOf(annotations, labels) {
  if (!annotations) return [];
  const found = labels.filter((label) => label !== null).length;
  const ms = LABEL_SECONDS * 1000;
  return [`the file ${annotations.name} has ${counted(annotations.beats.length, "annotated beat")}; ${count(found)} of them lie within ${ms} ms of a beat that was cut, and label it`];
}
