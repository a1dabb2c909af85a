/** The drawing of one lead in a strip: its line, its axis, and the mark of 1 mV. */

import { drawing } from "../shared/dom.js";
import { decimal } from "../shared/words.js";
import { medianOf } from "./lane-scale.js";
import { MM } from "./paper.js";
import { multiples, path, step } from "./scale.js";

const DENSE = 6; // samples a pixel, from which only the least and the greatest of each pixel are drawn
const TICK = 26; // pixels from one number of the axis to the next, at least
const EDGE = 4; // pixels of a lane without numbers, which would run into the next one's
const PULSE = 5; // millimetres wide
const ROUND_OFF = 0.5; // pixels by which a line may leave its lane before that is said

/**
 * @typedef {import("./lane-scale.js").Lane} Lane
 * @typedef {import("./lane-scale.js").Signal} Signal
 * @typedef {{node: SVGElement, isClipped: boolean, level: number}} Drawn `level` is the value at the lane's zero
 */

/**
 * Draw what a lead has from one second to another.
 *
 * @param {Signal} signal
 * @param {Lane} lane
 * @param {{x: (seconds: number) => number, from: number, to: number, perSecond: number}} time
 * @returns {Drawn}
 */
export function drawLane({ rate, samples }, lane, { x, from, to, perSecond }) {
  const first = Math.max(0, Math.floor(from * rate));
  const part = samples.subarray(first, Math.max(first, Math.ceil(to * rate) + 1));
  const level = medianOf(part);
  const kept = thinned(part, rate / perSecond);
  const free = (/** @type {number} */ value) => lane.zero - (value - level) * lane.perUnit;
  const y = (/** @type {number} */ value) => Math.max(lane.top, Math.min(lane.bottom, free(value)));
  const at = (/** @type {number} */ place) => x((first + kept[place]) / rate);
  const values = kept.map((index) => part[index]);
  const node = drawing("g", { class: "lane-line" }, drawing("path", { class: "line", d: path(values, at, y) }));
  const over = values.map((value) => Math.abs(free(value) - y(value)) > ROUND_OFF);
  const marks = over.map((is, place) => (is ? `M${(at(place) - 2).toFixed(1)} ${y(values[place]).toFixed(1)}h4` : "")).join("");
  if (marks) node.append(drawing("path", { class: "clipped", d: marks }));
  return { node, isClipped: marks !== "", level };
}

/**
 * Which samples are drawn: all, or those that a line of so many samples a pixel cannot do without.
 *
 * @param {Float32Array} part
 * @param {number} perPixel samples
 * @returns {number[]}
 */
function thinned(part, perPixel) {
  if (perPixel < DENSE) return Array.from(part.keys());
  const kept = [];
  for (let start = 0; start < part.length; start += Math.floor(perPixel)) {
    const end = Math.min(part.length, start + Math.floor(perPixel));
    let [low, high] = [start, start];
    for (let index = start; index < end; index += 1) {
      if (part[index] < part[low] || Number.isNaN(part[low])) low = index;
      if (part[index] > part[high] || Number.isNaN(part[high])) high = index;
    }
    kept.push(Math.min(low, high), Math.max(low, high));
  }
  return kept;
}

/**
 * The values at the round steps of a lane, in units from its median, with their places.
 *
 * @param {Lane} lane
 * @returns {{value: number, y: number, words: string}[]}
 */
export function ticksOf({ top, zero, bottom, perUnit }) {
  const [low, high] = [(zero - bottom) / perUnit, (zero - top) / perUnit];
  const by = step(high - low, (bottom - top) / TICK);
  const digits = Math.max(0, -Math.floor(Math.log10(by) + 1e-9));
  return multiples(low, high, by).map((value) => ({ value, y: zero - value * perUnit, words: decimal(value || 0, digits) }));
}

/**
 * The numbers beside a lane.
 *
 * @param {Lane} lane
 * @param {number} right where they end
 */
export function laneAxis(lane, right) {
  const inside = ticksOf(lane).filter(({ y }) => y > lane.top + EDGE && y < lane.bottom - EDGE / 2);
  return inside.map(({ y, words }) => drawing("text", { class: "tick", x: right, y: y + 4, "text-anchor": "end" }, words));
}

/**
 * The calibration mark: how high 1 mV is.
 *
 * @param {Lane} lane of a voltage
 * @param {number} left
 */
export function calibration(lane, left) {
  const [edge, width] = [MM, PULSE * MM];
  return drawing("path", { class: "calibration", d: `M${left} ${lane.zero}h${edge}v${-lane.perUnit}h${width - 2 * edge}v${lane.perUnit}h${edge}` });
}
