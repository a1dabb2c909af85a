/** A part of a recording for a printed sheet, in the paper's own size. */

import { drawing } from "../shared/dom.js";
import { pathOf } from "./curve.js";
import { MM } from "./paper.js";
import { paperPlot, plainPlot, text } from "./plot.js";
import { extent } from "./scale.js";
import { clock } from "../shared/words.js";

const SPEED = 25; // mm/s
const MARGIN = 56; // pixels beside the paper
const MARKS = 14; // pixels from the top, where the classes are written
const HIGHEST = 2.5; // mV up or down, as more leaves no room on the sheet
const SECONDS = { name: "", written: (/** @type {number} */ at) => clock(at / 1000) };

/**
 * Draw the seconds around a moment: on paper where the unit is mV, else on a plain grid.
 *
 * @param {{samples: Float32Array, rate: number, unit: string}} recording
 * @param {number} moment in seconds
 * @param {{peak: number, chosen: boolean, mark: string}[]} peaks
 * @param {number} width in pixels
 * @returns {{node: SVGElement, from: number, to: number}} the seconds that are seen
 */
export function drawSheetStrip({ samples, rate, unit }, moment, peaks, width) {
  const length = samples.length / rate;
  const seconds = Math.min(length, (width - MARGIN) / MM / SPEED);
  const from = Math.max(0, Math.min(length - seconds, moment - seconds / 2));
  const first = Math.ceil(from * rate);
  const part = samples.slice(first, Math.floor((from + seconds) * rate) + 1);
  const present = part.filter((value) => !Number.isNaN(value)).sort();
  const middle = present[present.length >> 1] ?? 0;
  const curve = { at: Array.from(part, (_, place) => ((first + place) * 1000) / rate), values: part.map((value) => value - middle) };
  const [low, high] = extent(present.map((value) => value - middle));
  const range = { from: 1000 * from, to: 1000 * (from + seconds), low: Math.max(low, -HIGHEST), high: Math.min(high, HIGHEST) };
  const plot = unit === "mV" ? paperPlot(range, MM, SPEED, SECONDS) : plainPlot([range.from, range.to], [low, high], width, SECONDS);
  return { node: drawn(curve, plot, peaks.map(({ peak, ...one }) => ({ at: (1000 * peak) / rate, ...one }))), from, to: from + seconds };
}

/**
 * @param {import("./curve.js").Curve} curve
 * @param {import("./plot.js").Plot} plot
 * @param {{at: number, chosen: boolean, mark: string}[]} peaks
 */
function drawn(curve, { node: grid, x, y, edge, width }, peaks) {
  const size = { width, height: edge.bottom + 24 };
  const node = drawing("svg", { class: "sheet-strip", ...size, viewBox: `0 0 ${width} ${size.height}` });
  // what is higher than the paper is cut off at its edge
  const [across, up] = [edge.right - edge.left, edge.bottom - edge.top];
  const paper = drawing("svg", { x: edge.left, y: edge.top, width: across, height: up, viewBox: `${edge.left} ${edge.top} ${across} ${up}` });
  paper.append(drawing("path", { class: "line", d: pathOf(curve, x, y) }));
  const seen = peaks.filter(({ at }) => x(at) >= edge.left && x(at) <= edge.right);
  node.append(grid, paper, ...seen.map(({ at, chosen, mark }) => text(x(at), MARKS, mark, "middle", chosen ? "peak-mark chosen" : "peak-mark")));
  return node;
}
