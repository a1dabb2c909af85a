/** What two calipers on a strip measure. No drawing of the page here. */

import { count, decimal } from "../shared/words.js";

/** @typedef {import("./lane.js").Signal} Signal */

/**
 * The value of a lead at a time; NaN in a gap.
 *
 * @param {Signal} signal
 * @param {number} seconds
 */
export function valueAt({ rate, samples }, seconds) {
  return samples[Math.round(seconds * rate)] ?? NaN;
}

/**
 * From one caliper to the other, in words: milliseconds, beats per minute, and the difference of each lead.
 *
 * @param {[number, number]} places in seconds
 * @param {Signal[]} signals
 */
export function between([first, second], signals) {
  const seconds = Math.abs(second - first);
  const rate = seconds ? `${decimal(60 / seconds, 1)} bpm` : "";
  const [from, to] = first < second ? [first, second] : [second, first];
  const heights = signals.map((signal) => {
    const difference = valueAt(signal, to) - valueAt(signal, from);
    return `${signal.name} ${Number.isNaN(difference) ? "has a gap there" : signed(difference, signal.unit)}`;
  });
  return [`${count(Math.round(1000 * seconds))} ms`, rate, ...heights].filter(Boolean).join(" · ");
}

/**
 * @param {number} value
 * @param {string} unit
 */
function signed(value, unit) {
  const rounded = Math.round(100 * value) / 100 || 0; // no minus before a zero
  return `${rounded > 0 ? "+" : ""}${decimal(rounded)} ${unit || "(own units)"}`;
}
