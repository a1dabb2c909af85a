/** The drawing of a rhythm: the RR intervals over the whole recording, and lanes of what is where below. */

import { drawing } from "../shared/dom.js";
import { clock, count } from "../shared/words.js";
import { extent, multiples, scale, step } from "./scale.js";

const EDGE = { left: 64, right: 40, top: 22, bottom: 22 };
const PLOT = 130; // pixels high
const LANE = 17;
const TICK = 72; // pixels from one time to the next, at least
const TIMES = [0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 86400]; // seconds
const LEAST = 0.4; // seconds that the axis of RR intervals spans
const SHORT = 6; // characters of a lane's name

/**
 * @typedef {object} Lane
 * @property {string} shape its character
 * @property {string} name
 * @property {string} colour CSS class
 * @property {number[]} seconds moments in order
 * @property {number[]} [until] where each lasts until a later moment
 */

/**
 * Draw a rhythm `width` pixels wide. However many beats there are, the drawing has a few points per pixel column.
 *
 * @param {{line: string, intervals: Float64Array, lanes: Lane[], length: number}} rhythm in seconds; `line` is that of
 *   lineAcross for the same intervals, length and width
 * @param {number} width
 * @returns {{node: Element, moment: (x: number) => number, mark: (seconds: number, seen: {start: number, end: number} | null) => void}}
 *   `moment` tells the seconds at a place of the drawing, `mark` draws a line at a moment and a frame about what is seen elsewhere
 */
