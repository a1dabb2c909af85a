/** The values of a beat as a table. */

import { element, fill, found } from "../shared/dom.js";
import { valueAt } from "../drawing/curve.js";
import { decimal, milliseconds } from "../shared/words.js";

/**
 * Fill the table of a beat view, where it is open: what the model takes, and when and how high it was in the recording.
 *
 * @param {import("./beat-view.js").BeatView} view
 */
export function fillValues({ beat, baseline, explanation, beside, known }) {
  if (!found("values").open || !beat) return;
  const { times, sampled, paper, trace } = known;
  const names = new Map(beside.map(({ name, place }) => [place, name]));
  /** @type {[string, (place: number) => string][]} a column's name and its text for a value */
  const columns = [
    times && ["Time", (place) => (place in times ? milliseconds(times[place]) : "")],
    sampled && times && ["Recorded, mV", (place) => (place in times ? decimal(valueAt(trace, times[place])) : "")],
    [paper && !sampled ? "Beat, mV" : "Beat", (place) => decimal(beat.features[place], 3)],
    baseline && ["Mean beat", (place) => decimal(baseline[place], 3)],
    explanation && ["Contributes", (place) => decimal(explanation.attributions[place], 4)],
  ].filter(Boolean);
  const head = element("tr", {}, ["Value", ...columns.map(([name]) => name)].map((name) => element("th", { scope: "col" }, name)));
  const rows = Array.from(beat.features, (_, place) =>
    element("tr", {}, element("th", { scope: "row" }, names.get(place) ?? place), columns.map(([, text]) => element("td", {}, text(place)))));
  fill(found("values-table"), element("table", {}, element("thead", {}, head), element("tbody", {}, rows)));
}
