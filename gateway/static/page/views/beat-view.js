/** One beat: its trace, and what decided. */

import { element, fill, found, watcher } from "../shared/dom.js";
import { besideOf, traceOf } from "../beats/features.js";
import { deciding, described } from "../beats/judging.js";
import { drawTrace } from "../drawing/trace.js";
import { count, decimal } from "../shared/words.js";
import { answerOf } from "./answer.js";
import { fillValues } from "./values.js";

/** Shows the selected beat of a collection; `facts` are {model, marks, baseline}. */
export class BeatView {
  constructor() {
    this.index = null; // of the value that is read out
    this.answerChanged = watcher();
    this.traceChanged = watcher();
    this.slider = found("sample");
    this.slider.addEventListener("input", () => this.point(Number(this.slider.value)));
    const frame = found("trace");
    frame.addEventListener("pointermove", (event) => this.follow(event));
    frame.addEventListener("pointerdown", (event) => this.follow(event));
    new ResizeObserver(() => this.draw()).observe(frame);
    found("values").addEventListener("toggle", () => fillValues(this));
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
    if (!this.traceChanged(beat, beat.answer, beat.explanation, found("explaining").checked, facts.baseline)) return;
    this.fillExplanation();
    this.fillBeside();
    this.slider.max = this.trace.length - 1;
    this.draw();
    fillValues(this);
  }

  draw() {
    const frame = found("trace");
    const width = Math.floor(frame.clientWidth);
    if (!this.beat || !width) return;
    const { attributions, predicted_class: predicted } = this.explanation ?? {};
    const baseline = this.baseline && this.traceOf(this.baseline);
    const shown = { features: this.trace, baseline, attributions: attributions && this.traceOf(attributions), predicted };
    this.drawn = drawTrace(shown, width);
    fill(frame, this.drawn.node);
    frame.setAttribute("aria-label", described(this.trace, baseline));
    found("baseline-key").hidden = !this.baseline;
    found("explained-key").hidden = !this.explanation;
    if (this.index === null) fill(found("reading"), "Move along the trace, or use the slider, to read a value.");
    else this.point(this.index);
  }

  get trace() {
    return this.traceOf(this.beat.features);
  }

  traceOf(values) {
    return traceOf(values, this.facts.model.features);
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

  follow(event) {
    if (!this.drawn) return;
    this.point(this.drawn.place(event.clientX - found("trace").getBoundingClientRect().left));
  }

  point(index) {
    this.index = index;
    this.slider.value = index;
    this.drawn.point(index);
    const parts = [`Value ${index}: ${decimal(this.beat.features[index])}`];
    if (this.baseline) parts.push(`mean beat ${decimal(this.baseline[index])}`);
    if (this.explanation) parts.push(`contributes ${decimal(this.explanation.attributions[index], 3)}`);
    fill(found("reading"), parts.join(", "));
    this.slider.setAttribute("aria-valuetext", parts.join(", "));
  }

  fillExplanation() {
    const { explanation, answer } = this.beat;
    const wanted = found("explaining").checked;
    const text = () => {
      if (!wanted || !answer) return "";
      if (explanation === null) return "This model version cannot say which part of the trace decided.";
      return explanation ? deciding(explanation, this.beside) : "Asking which part of the trace decided …";
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
