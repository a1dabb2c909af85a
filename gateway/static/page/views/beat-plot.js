/** The grid of a beat's plot, and the text about its scale. */

import { fill, found } from "../shared/dom.js";
import { curvesOf, scaleOf } from "../beats/beat-scale.js";
import { usualOf } from "../beats/usual.js";
import { MM, USUAL_GAIN } from "../drawing/paper.js";
import { millimetreFor, paperPlot, plainPlot } from "../drawing/plot.js";
import { extent } from "../drawing/scale.js";
import { decimal } from "../shared/words.js";

/** @import { Curves } from "../beats/beat-scale.js" */
/** @import { Shown } from "./beat-view.js" */

/**
 * The grid below the curves, with a text about its scale.
 *
 * @param {Shown} shown
 * @param {Curves} curves
 * @param {Curves | null} pinned
 * @param {number} width in pixels
 */
export function plotOf({ beat, collection, facts }, curves, pinned, width) {
  found("taken-line").hidden = !curvesOf(beat, collection.recording, facts).sampled;
  found("speed-line").hidden = !curves.paper;
  const drawn = [curves.trace, curves.around, curves.mean, pinned?.trace].flatMap((curve) => curve ?? []);
  const [low, high] = extent(...drawn.map(({ values }) => Array.from(values)));
  const [from, to] = extent(...drawn.map(({ at }) => Array.from(at)));
  if (!curves.paper) {
    fill(found("scale"), scaleOf(beat, facts.model.features));
    return plainPlot([from, to], [low, high], width);
  }
  const usual = usualOf(collection, facts);
  const speed = Number(found("beat-speed").value);
  const millimetre = millimetreFor(usual, { span: to - from, low, high }, width, speed);
  fill(found("scale"), `${speed} mm/s and ${USUAL_GAIN} mm/mV, drawn ${decimal(millimetre / MM, 1)} times as large. 0 ms is the R peak, 0 mV the beat's median.`);
  return paperPlot({ from, to, low: Math.min(low, usual.low), high: Math.max(high, usual.high) }, millimetre, speed);
}
