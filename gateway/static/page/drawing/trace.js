/** The drawing of one beat: the mean beat in grey, a beat to compare with, the trace, and what each value contributed. */

import { drawing } from "../shared/dom.js";
import { nearest, partOf, pathOf } from "./curve.js";
import { text } from "./plot.js";
import { extent, path, scale } from "./scale.js";

/** @typedef {import("./curve.js").Curve} Curve */
/** @typedef {import("./plot.js").Plot} Plot */

const LANE = { gap: 30, height: 84, room: 16 }; // of the contributions, below the grid
const BELOW = 30; // pixels for the numbers below the grid
const LEAST = 0.08; // of the largest contribution, that is coloured

/**
 * Draw a beat on a grid.
 *
 * @param {{trace: Curve, around?: Curve | null, mean?: Curve | null, pinned?: Curve | null, contributions?: Curve | null, predicted?: string | number}} shown
 * @param {Plot} plot
 * @returns {{node: SVGElement, place: (x: number) => number, point: (index: number) => void}}
 *   `place` gives the index of the trace's point below a place in the drawing, `point` marks one
 */
export function drawTrace({ trace, around, mean, pinned, contributions, predicted }, plot) {
  const { x, y, edge, width } = plot;
  const height = edge.bottom + BELOW + (contributions ? LANE.height : 0);
  const node = drawing("svg", { class: "trace", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const line = (/** @type {string} */ kind, /** @type {Curve} */ curve) => drawing("path", { class: kind, d: pathOf(curve, x, y) });
  node.append(plot.node);
  if (contributions) node.append(lane(contributions, plot, predicted));
  if (around) node.append(line("around", around));
  if (mean) node.append(line("baseline", mean));
  if (pinned) node.append(line("pinned", pinned));
  node.append(line("line", trace));
  if (contributions) node.append(coloured(trace, contributions, plot));
  const mark = drawing("g", { class: "mark", visibility: "hidden" });
  const down = drawing("line", { y1: edge.top, y2: contributions ? height : edge.bottom });
  const dot = drawing("circle", { r: 4.5 });
  mark.append(down, dot);
  node.append(mark);
  const point = (/** @type {number} */ index) => {
    const across = String(x(trace.at[index]));
    for (const end of ["x1", "x2"]) down.setAttribute(end, across);
    dot.setAttribute("cx", across);
    dot.setAttribute("cy", String(y(trace.values[index])));
    mark.setAttribute("visibility", "visible");
  };
  return { node, place: (across) => nearest(trace.at, plot.back(across)), point };
}

/**
 * Bars below the trace: up for the predicted class, down against it.
 *
 * @param {Curve} contributions
 * @param {Plot} plot
 * @param {string | number} [predicted]
 */
function lane({ at, values }, { x, edge }, predicted) {
  const middle = edge.bottom + LANE.gap + LANE.height / 2;
  const half = LANE.height / 2;
  const most = greatest(values);
  const y = scale(-most, most, middle + half - LANE.room, middle - half + LANE.room);
  const bar = Math.max(1, (x(at[at.length - 1]) - x(at[0])) / at.length - 0.8);
  const group = drawing("g", { class: "lane" });
  Array.from(values, (value, index) => {
    const [top, bottom] = value > 0 ? [y(value), middle] : [middle, y(value)];
    const kind = value > 0 ? "for" : "against";
    group.append(drawing("rect", { class: kind, x: x(at[index]) - bar / 2, y: top, width: bar, height: Math.max(0.3, bottom - top) }));
  });
  group.append(drawing("line", { class: "axis", x1: edge.left, x2: edge.right, y1: middle, y2: middle }));
  group.append(text(edge.left, middle - half + 11, `▲ supports class ${predicted}`, "start", "note"));
  group.append(text(edge.left, middle + half - 4, `▼ opposes class ${predicted}`, "start", "note"));
  return group;
}

/**
 * The trace again where it decided: the wider, the more.
 *
 * @param {Curve} trace
 * @param {Curve} contributions
 * @param {Plot} plot
 */
function coloured(trace, { at, values }, { x, y }) {
  const most = greatest(values);
  const group = drawing("g", { class: "coloured" });
  Array.from(values, (value, index) => {
    const weight = Math.abs(value) / most;
    if (weight < LEAST) return;
    const [before, after] = [index - 1, index + 1].map((other) => (at[index] + (at[other] ?? at[index])) / 2);
    const kind = value > 0 ? "for" : "against";
    group.append(drawing("path", { class: kind, d: partOf(trace, before, after, x, y), "stroke-width": (2 + 6 * weight).toFixed(1) }));
  });
  return group;
}

/** @param {ArrayLike<number>} values */
function greatest(values) {
  return Math.max(...Array.from(values, Math.abs)) || 1;
}

/**
 * A small trace without axes, for lists.
 *
 * @param {Float32Array | Float64Array | number[]} features
 * @param {number} width
 * @param {number} height
 */
export function sparkline(features, width, height) {
  const x = scale(0, features.length - 1, 1, width - 1);
  const y = scale(...extent(features), height - 2, 2);
  const node = drawing("svg", { class: "sparkline", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  node.append(drawing("path", { d: path(features, x, y) }));
  return node;
}
