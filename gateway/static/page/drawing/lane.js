/** The drawing of one lead in a strip: its line, its axis, and the mark of 1 mV. */

import { drawing } from "../shared/dom.js";
import { decimal } from "../shared/words.js";
import { medianOf } from "./lane-scale.js";
import { FINE, MM } from "./paper.js";
import { multiples, step } from "./scale.js";

const DENSE = 6; // samples a pixel, from which only the least and the greatest of each pixel are drawn
const TICK = 26; // pixels from one number of the axis to the next, at least
const EDGE = 4; // pixels of a lane without numbers, which would run into the next one's
const PULSE = 5; // millimetres wide
const ROUND_OFF = 0.5; // pixels by which a line may leave its lane without a note

/**
 * @typedef {import("./lane-scale.js").Lane} Lane
 * @typedef {import("./lane-scale.js").Signal} Signal
 * @typedef {{node: SVGElement, isClipped: boolean}} Drawn
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
  const level = medianOf(part, first);
  const kept = thinned(part, rate / perSecond);
  const { line, over } = outline(part, kept, (place) => x((first + place) / rate), (value) => lane.zero - (value - level) * lane.perUnit, lane);
  const node = drawing("g", { class: "lane-line", transform: `scale(${1 / FINE})` }, drawing("path", { class: "line", d: line }));
  if (over) node.append(drawing("path", { class: "clipped", d: over }));
  return { node, isClipped: over !== "" };
}

/**
 * The path through some values, broken by gaps, and the marks where it leaves its lane; in parts of a pixel.
 *
 * @param {Float32Array} part
 * @param {ArrayLike<number>} kept places
 * @param {(place: number) => number} x
 * @param {(value: number) => number} y
 * @param {Lane} lane
 */
function outline(part, kept, x, y, { top, bottom }) {
  let [line, over, pen] = ["", "", "M"];
  for (let i = 0; i < kept.length; i += 1) {
    const value = part[kept[i]];
    if (Number.isNaN(value)) {
      pen = "M";
      continue;
    }
    const [left, free] = [Math.round(FINE * x(kept[i])), y(value)];
    const inside = Math.round(FINE * Math.max(top, Math.min(bottom, free)));
    line += `${pen}${left} ${inside}`;
    pen = "L";
    if (free < top - ROUND_OFF || free > bottom + ROUND_OFF) over += `M${left - 2 * FINE} ${inside}h${4 * FINE}`;
  }
  return { line, over };
}

/**
 * Which samples are drawn: all, or those that a line of so many samples a pixel cannot do without.
 *
 * @param {Float32Array} part
 * @param {number} perPixel samples
 * @returns {Int32Array} places
 */
function thinned(part, perPixel) {
  if (perPixel < DENSE) return Int32Array.from({ length: part.length }, (_, place) => place);
  const each = Math.floor(perPixel);
  const kept = new Int32Array(2 * Math.ceil(part.length / each));
  for (let start = 0, next = 0; start < part.length; start += each) {
    const end = Math.min(part.length, start + each);
    let [low, high] = [start, start];
    for (let place = start; place < end; place += 1) {
      if (part[place] < part[low] || Number.isNaN(part[low])) low = place;
      if (part[place] > part[high] || Number.isNaN(part[high])) high = place;
    }
    kept[next++] = Math.min(low, high);
    kept[next++] = Math.max(low, high);
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
