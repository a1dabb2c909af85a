/** Two beats side by side: one is pinned, the other is the selected one. */

import { element, fill, found, watcher } from "../shared/dom.js";
import { amplitudeOf, curvesOf } from "../beats/beat-scale.js";
import { besideOf, traceOf } from "../beats/features.js";
import { correlation, sureness } from "../beats/judging.js";
import { count, decimal, milliseconds } from "../shared/words.js";

const MINUS = "\u2212";

/** Lets people pin the selected beat; `changed()` is called when they did. */
export class CompareView {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.different = watcher();
    found("pin").addEventListener("click", () => this.pin(this.collection.selected === this.collection.pinned ? null : this.collection.selected));
    found("unpin").addEventListener("click", () => {
      found("pin").focus(); // this button is about to go
      this.pin(null);
    });
  }

  /** Show what is different, where a beat is pinned. */
  show(collection, facts) {
    Object.assign(this, { collection, facts });
    const { beats, pinned, selected } = collection;
    found("pin").hidden = beats.length < 2;
    found("pin").setAttribute("aria-pressed", String(selected === pinned));
    found("compare").hidden = !pinned;
    if (!this.different(collection, pinned, selected, pinned?.answer, selected.answer, facts.model) || !pinned) return;
    fill(found("compared"), this.words(selected, pinned));
    fill(found("differences"), selected !== pinned && this.table(selected, pinned));
    found("differences").hidden = selected === pinned;
  }

  pin(beat) {
    this.collection.pinned = beat;
    this.changed();
  }

  words(selected, pinned) {
    const named = ({ number, answer }) => `beat ${count(number)}${answer ? `, class ${answer.predicted}` : ""}`;
    if (selected === pinned) return `Pinned: ${named(pinned)}. Go to another beat, by Next or in the list, to see both.`;
    const [one, other] = [selected, pinned].map(({ features }) => Array.from(traceOf(features, this.facts.model.features)));
    const alike = one.length === other.length ? correlation(one, other) : NaN;
    return `This is ${named(selected)}; pinned is ${named(pinned)}.${Number.isNaN(alike) ? "" : ` The correlation of the two is ${decimal(alike)}.`}`;
  }

  table(selected, pinned) {
    const head = ["", `Beat ${count(selected.number)}`, `Beat ${count(pinned.number)} (pinned)`, "Difference"];
    const rows = [
      this.row("Class", selected, pinned, ({ answer }) => answer && this.facts.marks.chip(answer.predicted)),
      this.row("How sure", selected, pinned, ({ answer }) => answer && (sureness(answer, this.facts.model.metrics?.calibration) ?? "not to be relied on")),
      (selected.label ?? pinned.label) !== null && this.row("Label", selected, pinned, ({ label }) => label),
      this.measured("RR before", selected, pinned, (beat) => this.interval(beat), milliseconds),
      this.measured("R amplitude", selected, pinned, (beat) => this.amplitude(beat), (value) => `${decimal(Number(value.toFixed(2)) || 0)}\u00a0mV`),
    ].filter(Boolean);
    return element("table", {},
      element("thead", {}, element("tr", {}, head.map((name) => (name ? element("th", { scope: "col" }, name) : element("td"))))),
      element("tbody", {}, rows));
  }

  row(name, selected, pinned, cell, difference = "") {
    return element("tr", {}, element("th", { scope: "row" }, name), [...[selected, pinned].map((beat) => cell(beat) ?? ""), difference].map((content) => element("td", {}, content)));
  }

  /** A row of numbers; none where neither beat has one. */
  measured(name, selected, pinned, measure, written) {
    const [one, other] = [measure(selected), measure(pinned)];
    if (one === null && other === null) return null;
    const more = one === null || other === null ? "" : signed(one - other, written);
    return this.row(name, selected, pinned, (beat) => { const value = measure(beat); return value === null ? "" : written(value); }, more);
  }

  /** Milliseconds from the R peak before, or null. */
  interval(beat) {
    const place = besideOf(beat.features, this.facts.model.features).find(({ name }) => name === "rr_previous")?.place;
    const seconds = beat.rr ?? (place === undefined ? NaN : beat.features[place]);
    return Number.isNaN(seconds) ? null : 1000 * seconds;
  }

  /** In mV, or null where that is not known. */
  amplitude(beat) {
    const { paper, trace } = curvesOf(beat, this.collection.recording, this.facts);
    return paper ? amplitudeOf(trace) : null;
  }
}

function signed(number, written) {
  const text = written(number);
  return text.startsWith(MINUS) || text === written(0) ? text : `+${text}`;
}