export function drawTachogram({ line: d, intervals, lanes, length }, width) {
  const bottom = EDGE.top + PLOT + lanes.length * LANE;
  const height = bottom + EDGE.bottom;
  const right = width - EDGE.right;
  const x = across(length, width);
  const [low, high] = rangeOf(intervals);
  const y = upOf(low, high);
  const node = drawing("svg", { class: "tachogram", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  node.append(axes(x, y, { low, high, length, right, bottom }));
  node.append(drawing("path", { class: "rr-line", d }));
  lanes.forEach((lane, place) => node.append(...laneOf(lane, x, EDGE.top + PLOT + (place + 0.5) * LANE)));
  const line = drawing("line", { class: "here", y1: EDGE.top, y2: bottom, visibility: "hidden" });
  const frame = drawing("rect", { class: "seen", y: EDGE.top, height: bottom - EDGE.top, visibility: "hidden" });
  node.append(frame, line);
  return {
    node,
    moment: (at) => Math.max(0, Math.min(length, ((at - EDGE.left) / (right - EDGE.left)) * length)),
    mark: (seconds, seen) => {
      if (seen) {
        frame.setAttribute("x", String(x(seen.start)));
        frame.setAttribute("width", String(Math.max(2, x(seen.end) - x(seen.start))));
        frame.setAttribute("visibility", "visible");
      }
      for (const end of ["x1", "x2"]) line.setAttribute(end, String(x(seconds)));
      line.setAttribute("visibility", "visible");
    },
  };
}

/**
 * @param {number} length of the recording in seconds
 * @param {number} width of the drawing in pixels
 * @returns {(seconds: number) => number} the place of a moment in the drawing
 */
export function across(length, width) {
  return scale(0, length, EDGE.left, width - EDGE.right);
}

/**
 * The line of the RR intervals in a drawing.
 *
 * @param {{times: Float64Array, intervals: Float64Array, length: number}} rhythm in seconds; `intervals` are the RR
 *   intervals before `times`, NaN where none is counted
 * @param {number} width
 */
export function lineAcross({ times, intervals, length }, width) {
  return lineOf(times, intervals, across(length, width), upOf(...rangeOf(intervals)));
}

/**
 * @param {number} low
 * @param {number} high
 * @returns {(seconds: number) => number} the place of an RR interval in the drawing
 */
function upOf(low, high) {
  return scale(low, high, EDGE.top + PLOT, EDGE.top);
}

/**
 * @param {Float64Array} intervals
 * @returns {[number, number]} what the axis goes from and to
 */
function rangeOf(intervals) {
  const [shortest, longest] = extent(intervals);
  const room = Math.max(0.05 * (longest - shortest), (LEAST - (longest - shortest)) / 2);
  return [Math.max(0, shortest - room), longest + room];
}

/**
 * The line through the RR intervals: of each pixel column its first, least, greatest and last one. It is broken where there
 * is none.
 *
 * @param {Float64Array} times
 * @param {Float64Array} intervals
 * @param {(seconds: number) => number} x
 * @param {(seconds: number) => number} y
 * @returns {string}
 */
export function lineOf(times, intervals, x, y) {
  let [d, pen, column] = ["", "M", NaN];
  let [first, least, most, last, at] = [0, 0, 0, 0, 0];
  const flush = () => {
    if (Number.isNaN(column)) return;
    const turns = least < most ? [least, most] : [];
    d += `${pen}${at.toFixed(1)} ${y(first).toFixed(1)}${[...turns, last].map((value) => `V${y(value).toFixed(1)}`).join("")}`;
    pen = "L";
  };
  let isBroken = true;
  for (let place = 0; place < times.length; place += 1) {
    const value = intervals[place];
    if (Number.isNaN(value)) {
      isBroken = true;
      continue;
    }
    const left = x(times[place]);
    if (Math.floor(left) === column) {
      [least, most, last] = [Math.min(least, value), Math.max(most, value), value];
    } else {
      flush();
      if (isBroken) pen = "M";
      [column, at, first, least, most, last] = [Math.floor(left), left, value, value, value, value];
    }
    isBroken = false;
  }
  flush();
  return d;
}

/**
 * @param {Lane} lane
 * @param {(seconds: number) => number} x
 * @param {number} middle
 * @returns {Element[]}
 */
function laneOf({ shape, name, colour, seconds, until }, x, middle) {
  const label = drawing("text", { class: `lane-name ${colour}`, x: EDGE.left - 6, y: middle + 4, "text-anchor": "end" });
  label.append(drawing("tspan", { class: "lane-shape" }, shape), ` ${name.length > SHORT ? `${name.slice(0, SHORT - 1)}…` : name}`);
  return [label, drawing("path", { class: `lane-marks ${colour}`, d: runsOf(x, seconds, until).map(([from, to]) => `M${from} ${middle}H${to + 1}`).join("") })];
}

/**
 * The pixel columns in which something is, as runs from and to.
 *
 * @param {(seconds: number) => number} x
 * @param {number[]} seconds in order
 * @param {number[]} [until]
 * @returns {number[][]}
 */
export function runsOf(x, seconds, until = seconds) {
  /** @type {number[][]} */
  const runs = [];
  let end = -Infinity; // of the last run
  for (let place = 0; place < seconds.length; place += 1) {
    const [from, to] = [Math.floor(x(seconds[place])), Math.floor(x(until[place]))];
    if (from > end + 1) runs.push([from, to]);
    else if (to > end) runs[runs.length - 1][1] = to;
    end = Math.max(end, to);
  }
  return runs;
}

/**
 * @param {(seconds: number) => number} x
 * @param {(seconds: number) => number} y
 * @param {{low: number, high: number, length: number, right: number, bottom: number}} frame
 * @returns {Element}
 */
function axes(x, y, { low, high, length, right, bottom }) {
  const group = drawing("g", { class: "axes" });
  group.append(drawing("rect", { class: "sheet", x: EDGE.left, y: EDGE.top, width: right - EDGE.left, height: PLOT }));
  group.append(text(EDGE.left - 6, 12, "RR, ms", "end"), text(right + 6, 12, "bpm", "start"));
  for (const seconds of multiples(low, high, step(high - low, 6))) {
    if (!seconds) continue;
    group.append(drawing("path", { class: "major", d: `M${EDGE.left} ${y(seconds).toFixed(1)}H${right}` }));
    group.append(text(EDGE.left - 6, y(seconds) + 4, count(Math.round(1000 * seconds)), "end"));
    group.append(text(right + 6, y(seconds) + 4, count(Math.round(60 / seconds)), "start"));
  }
  const by = TIMES.find((each) => x(each) - x(0) >= TICK) ?? length;
  for (const moment of multiples(0, length, by)) {
    group.append(drawing("path", { class: "major", d: `M${x(moment).toFixed(1)} ${EDGE.top}V${bottom}` }));
    group.append(text(x(moment), bottom + 16, clock(moment).replace(/\.0$/, ""), "middle"));
  }
  return group;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {string} anchor
 * @returns {Element}
 */
function text(x, y, words, anchor) {
  return drawing("text", { class: "tick", x, y, "text-anchor": anchor }, words);
}
