/** What is read out at a point of a beat's trace. */

import { nearest, valueAt } from "../drawing/curve.js";
import { count, decimal, milliseconds } from "../shared/words.js";

/** @typedef {import("../beats/beat-scale.js").Curves} Curves */

/**
 * @param {number} index of the trace's point
 * @param {object} view
 * @param {Curves} view.curves
 * @param {{beat: {number: number}, curves: Curves} | null} view.pinned
 * @param {{attributions: number[]} | null} view.explanation
 */
export function readingOf(index, { curves: { paper, trace, mean, places, times }, pinned, explanation }) {
  const at = trace.at[index] ?? index;
  const unit = paper ? " mV" : "";
  const time = paper ? milliseconds(at) : `Value ${index}${times ? ` (${milliseconds(times[index])})` : ""}`;
  const parts = [`${time}: ${decimal(trace.values[index])}${unit}`];
  if (mean) parts.push(`mean beat ${decimal(valueAt(mean, at))}${unit}`);
  if (pinned) parts.push(`beat ${count(pinned.beat.number)} ${decimal(valueAt(pinned.curves.trace, at))}${unit}`);
  if (explanation && places) parts.push(`contributes ${decimal(explanation.attributions[nearest(places, at)], 3)}`);
  return parts.join(", ");
}
