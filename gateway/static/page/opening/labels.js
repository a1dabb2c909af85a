/** The annotations of a recording beside its beats: where they are, and which beat has which label. */

import { LABEL_SECONDS, isBeat, match } from "../../recording/annotations.js";
import { count, counted } from "../shared/words.js";

/**
 * @typedef {{seconds: number, words: string, isBeat: boolean}} Annotation `words` are a beat's symbol, or what else is noted, such as a rhythm
 * @typedef {import("../../recording/annotations.js").Annotations} Annotations
 */

/**
 * Give each beat the symbol of the annotated beat at its R peak as its label, and return a sentence with their number.
 *
 * @param {{peak: number, label: string | null}[]} beats in the order of time
 * @param {Annotations | null} annotations
 * @param {number} rate samples per second
 * @returns {string[]}
 */
export function labelBeats(beats, annotations, rate) {
  if (!annotations) return [];
  const { name, beats: annotated } = annotations;
  const places = annotated.map(({ sample }) => Math.round((sample * rate) / (annotations.rate ?? rate)));
  const found = match(beats.map(({ peak }) => peak), places, LABEL_SECONDS * rate);
  beats.forEach((beat, at) => {
    beat.label = annotated[found[at]]?.symbol ?? null;
  });
  const labelled = count(found.filter((place) => place >= 0).length);
  return [`the file ${name} has ${counted(annotated.length, "annotated beat")}; ${labelled} of them lie within ${LABEL_SECONDS * 1000} ms of a beat and label it`];
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
