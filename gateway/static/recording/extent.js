/** How far a lead goes from its median, up and down: what it needs to be drawn at one scale from its beginning to its end. */

const PARTS = 60; // of the recording that are read
const PART_SECONDS = 10;
const FITTING = 0.95; // the share of them that must fit

/** @typedef {{up: number, down: number}} Extent in the lead's unit */

/**
 * @param {Float32Array} samples NaN in gaps
 * @param {number} rate samples per second
 * @returns {Extent} which nearly all parts of ten seconds keep, each about its own median
 */
export function extentOf(samples, rate) {
  const span = Math.min(samples.length, Math.ceil(PART_SECONDS * rate));
  const parts = Math.min(PARTS, Math.ceil(samples.length / span));
  const starts = Array.from({ length: parts }, (_, i) => Math.round((i * (samples.length - span)) / Math.max(1, parts - 1)));
  const sorted = starts.map((start) => samples.slice(start, start + span).filter((value) => !Number.isNaN(value)).sort()).filter((part) => part.length);
  const middle = (/** @type {Float32Array} */ part) => part[part.length >> 1];
  return { up: usual(sorted.map((part) => part[part.length - 1] - middle(part))), down: usual(sorted.map((part) => middle(part) - part[0])) };
}

/** @param {number[]} heights */
function usual(heights) {
  const sorted = heights.sort((one, other) => one - other);
  return sorted[Math.ceil(FITTING * (sorted.length - 1))] ?? 0;
}
