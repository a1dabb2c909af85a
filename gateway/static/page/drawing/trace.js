/** The drawing of one beat: ECG paper, the mean beat in grey, the trace, and what each value contributed. */

import { drawing } from "../shared/dom.js";
import { extent, multiples, path, scale, step } from "./scale.js";
import { decimal } from "../shared/words.js";

const EDGE = { left: 44, right: 12, top: 12, bottom: 30 };
const PLOT = 260; // pixels high
const LANE = 84; // of the contributions, below
const NARROW = 480;

/**
 * Draw a beat `width` pixels wide.
 *
 * @param {{features: ArrayLike<number>, baseline: number[]?, attributions: number[]?, predicted: string?}} shown
 * @returns {{node: SVGElement, place: (x: number) => number, point: (index: number) => void}}
 *   `place` gives the value's index below a place in the drawing, `point` marks one
 */
export function drawTrace({ features, baseline, attributions, predicted }, width) {
  const height = EDGE.top + PLOT + EDGE.bottom + (attributions ? LANE : 0);
  const x = scale(0, features.length - 1, EDGE.left, width - EDGE.right);
  const [low, high] = extent(features, baseline ?? []);
  const room = (high - low) * 0.06;
  const y = scale(low - room, high + room, EDGE.top + PLOT, EDGE.top);
  const node = drawing("svg", { class: "trace", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  node.append(paper(x, y, width, [low - room, high + room], features.length));
  if (attributions) node.append(lane(attributions, x, width, predicted));
  if (baseline) node.append(drawing("path", { class: "baseline", d: path(baseline, x, y) }));
  node.append(drawing("path", { class: "line", d: path(features, x, y) }));
  if (attributions) node.append(coloured(features, attributions, x, y));
  const mark = drawing("g", { class: "mark", visibility: "hidden" });
  const line = drawing("line", { y1: EDGE.top, y2: height - (attributions ? 0 : EDGE.bottom) });
  const dot = drawing("circle", { r: 4.5 });
  mark.append(line, dot);
  node.append(mark);
  const point = (index) => {
    for (const end of ["x1", "x2"]) line.setAttribute(end, x(index));
    dot.setAttribute("cx", x(index));
    dot.setAttribute("cy", y(features[index]));
    mark.setAttribute("visibility", "visible");
  };
  const per = (width - EDGE.left - EDGE.right) / (features.length - 1 || 1);
  const place = (at) => Math.max(0, Math.min(features.length - 1, Math.round((at - EDGE.left) / per)));
  return { node, place, point };
}

function paper(x, y, width, [low, high], length) {
  const [top, bottom, left, right] = [EDGE.top, EDGE.top + PLOT, EDGE.left, width - EDGE.right];
  const across = step(length - 1, width < NARROW ? 6 : 12);
  const up = step(high - low, 6);
  const group = drawing("g", { class: "paper" });
  group.append(drawing("rect", { class: "sheet", x: left, y: top, width: right - left, height: bottom - top }));
  const lines = (kind, places, line) => {
    group.append(drawing("path", { class: kind, d: places.map(line).join("") }));
  };
  const vertical = (value) => `M${x(value).toFixed(1)} ${top}V${bottom}`;
  const horizontal = (value) => `M${left} ${y(value).toFixed(1)}H${right}`;
  lines("minor", multiples(0, length - 1, across / 5), vertical);
  lines("minor", multiples(low, high, up / 5), horizontal);
  lines("major", multiples(0, length - 1, across), vertical);
  lines("major", multiples(low, high, up), horizontal);
  const digits = up < 1 ? 1 : 0;
  for (const value of multiples(low, high, up)) {
    group.append(text(left - 6, y(value) + 4, decimal(value, digits), "end"));
  }
  for (const value of multiples(0, length - 1, across)) group.append(text(x(value), bottom + 16, String(value), "middle"));
  return group;
}

function text(x, y, words, anchor, kind = "tick") {
  return drawing("text", { class: kind, x, y, "text-anchor": anchor }, words);
}

/** Bars below the trace: up for the predicted class, down against it. */
function lane(attributions, x, width, predicted) {
  const middle = EDGE.top + PLOT + EDGE.bottom + LANE / 2;
  const most = Math.max(...attributions.map(Math.abs)) || 1;
  const y = scale(-most, most, middle + LANE / 2 - 16, middle - LANE / 2 + 16);
  const bar = Math.max(1, (width - EDGE.left - EDGE.right) / attributions.length - 0.8);
  const group = drawing("g", { class: "lane" });
  attributions.forEach((value, index) => {
    const [top, bottom] = value > 0 ? [y(value), middle] : [middle, y(value)];
    const kind = value > 0 ? "for" : "against";
    group.append(drawing("rect", { class: kind, x: x(index) - bar / 2, y: top, width: bar, height: Math.max(0.3, bottom - top) }));
  });
  group.append(drawing("line", { class: "axis", x1: EDGE.left, x2: width - EDGE.right, y1: middle, y2: middle }));
  group.append(text(EDGE.left, middle - LANE / 2 + 11, `▲ speaks for class ${predicted}`, "start", "note"));
  group.append(text(EDGE.left, middle + LANE / 2 - 4, `▼ speaks against class ${predicted}`, "start", "note"));
  return group;
}

/** The trace again where it decided: the wider, the more. */
function coloured(features, attributions, x, y) {
  const most = Math.max(...attributions.map(Math.abs)) || 1;
  const group = drawing("g", { class: "coloured" });
  attributions.forEach((value, index) => {
    const weight = Math.abs(value) / most;
    if (weight < 0.08) return;
    const from = Math.max(0, index - 0.5);
    const to = Math.min(features.length - 1, index + 0.5);
    const at = (place) => {
      const whole = Math.floor(place);
      const rest = place - whole;
      return rest ? features[whole] * (1 - rest) + features[whole + 1] * rest : features[whole];
    };
    const points = [...new Set([from, index, to])].map((place) => `${x(place).toFixed(1)} ${y(at(place)).toFixed(1)}`);
    const kind = value > 0 ? "for" : "against";
    group.append(drawing("path", { class: kind, d: `M${points.join("L")}`, "stroke-width": (2 + 6 * weight).toFixed(1) }));
  });
  return group;
}

/** A small trace without axes, for lists. */
export function sparkline(features, width, height) {
  const x = scale(0, features.length - 1, 1, width - 1);
  const y = scale(...extent(features), height - 2, 2);
  const node = drawing("svg", { class: "sparkline", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  node.append(drawing("path", { d: path(features, x, y) }));
  return node;
}
