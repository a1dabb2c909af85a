/** The drawing of a strip: paper or a grid, the leads one below another on one axis of time, and the annotations above. */

import { drawing } from "../shared/dom.js";
import { clock } from "../shared/words.js";
import { calibration, drawLane, laneAxis, ticksOf } from "./lane.js";
import { laneOf, scaleOf } from "./lane-scale.js";
import { grid, paper } from "./paper.js";
import { multiples, step } from "./scale.js";

export const EDGE = { left: 60, right: 8, top: 30, bottom: 22 };
const BETWEEN = 6; // pixels from one lead to the next
const ROW = 16; // pixels, of annotations
const NUMBERS = 26; // pixels wide, beside which the calibration mark is
const TICK = 64; // pixels from one time of the axis to the next, at least
const HALF_TICK = 18;

/**
 * @typedef {import("./lane.js").Lane} Lane
 * @typedef {import("./lane.js").Signal} Signal
 * @typedef {import("../opening/labels.js").Annotation} Annotation
 * @typedef {{x: (seconds: number) => number, from: number, to: number, perSecond: number}} Time
 * @typedef {{signal: Signal, lane: Lane, isCut: boolean}} Shown `isCut`: beats are cut from this lead
 */

/**
 * The leads one below another, each with its room, below the rows of annotations.
 *
 * @param {{signal: Signal, isCut: boolean}[]} leads
 * @param {number} gain millimetres for one mV
 * @param {Annotation[]} annotations
 * @returns {Shown[]}
 */
export function lanesOf(leads, gain, annotations) {
  let top = EDGE.top + rowsOf(annotations) * ROW;
  return leads.map(({ signal, isCut }) => {
    const lane = laneOf(scaleOf(signal), gain, top, leads.length > 1);
    top = lane.bottom + BETWEEN;
    return { signal, isCut, lane };
  });
}

/**
 * @param {Shown[]} shown
 * @param {Time} time
 * @param {number} width
 * @param {Annotation[]} annotations
 * @param {SVGElement[]} spans of the beats, below the lines
 * @returns {{node: SVGElement, isClipped: boolean, bottom: number}}
 */
export function drawStrip(shown, time, width, annotations, spans) {
  const { bottom } = shown[shown.length - 1].lane;
  const height = bottom + EDGE.bottom;
  const node = drawing("svg", { class: "strip", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const drawn = shown.map(({ signal, lane }) => drawLane(signal, lane, time));
  node.append(...shown.map(({ lane }) => ground(lane, time, width)), ...timeAxis(time, width, bottom), ...spans);
  node.append(...shown.flatMap((each) => beside(each, shown.length > 1)), ...drawn.map((lane) => lane.node));
  node.append(...symbols(annotations, time, width));
  return { node, isClipped: drawn.some(({ isClipped }) => isClipped), bottom };
}

/**
 * @param {Lane} lane
 * @param {Time} time
 * @param {number} width
 */
function ground(lane, { x, from, to, perSecond }, width) {
  const box = { left: EDGE.left, right: width - EDGE.right, top: lane.top, bottom: lane.bottom };
  if (lane.scale.isVoltage) return paper({ ...box, left: NUMBERS + 2 }, { x: x(0), y: lane.zero });
  return grid(box, multiples(from, to, timeStep(perSecond)).map(x), ticksOf(lane).map(({ y }) => y));
}

/**
 * The label of a lane: its scale and its name.
 *
 * @param {Shown} shown
 * @param {boolean} isOneOfSeveral
 */
function beside({ signal, lane, isCut }, isOneOfSeveral) {
  const { isVoltage } = lane.scale;
  const words = `${signal.name}, ${signal.unit || "own units"}${isOneOfSeveral && isCut ? " (cut into beats)" : ""}`;
  const name = drawing("text", { class: "lead-name", x: EDGE.left + 4, y: lane.top + 13 }, words);
  const axis = laneAxis(lane, isVoltage ? NUMBERS : EDGE.left - 4);
  return isVoltage ? [...axis, calibration(lane, NUMBERS + 8), name] : [...axis, name];
}

/** @param {number} perSecond */
function timeStep(perSecond) {
  return step(TICK, perSecond);
}

/**
 * @param {Time} time
 * @param {number} width
 * @param {number} bottom
 */
function timeAxis({ x, from, to, perSecond }, width, bottom) {
  const whole = multiples(from, to, timeStep(perSecond)).filter((seconds) => x(seconds) < width - EDGE.right - HALF_TICK);
  return whole.map((seconds) => drawing("text", { class: "tick", x: x(seconds), y: bottom + 15, "text-anchor": "middle" }, clock(seconds).replace(/\.0$/, "")));
}

/**
 * Beats' symbols in one row, and what else is annotated in another, with its text.
 *
 * @param {Annotation[]} annotations
 * @param {Time} time
 * @param {number} width
 */
function symbols(annotations, { x, from, to }, width) {
  const rows = rowsOf(annotations);
  const inside = annotations.filter(({ seconds }) => seconds >= from && seconds <= to && x(seconds) < width - EDGE.right);
  return inside.map(({ seconds, words, isBeat }) => {
    const y = EDGE.top + ROW * (isBeat ? rows : 1) - 4;
    const place = { x: x(seconds), y, "text-anchor": words.length > 1 ? "start" : "middle" };
    return drawing("text", { class: isBeat ? "symbol" : "symbol other", ...place }, words);
  });
}

/** @param {Annotation[]} annotations */
function rowsOf(annotations) {
  return annotations.length ? 1 + Number(annotations.some(({ isBeat }) => !isBeat)) : 0;
}
