/** ECG paper: squares of 1 and 5 mm, wherever what is drawn on it has a scale in millimetres. */

import { drawing } from "../shared/dom.js";

export const MM = 96 / 25.4; // pixels, by CSS; a screen's millimetre is nominal
export const USUAL_GAIN = 10; // millimetres per millivolt, as on most paper
export const LARGE = 5; // millimetres, the side of a large square
export const FINE = 10; // places in a pixel: whole numbers become text some twenty times as fast as others

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box in pixels */

/**
 * The sheet with its squares; a corner of a large square is at `origin`, which may be far outside.
 *
 * @param {Box} box
 * @param {{x: number, y: number}} origin
 * @returns {SVGElement}
 */
export function paper(box, origin) {
  const group = sheet(box);
  for (const [kind, side] of /** @type {[string, number][]} */ ([["minor", MM], ["major", LARGE * MM]])) {
    const across = lattice(origin.x, side, box.left, box.right).map((x) => upright(box, x));
    const along = lattice(origin.y, side, box.top, box.bottom).map((y) => level(box, y));
    group.append(lines(kind, [...across, ...along]));
  }
  return group;
}

/**
 * A sheet with lines at these places alone: the scale is not that of paper.
 *
 * @param {Box} box
 * @param {number[]} across
 * @param {number[]} along
 */
export function grid(box, across, along) {
  const group = sheet(box);
  group.setAttribute("class", "grid");
  group.append(lines("minor", [...across.map((x) => upright(box, x)), ...along.map((y) => level(box, y))]));
  return group;
}

/** @param {Box} box */
function sheet({ left, right, top, bottom }) {
  return drawing("g", { class: "paper" }, drawing("rect", { class: "sheet", x: left, y: top, width: right - left, height: bottom - top }));
}

/**
 * The places from `low` to `high` that are whole steps from the origin.
 *
 * @param {number} origin
 * @param {number} by
 * @param {number} low
 * @param {number} high
 */
function lattice(origin, by, low, high) {
  const [first, last] = [Math.ceil((low - origin) / by - 1e-6), Math.floor((high - origin) / by + 1e-6)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => origin + (first + i) * by);
}

/**
 * @param {Box} box
 * @param {number} x
 */
function upright({ top, bottom }, x) {
  return `M${fine(x)} ${fine(top)}V${fine(bottom)}`;
}

/**
 * @param {Box} box
 * @param {number} y
 */
function level({ left, right }, y) {
  return `M${fine(left)} ${fine(y)}H${fine(right)}`;
}

/** @param {number} pixels */
function fine(pixels) {
  return Math.round(FINE * pixels);
}

/**
 * @param {string} kind
 * @param {string[]} parts of a path, in parts of a pixel
 */
function lines(kind, parts) {
  return drawing("path", { class: kind, d: parts.join(""), transform: `scale(${1 / FINE})` });
}
