/** The values of a beat as a table. */

import { element, fill, found } from "../shared/dom.js";
import { decimal } from "../shared/words.js";

/** Fill the table of a beat view, where it is open. */
export function fillValues({ beat, baseline, explanation, beside }) {
  if (!found("values").open || !beat) return;
  const columns = ["Value", "Beat", baseline && "Mean beat", explanation && "Contributes"].filter(Boolean);
  const head = element("tr", {}, columns.map((name) => element("th", { scope: "col" }, name)));
  const names = new Map(beside.map(({ name, place }) => [place, name]));
  const rows = Array.from(beat.features, (value, i) => {
    const more = [baseline && decimal(baseline[i], 3), explanation && decimal(explanation.attributions[i], 4)];
    return element("tr", {}, element("th", { scope: "row" }, names.get(i) ?? i), [decimal(value, 3), ...more.filter(Boolean)].map((text) => element("td", {}, text)));
  });
  fill(found("values-table"), element("table", {}, element("thead", {}, head), element("tbody", {}, rows)));
}
