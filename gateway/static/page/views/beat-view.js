/** One beat: its trace, and what decided. */

import { element, fill, found, watcher } from "../shared/dom.js";
import { curvesOf } from "../beats/beat-scale.js";
import { besideOf, traceOf } from "../beats/features.js";
import { deciding } from "../beats/deciding.js";
import { described } from "../beats/judging.js";
import { drawTrace } from "../drawing/trace.js";
import { count } from "../shared/words.js";
import { answerOf } from "./answer.js";
import { plotOf } from "./beat-plot.js";
import { readingOf } from "./reading.js";
import { fillBeside, fillValues } from "./values.js";

/** @import { Beat } from "../beats/beat.js" */
/** @import { Explanation } from "../shared/model.js" */
/** @import { Facts } from "../shared/shapes.js" */
/** @import { Collection } from "../beats/collection.js" */

/**
 * What is shown.
 *
 * @typedef {object} Shown
 * @property {Beat} beat
 * @property {Collection} collection
 * @property {Facts} facts
 */

/** Shows the selected beat of a collection. */
export class BeatView {
  constructor() {
    /** @type {Shown | null} */
    this.shown = null;
    /** @type {ReturnType<typeof drawTrace> | null} */
    this.drawn = null;
    /** @type {number | null} of the point of the trace that is read out */
    this.index = null;
    this.answerChanged = watcher();
    this.traceChanged = watcher();
    this.slider = found("sample");
    this.slider.addEventListener("input", () => this.point(Number(this.slider.value)));
    const frame = found("trace");
    frame.addEventListener("pointermove", (event) => this.follow(event));
    frame.addEventListener("pointerdown", (event) => this.follow(event));
    new ResizeObserver(() => this.draw()).observe(frame);
    found("values").addEventListener("toggle", () => this.fillValues());
    for (const id of ["taken", "beat-speed"]) found(id).addEventListener("change", () => this.redraw());
  }

  /**
   * Show a beat as far as it is known.
   *
   * @param {Collection} collection
   * @param {Facts} facts
   */
  show(collection, facts) {
    const beat = collection.selected;
    if (beat !== this.shown?.beat) {
      this.index = null;
      fill(found("beat-name"), title(collection, beat));
    }
    this.shown = { beat, facts, collection };
    found("beat").hidden = false;
    // what is filled in again is read out again
    if (this.answerChanged(beat, beat.answer, facts.model, collection.labels)) fill(found("answer"), answerOf(beat, facts, collection.labels));
    if (!this.traceChanged(beat, collection.pinned, beat.answer, beat.explanation, found("explaining").checked, facts.baseline)) return;
    this.fillExplanation(this.shown);
    fillBeside(beat, besideOf(beat.features, facts.model.features), this.explanationOf(beat));
    this.draw();
    this.fillValues();
  }

  /** Another scale has other points. */
  redraw() {
    this.index = null;
    this.draw();
  }

  draw() {
    const frame = found("trace");
    const width = Math.floor(frame.clientWidth);
    if (!this.shown || !width) return;
    const { beat, facts } = this.shown;
    const curves = this.curvesOf(this.shown, beat);
    const pinned = this.pinnedOf(this.shown);
    const { trace, around, mean, places } = curves;
    const explanation = this.explanationOf(beat);
    const contributions = explanation && places && { at: places, values: traceOf(explanation.attributions, facts.model.features) };
    const plot = plotOf(this.shown, curves, pinned?.curves ?? null, width);
    this.drawn = drawTrace({ trace, around, mean, pinned: pinned?.curves.trace, contributions, predicted: explanation ? facts.marks.named(explanation.predicted_class) : undefined }, plot);
    this.slider.max = String(trace.values.length - 1);
    fill(frame, this.drawn.node);
    const over = pinned ? ` Drawn over beat ${count(pinned.beat.number)}.` : "";
    const average = this.baselineOf(this.shown);
    frame.setAttribute("aria-label", described(curves, traceOf(beat.features, facts.model.features), average && traceOf(average, facts.model.features)) + over);
    const keys = { "around-key": around, "baseline-key": mean, "pinned-key": pinned, "explained-key": contributions };
    for (const [id, present] of Object.entries(keys)) found(id).hidden = !present;
    fill(found("sample-name"), curves.sampled ? "Sample" : "Value");
    if (this.index === null) fill(found("reading"), "Move along the trace, or use the slider, to read a value.");
    else this.point(this.index);
  }

  /**
   * @param {Shown} shown
   * @param {Beat} beat of the collection
   */
  curvesOf({ collection, facts }, beat) {
    return curvesOf(beat, collection.recording, facts, found("taken").checked);
  }

  /**
   * The beat to compare with, unless that is this one.
   *
   * @param {Shown} shown
   */
  pinnedOf(shown) {
    const beat = shown.collection.pinned;
    return beat && beat !== shown.beat ? { beat, curves: this.curvesOf(shown, beat) } : null;
  }

  /**
   * The mean training beat, where it is as long as this one.
   *
   * @param {Shown} shown
   */
  baselineOf({ beat, facts: { baseline } }) {
    return baseline?.length === beat.features.length ? baseline : null;
  }

  /**
   * @param {Beat} beat
   * @returns {Explanation | null}
   */
  explanationOf(beat) {
    return found("explaining").checked ? (beat.explanation ?? null) : null;
  }

  /** @param {PointerEvent} event */
  follow(event) {
    const drawing = found("trace").firstElementChild;
    if (this.drawn && drawing) this.point(this.drawn.place(event.clientX - drawing.getBoundingClientRect().left));
  }

  /** @param {number} index */
  point(index) {
    if (!this.shown || !this.drawn) return;
    this.index = index;
    this.slider.value = String(index);
    this.drawn.point(index);
    const { shown } = this;
    const text = readingOf(index, { curves: this.curvesOf(shown, shown.beat), pinned: this.pinnedOf(shown), explanation: this.explanationOf(shown.beat) });
    fill(found("reading"), text);
    this.slider.setAttribute("aria-valuetext", text);
  }

  /** @param {Shown} shown */
  fillExplanation({ beat, collection, facts }) {
    const { explanation, answer } = beat;
    const text = () => {
      if (!found("explaining").checked || !answer) return "";
      if (explanation === null) return "This model version has no explanations.";
      const { times } = curvesOf(beat, collection.recording, facts);
      return explanation ? deciding(explanation, facts.marks, besideOf(beat.features, facts.model.features), times) : "Waiting for the explanation …";
    };
    fill(found("deciding"), text());
  }

  fillValues() {
    if (!this.shown || !found("values").open) return;
    const { beat, collection, facts } = this.shown;
    fillValues({
      beat, beside: besideOf(beat.features, facts.model.features), curves: curvesOf(beat, collection.recording, facts),
      baseline: this.baselineOf(this.shown), explanation: this.explanationOf(beat),
    });
  }
}

/**
 * @param {Collection} collection
 * @param {Beat} beat
 */
function title(collection, beat) {
  const { length } = collection.beats;
  const place = length > 1 ? `Beat ${count(beat.number)} of ${count(length)}` : "The beat";
  return [place, element("small", {}, collection.name)];
}
