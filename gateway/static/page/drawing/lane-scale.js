/** How large a lead is drawn: chosen once for a recording, so that the same wave has the same height in all its parts. */

import { LARGE, MM } from "./paper.js";
import { step } from "./scale.js";

export const USUAL_GAIN = 10; // millimetres for one mV
const PARTS = 60; // of the recording that are looked at
const PART_SECONDS = 10;
const FITTING = 0.95; // the share of them that must fit
const OWN_UNITS_HEIGHT = 30; // millimetres at the usual gain, for a lead without a voltage
const MOST = { up: 60, down: 40 }; // millimetres
const LEAST = { up: 20, down: 15 };
const LEAST_OF_SEVERAL = { up: 15, down: 10 };

/**
 * @typedef {{name: string, unit: string, rate: number, samples: Float32Array}} Signal
 * @typedef {{isVoltage: boolean, perUnit: number, up: number, down: number}} LaneScale
 *   `perUnit` is millimetres for one unit at the usual gain; `up` and `down` how far the lead goes from its median, in units
 * @typedef {{scale: LaneScale, top: number, zero: number, bottom: number, perUnit: number}} Lane in pixels; `zero` is the median's place
 */

/**
 * @param {Signal} signal
 * @returns {LaneScale}
 */
export function scaleOf({ unit, rate, samples }) {
  const span = Math.min(samples.length, Math.ceil(PART_SECONDS * rate));
  const parts = Math.min(PARTS, Math.ceil(samples.length / span));
  const starts = Array.from({ length: parts }, (_, i) => Math.round((i * (samples.length - span)) / Math.max(1, parts - 1)));
  const sorted = starts.map((start) => measured(samples.subarray(start, start + span))).filter((part) => part.length);
  const up = usual(sorted.map((part) => part[part.length - 1] - middle(part)));
  const down = usual(sorted.map((part) => middle(part) - part[0]));
  const isVoltage = unit === "mV";
  return { isVoltage, up, down, perUnit: isVoltage ? USUAL_GAIN : 1 / step(up + down || 1, OWN_UNITS_HEIGHT) };
}

/**
 * Where a lead is drawn; whole large squares high.
 *
 * @param {LaneScale} scale
 * @param {number} gain millimetres for one mV
 * @param {number} top pixels
 * @param {boolean} isOneOfSeveral
 * @returns {Lane}
 */
export function laneOf(scale, gain, top, isOneOfSeveral) {
  const perUnit = (scale.perUnit * gain) / USUAL_GAIN;
  const least = isOneOfSeveral ? LEAST_OF_SEVERAL : LEAST;
  const squares = (/** @type {number} */ units) => LARGE * Math.ceil((1.05 * units * perUnit) / LARGE);
  const up = Math.min(MOST.up, Math.max(least.up, gain, squares(scale.up))); // the calibration mark has room
  const down = Math.min(MOST.down, Math.max(least.down, squares(scale.down)));
  return { scale, top, zero: top + up * MM, bottom: top + (up + down) * MM, perUnit: perUnit * MM };
}

/**
 * The median of a part of a lead, about which it is drawn; NaN of none.
 *
 * @param {Float32Array} part
 */
export function medianOf(part) {
  const every = Math.ceil(part.length / 2000); // as near as a drawing needs
  return middle(measured(part.filter((_, i) => i % every === 0)));
}

/**
 * What is no gap, in ascending order.
 * @param {Float32Array} part
 */
function measured(part) {
  return part.filter((value) => !Number.isNaN(value)).sort();
}

/** @param {ArrayLike<number>} sorted */
function middle(sorted) {
  return sorted[sorted.length >> 1] ?? NaN;
}

/** @param {number[]} heights */
function usual(heights) {
  const sorted = heights.sort((one, other) => one - other);
  return sorted[Math.ceil(FITTING * (sorted.length - 1))] ?? 0;
}
