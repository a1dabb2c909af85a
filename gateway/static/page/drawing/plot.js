/** What a beat is drawn on: ECG paper where its scale is real, else a plain grid. */

import { drawing } from "../shared/dom.js";
import { LARGE, MM, USUAL_GAIN } from "./paper.js";
import { multiples, scale, step } from "./scale.js";
import { decimal } from "../shared/words.js";

/**
 * @typedef {object} Plot
 * @property {SVGElement} node the grid
 * @property {(at: number) => number} x
 * @property {(value: number) => number} y
 * @property {(x: number) => number} back from a place in the drawing to one along the curve
 * @property {{left: number, right: number, top: number, bottom: number}} edge of the grid
 * @property {number} width
 */

const LARGEST = 6; // times the paper's own size
const USUAL_HEIGHT = 380; // pixels of a usual beat at most
const HIGHEST = 640; // of any other, such as an artefact
const MARGIN = { left: 44, right: 12, top: 26, bottom: 30 };
const PLAIN_HEIGHT = 260;
const NARROW = 480;
/** @typedef {{name: string, written: (at: number) => string}} Along how the places along a curve are written, and their unit */
/** @type {Along} */
const MILLISECONDS = { name: "ms", written: (at) => decimal(at, 0) };
/** @type {Along} */
const NUMBERS = { name: "", written: (at) => decimal(at, 0) };
const LABEL = { width: 44, height: 18 }; // pixels that a number beside an axis needs

/**
 * How many pixels a millimetre of paper has: as many for all beats of a usual size, fewer for one that would not fit.
 *
 * @param {{span: number, low: number, high: number}} usual in ms and mV
 * @param {{span: number, low: number, high: number}} own of the beat to be drawn
 * @param {number} width in pixels
 * @param {number} speed in mm/s
 */
export function millimetreFor(usual, own, width, speed) {
  const across = ((width - MARGIN.left - MARGIN.right) * 1000) / (Math.max(usual.span, own.span) * speed);
  const up = Math.min(USUAL_HEIGHT / (usual.high - usual.low), HIGHEST / (own.high - own.low)) / USUAL_GAIN;
  return Math.min(across, up, LARGEST * MM);
}

/**
 * ECG paper; its small squares are a millimetre wide and high.
 *
 * @param {{from: number, to: number, low: number, high: number}} range in ms and mV
 * @param {number} millimetre in pixels
 * @param {number} speed in mm/s
 * @param {Along} [written]
 * @returns {Plot}
 */
export function paperPlot({ from, to, low, high }, millimetre, speed, written = MILLISECONDS) {
  const [small, smallUp] = [1000 / speed, 1 / USUAL_GAIN];
  const [large, largeUp] = [small * LARGE, smallUp * LARGE];
  const [bottom, top] = [Math.floor(low / largeUp) * largeUp, Math.ceil(high / largeUp) * largeUp];
  const across = ((to - from) * millimetre) / small;
  const plot = spanned([from, to], [bottom, top], across, ((top - bottom) * millimetre) / smallUp);
  plot.node.append(
    lines(plot, "minor", multiples(from, to, small), multiples(bottom, top, smallUp)),
    lines(plot, "major", multiples(from, to, large), multiples(bottom, top, largeUp)),
    ...along(plot, multiples(from, to, large * every(LABEL.width, LARGE * millimetre)), written),
    ...upwards(plot, multiples(bottom, top, largeUp * every(LABEL.height, LARGE * millimetre)), 1),
    text(plot.edge.left - 6, plot.edge.top - 10, "mV", "end"),
  );
  return plot;
}

/**
 * A grid that is no ECG paper.
 *
 * @param {number[]} range of the places
 * @param {number[]} extent of the values
 * @param {number} width in pixels
 * @param {Along} [written]
 * @returns {Plot}
 */
export function plainPlot([from, to], [low, high], width, written = NUMBERS) {
  const room = (high - low) * 0.06;
  const plot = spanned([from, to], [low - room, high + room], width - MARGIN.left - MARGIN.right, PLAIN_HEIGHT);
  const up = step(high - low + 2 * room, 6);
  const [places, values] = [multiples(from, to, step(to - from, width < NARROW ? 6 : 12)), multiples(low - room, high + room, up)];
  plot.node.classList.add("plain");
  plot.node.append(lines(plot, "major", places, values), ...along(plot, places, written), ...upwards(plot, values, up < 1 ? 1 : 0));
  return plot;
}

/**
 * @param {number[]} places
 * @param {number[]} values
 * @param {number} across in pixels
 * @param {number} up in pixels
 * @returns {Plot}
 */
function spanned([from, to], [low, high], across, up) {
  const edge = { left: MARGIN.left, right: MARGIN.left + across, top: MARGIN.top, bottom: MARGIN.top + up };
  const node = drawing("g", { class: "paper" });
  node.append(drawing("rect", { class: "sheet", x: edge.left, y: edge.top, width: across, height: up }));
  return {
    node, edge, width: edge.right + MARGIN.right,
    x: scale(from, to, edge.left, edge.right), y: scale(low, high, edge.bottom, edge.top), back: scale(edge.left, edge.right, from, to),
  };
}

/** How many squares lie from one label to the next. */
function every(/** @type {number} */ room, /** @type {number} */ square) {
  return [1, 2, 5, 10].find((squares) => squares * square >= room) ?? 20;
}

/**
 * @param {Plot} plot
 * @param {string} kind
 * @param {number[]} places
 * @param {number[]} values
 */
function lines({ x, y, edge }, kind, places, values) {
  const down = places.map((at) => `M${x(at).toFixed(1)} ${edge.top}V${edge.bottom}`);
  const across = values.map((value) => `M${edge.left} ${y(value).toFixed(1)}H${edge.right}`);
  return drawing("path", { class: kind, d: [...down, ...across].join("") });
}

/**
 * @param {Plot} plot
 * @param {number[]} places
 * @param {Along} written
 */
function along({ x, edge }, places, { name, written }) {
  const unit = name ? [text(edge.left - 6, edge.bottom + 16, name, "end")] : [];
  const free = name ? edge.left + LABEL.width / 2 - 6 : 0; // the unit takes the position of the first number
  return [...unit, ...places.filter((at) => x(at) >= free).map((at) => text(x(at), edge.bottom + 16, written(at), "middle"))];
}

/**
 * @param {Plot} plot
 * @param {number[]} values
 * @param {number} digits
 */
function upwards({ y, edge }, values, digits) {
  return values.map((value) => text(edge.left - 6, y(value) + 4, decimal(value, digits), "end"));
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {string} anchor
 * @param {string} [kind]
 */
export function text(x, y, words, anchor, kind = "tick") {
  return drawing("text", { class: kind, x, y, "text-anchor": anchor }, words);
}
