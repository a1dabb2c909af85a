/** Two beats side by side: one is pinned, the other is the selected one. */

import { element, fill, found, watcher } from "../shared/dom.js";
import { amplitudeOf, curvesOf } from "../beats/beat-scale.js";
import { besideOf, traceOf } from "../beats/features.js";
import { correlation, sureness } from "../beats/judging.js";
import { count, decimal, milliseconds } from "../shared/words.js";

/** @import { Beat } from "../beats/beat.js" */
/** @import { Facts } from "../shared/shapes.js" */
/** @import { Collection } from "../beats/collection.js" */

const MINUS = "\u2212";

/** Lets people pin the selected beat; `changed()` is called when they did. */
export class CompareView {
  /** @param {() => void} changed */
  constructor(changed) {
    /** @type {Collection | null} */
    this.collection = null;
    this.changed = changed;
    this.isOther = watcher();
    found("pin").addEventListener("click", () => this.toggle());
    found("unpin").addEventListener("click", () => {
      found("pin").focus(); // this button is about to go
      this.pin(null);
    });
  }

  /**
   * Show how the beats differ, where one is pinned.
   *
   * @param {Collection} collection
   * @param {Facts} facts
   */
  show(collection, facts) {
    this.collection = collection;
    const { beats, pinned, selected } = collection;
    found("pin").hidden = beats.length < 2;
    found("pin").setAttribute("aria-pressed", String(selected === pinned));
    found("compare").hidden = !pinned;
    // what is filled in again is read out again
    if (!this.isOther(collection, pinned, selected, pinned?.answer, selected.answer, facts.model) || !pinned) return;
    fill(found("compared"), selected === pinned ? alone(pinned, facts) : words(selected, pinned, facts));
    fill(found("differences"), selected !== pinned && new Comparison(selected, pinned, collection, facts).table());
    found("differences").hidden = selected === pinned;
  }

  toggle() {
    if (this.collection) this.pin(this.collection.selected === this.collection.pinned ? null : this.collection.selected);
  }

  /** @param {Beat | null} beat */
  pin(beat) {
    if (this.collection) this.collection.pinned = beat;
    this.changed();
  }
}

/**
 * @param {Beat} beat
 * @param {Facts} facts
 */
function named({ number, answer }, { marks }) {
  return `beat ${count(number)}${answer ? `, class ${marks.named(answer.predicted)}` : ""}`;
}

/**
 * @param {Beat} pinned
 * @param {Facts} facts
 */
function alone(pinned, facts) {
  return `Pinned: ${named(pinned, facts)}. Go to another beat, by Next or in the list, to see both.`;
}

/**
 * @param {Beat} selected
 * @param {Beat} pinned
 * @param {Facts} facts
 */
function words(selected, pinned, facts) {
  const { features } = facts.model;
  const [one, other] = [selected, pinned].map((beat) => Array.from(traceOf(beat.features, features)));
  const alike = one.length === other.length ? correlation(one, other) : NaN;
  return `This is ${named(selected, facts)}; pinned is ${named(pinned, facts)}.${Number.isNaN(alike) ? "" : ` The correlation of the two is ${decimal(alike)}.`}`;
}

/** The rows of two beats. */
class Comparison {
  /**
   * @param {Beat} selected
   * @param {Beat} pinned
   * @param {Collection} collection
   * @param {Facts} facts
   */
  constructor(selected, pinned, { recording, labels }, { model, marks, baseline }) {
    this.beats = [selected, pinned];
    this.recording = recording;
    this.labels = labels;
    this.facts = { model, marks, baseline };
  }

  table() {
    const [selected, pinned] = this.beats.map(({ number }) => `Beat ${count(number)}`);
    const { marks, model } = this.facts;
    const head = [selected, `${pinned} (pinned)`, "Difference"].map((name) => element("th", { scope: "col" }, name));
    return element("table", {},
      element("thead", {}, element("tr", {}, element("td"), head)),
      element("tbody", {},
        this.row("Class", ({ answer }) => answer && marks.chip(answer.predicted)),
        this.row("Confidence", ({ answer }) => answer && (sureness(answer, model.metrics?.calibration) ?? "not to be relied on")),
        this.beats.some(({ label }) => label !== null) && this.row("Label", ({ label }) => label !== null && this.labels.worded(label)),
        this.measured("RR before", (beat) => this.interval(beat), milliseconds),
        this.measured("R amplitude", (beat) => this.amplitude(beat), millivolts)));
  }

  /**
   * @param {string} name
   * @param {(beat: Beat) => import("../shared/dom.js").Child} cell
   * @param {string} [difference]
   */
  row(name, cell, difference = "") {
    return element("tr", {}, element("th", { scope: "row" }, name), [...this.beats.map(cell), difference].map((content) => element("td", {}, content ?? "")));
  }

  /**
   * A row of numbers; none where neither beat has one.
   *
   * @param {string} name
   * @param {(beat: Beat) => number} measure NaN where nothing is known
   * @param {(value: number) => string} written
   */
  measured(name, measure, written) {
    const [one, other] = this.beats.map(measure);
    if (Number.isNaN(one) && Number.isNaN(other)) return null;
    const text = (/** @type {number} */ value) => (Number.isNaN(value) ? "" : written(value));
    return this.row(name, (beat) => text(measure(beat)), signed(text(one - other), written(0)));
  }

  /**
   * Milliseconds from the R peak before.
   *
   * @param {Beat & {rr?: number}} beat `rr` are the seconds from the R peak before, of a recording
   */
  interval(beat) {
    const place = besideOf(beat.features, this.facts.model.features).find(({ name }) => name === "rr_previous")?.place;
    return 1000 * (beat.rr ?? (place === undefined ? NaN : beat.features[place]));
  }

  /**
   * In mV.
   *
   * @param {Beat} beat
   */
  amplitude(beat) {
    const { paper, trace } = curvesOf(beat, this.recording, this.facts);
    return paper ? amplitudeOf(trace) : NaN;
  }
}

/** @param {number} value */
function millivolts(value) {
  return `${decimal(Number(value.toFixed(2)) || 0)}\u00a0mV`; // without a negative zero
}

/**
 * @param {string} text
 * @param {string} zero
 */
function signed(text, zero) {
  return !text || text === zero || text.startsWith(MINUS) ? text : `+${text}`;
}
