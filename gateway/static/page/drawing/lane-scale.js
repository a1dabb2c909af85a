/** How large a lead is drawn: chosen once for a recording, so that the same wave has the same height in all its parts. */

import { LARGE, MM, USUAL_GAIN } from "./paper.js";
import { step } from "./scale.js";

const OWN_UNITS_HEIGHT = 30; // millimetres at the usual gain, for a lead without a voltage
const MOST = { up: 60, down: 40 }; // millimetres
const LEAST = { up: 20, down: 15 };
const LEAST_OF_SEVERAL = { up: 15, down: 10 };
const SAMPLES_OF_A_MEDIAN = 600; // as near as a drawing needs

/**
 * @typedef {{name: string, unit: string, rate: number, samples: Float32Array, extent: import("../../recording/extent.js").Extent}} Signal
 * @typedef {{isVoltage: boolean, perUnit: number, up: number, down: number}} LaneScale
 *   `perUnit` is millimetres for one unit at the usual gain; `up` and `down` how far the lead goes from its median, in units
 * @typedef {{scale: LaneScale, top: number, zero: number, bottom: number, perUnit: number}} Lane in pixels; `zero` is the median's place
 */

/**
 * @param {Signal} signal
 * @returns {LaneScale}
 */
export function scaleOf({ unit, extent: { up, down } }) {
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
 * @param {number} first its place in the lead, so that mostly the same samples are used if it moves a little
 */
export function medianOf(part, first) {
  const every = Math.ceil(part.length / SAMPLES_OF_A_MEDIAN) || 1;
  const some = new Float32Array(Math.ceil(part.length / every));
  let found = 0;
  for (let place = (every - (first % every)) % every; place < part.length; place += every) {
    if (!Number.isNaN(part[place])) some[found++] = part[place];
  }
  return some.subarray(0, found).sort()[found >> 1] ?? NaN;
}
