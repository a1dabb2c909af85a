/** How large the beats of a collection usually are. */

import { largest, quantile, smallest } from "../../recording/numbers.js";
import { curvesOf } from "./beat-scale.js";

/** @import { Facts } from "../shared/shapes.js" */
/** @import { Beat } from "./beat.js" */
/** @import { Recording } from "./beat-scale.js" */

const LOOKED_AT = 200; // evenly spaced beats of a file that determine its usual size
const USUAL = 0.9; // quantile: a few large beats do not make all others small

/** @type {WeakMap<object, {span: number, low: number, high: number}>} */
const usual = new WeakMap();

/**
 * How long and how high the beats of a collection usually are on paper, so that all of them are drawn by one scale.
 *
 * @param {{beats: Beat[], recording: Recording | null}} collection
 * @param {Pick<Facts, "model" | "baseline">} facts
 * @returns {{span: number, low: number, high: number}} in ms and mV
 */
export function usualOf(collection, facts) {
  const known = usual.get(collection);
  if (known) return known;
  const { beats, recording } = collection;
  const every = Math.ceil(beats.length / LOOKED_AT);
  const curves = beats.filter((_, place) => place % every === 0).map((beat) => curvesOf(beat, recording, facts));
  const spans = curves.map(({ trace, around }) => (around ?? trace).at).map((at) => at[at.length - 1] - at[0]);
  const found = {
    span: quantile(spans, USUAL),
    low: quantile(curves.map(({ trace }) => smallest(Array.from(trace.values))), 1 - USUAL),
    high: quantile(curves.map(({ trace }) => largest(Array.from(trace.values))), USUAL),
  };
  usual.set(collection, found);
  return found;
}
