/** One beat: its trace, and what decided. */

import { element, fill, found, watcher } from "../shared/dom.js";
import { curvesOf, scaleOf, usualOf } from "../beats/beat-scale.js";
import { besideOf, traceOf } from "../beats/features.js";
import { deciding, described } from "../beats/judging.js";
import { GAIN, MILLIMETRE, millimetreFor, paperPlot, plainPlot } from "../drawing/plot.js";
import { extent } from "../drawing/scale.js";
import { drawTrace } from "../drawing/trace.js";
import { count, decimal } from "../shared/words.js";
import { answerOf } from "./answer.js";
import { readingOf } from "./reading.js";
import { fillValues } from "./values.js";

/** Shows the selected beat of a collection; `facts` are {model, marks, baseline}. */
export class BeatView {
  constructor() {
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
    found("values").addEventListener("toggle", () => fillValues(this));
    for (const id of ["taken", "beat-speed"]) found(id).addEventListener("change", () => this.redraw());
  }

  /** Show a beat as far as it is known. */
  show(collection, facts) {
    const beat = collection.selected;
    if (beat !== this.beat) {
      this.index = null;
      fill(found("beat-name"), title(collection, beat));
    }
    Object.assign(this, { beat, facts, collection });
    found("beat").hidden = false;
    // what is filled in again is read out again
    if (this.answerChanged(beat, beat.answer, facts.model)) fill(found("answer"), answerOf(beat, facts));
    if (!this.traceChanged(beat, collection.pinned, beat.answer, beat.explanation, found("explaining").checked, facts.baseline)) return;
    this.fillExplanation();
    this.fillBeside();
    this.draw();
    fillValues(this);
  }

  /** Another scale has other points. */
  redraw() {
    this.index = null;
    this.draw();
  }

  draw() {
    const frame = found("trace");
    const width = Math.floor(frame.clientWidth);
    if (!this.beat || !width) return;
    const { curves, explanation, pinned } = this;
    const { trace, around, mean, places } = curves;
    const contributions = explanation && places && { at: places, values: traceOf(explanation.attributions, this.facts.model.features) };
    const shown = { trace, around, mean, pinned: pinned && pinned.curves.trace, contributions, predicted: explanation?.predicted_class };
    this.drawn = drawTrace(shown, this.plot(width));
    this.slider.max = trace.values.length - 1;
    fill(frame, this.drawn.node);
    frame.setAttribute("aria-label", this.described());
    found("around-key").hidden = !around;
    found("baseline-key").hidden = !mean;
    found("explained-key").hidden = !contributions;
    found("pinned-key").hidden = !pinned;
    fill(found("sample-name"), curves.sampled ? "Sample" : "Value");
    if (this.index === null) fill(found("reading"), "Move along the trace, or use the slider, to read a value.");
    else this.point(this.index);
  }

  /** The grid below the curves, and what is said of its scale. */
  plot(width) {
    const { curves, pinned } = this;
    found("taken-line").hidden = !this.known.sampled;
    found("speed-line").hidden = !curves.paper;
    const traces = [curves.trace, curves.around, pinned?.curves.trace].filter(Boolean);
    const [low, high] = extent(...traces.map(({ values }) => values), curves.mean?.values ?? []);
    if (!curves.paper) {
      fill(found("scale"), scaleOf(this.beat, this.facts.model.features));
      return plainPlot([0, Math.max(...traces.map(({ values }) => values.length)) - 1], [low, high], width);
    }
    const usual = usualOf(this.collection, this.facts);
    const [from, to] = extent(...traces.map(({ at }) => at));
    const speed = Number(found("beat-speed").value);
    const millimetre = millimetreFor(usual, to - from, width, speed);
    fill(found("scale"), `${speed} mm/s and ${GAIN} mm/mV, drawn ${decimal(millimetre / MILLIMETRE, 1)} times as large. 0 ms is the R peak, 0 mV the beat's median.`);
    return paperPlot({ from, to, low: Math.min(low, usual.low), high: Math.max(high, usual.high) }, millimetre, speed);
  }

  /** As it is on paper, where it can be. */
  get known() {
    return curvesOf(this.beat, this.collection.recording, this.facts);
  }

  get curves() {
    return curvesOf(this.beat, this.collection.recording, this.facts, found("taken").checked);
  }

  /** The beat to compare with, unless that is this one. */
  get pinned() {
    const beat = this.collection.pinned;
    return beat && beat !== this.beat ? { beat, curves: curvesOf(beat, this.collection.recording, this.facts, found("taken").checked) } : null;
  }

  get trace() {
    return traceOf(this.beat.features, this.facts.model.features);
  }

  get beside() {
    return besideOf(this.beat.features, this.facts.model.features);
  }

  /** The mean training beat, where it is as long as this one. */
  get baseline() {
    const { baseline } = this.facts;
    return baseline?.length === this.beat.features.length ? baseline : null;
  }

  get explanation() {
    return found("explaining").checked ? (this.beat.explanation ?? null) : null;
  }

  described() {
    const { curves, pinned } = this;
    const mean = this.baseline && traceOf(this.baseline, this.facts.model.features);
    return `${described(curves, this.trace, mean)}${pinned ? ` Drawn over beat ${count(pinned.beat.number)}.` : ""}`;
  }

  follow(event) {
    const drawing = found("trace").firstElementChild;
    if (!this.drawn || !drawing) return;
    this.point(this.drawn.place(event.clientX - drawing.getBoundingClientRect().left));
  }

  point(index) {
    this.index = index;
    this.slider.value = String(index);
    this.drawn.point(index);
    const text = readingOf(index, this);
    fill(found("reading"), text);
    this.slider.setAttribute("aria-valuetext", text);
  }

  fillExplanation() {
    const { explanation, answer } = this.beat;
    const wanted = found("explaining").checked;
    const text = () => {
      if (!wanted || !answer) return "";
      if (explanation === null) return "This model version cannot say which part of the trace decided.";
      return explanation ? deciding(explanation, this.beside, this.curves.times) : "Asking which part of the trace decided …";
    };
    fill(found("deciding"), text());
  }

  /** What is no part of the trace, such as RR intervals, and what it contributed. */
  fillBeside() {
    const columns = ["Beside the trace", "Beat", this.explanation && "Contributes"].filter(Boolean);
    const head = element("tr", {}, columns.map((name) => element("th", { scope: "col" }, name)));
    const rows = this.beside.map(({ words, place }) => {
      const share = this.explanation && element("td", {}, decimal(this.explanation.attributions[place], 3));
      return element("tr", {}, element("th", { scope: "row" }, words), [element("td", {}, decimal(this.beat.features[place])), share].filter(Boolean));
    });
    fill(found("beside"), rows.length > 0 && element("table", {}, element("thead", {}, head), element("tbody", {}, rows)));
  }
}

function title(collection, beat) {
  const { length } = collection.beats;
  const place = length > 1 ? `Beat ${count(beat.number)} of ${count(length)}` : "The beat";
  return [place, element("small", {}, collection.name)];
}
