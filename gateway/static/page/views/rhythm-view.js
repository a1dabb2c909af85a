/** The rhythm of a recording: heart rate, RR intervals, and a line of them over the whole recording to go anywhere by. */

import { isDoubtful } from "../beats/collection.js";
import { LONGEST, countedOf, isCounted, nearestTo } from "../beats/rhythm.js";
import { drawTachogram } from "../drawing/tachogram.js";
import { element, fill, found, watcher } from "../shared/dom.js";
import { clock, count, counted } from "../shared/words.js";

const MILLISECONDS = 1000;
const STEPS = 20; // that Page Up and Page Down divide a recording into

/** Shows the rhythm of a recording; `select(beat)` is told which beat was chosen, `goTo(seconds)` which moment. */
export class RhythmView {
  /**
   * @param {(beat: object) => void} select
   * @param {(seconds: number) => void} goTo
   */
  constructor(select, goTo) {
    Object.assign(this, { select, goTo, recording: null, isDue: false });
    this.changed = watcher(); // the view is another one when answers have come
    this.frame = found("tachogram");
    this.frame.addEventListener("click", (event) => this.go(this.momentAt(event)));
    this.frame.addEventListener("pointermove", (event) => this.read(this.momentAt(event)));
    this.frame.addEventListener("pointerleave", () => this.read(this.collection.selected.seconds));
    this.frame.addEventListener("keydown", (event) => this.step(event));
    new ResizeObserver(() => this.drawSoon()).observe(this.frame);
  }

  /** Show the rhythm, with the classes as far as they are known. */
  show(collection, facts) {
    const { recording } = collection;
    Object.assign(this, { collection, facts });
    found("rhythm").hidden = !recording;
    if (!recording) return;
    if (recording !== this.recording) this.fillFigures(recording);
    this.recording = recording;
    this.fillSlider();
    this.drawSoon();
  }

  fillFigures({ peaks, intervals, rate, rhythm }) {
    const { rate: heart, rr, pause, ...rest } = rhythm;
    this.times = Float64Array.from(peaks, (peak) => peak / rate);
    this.intervals = countedOf(intervals);
    const bpm = ({ value }) => `${Math.round(value)} bpm`;
    const ms = ({ value }) => `${count(Math.round(MILLISECONDS * value))} ms`;
    fill(found("rhythm-figures"),
      heart && this.figure("Heart rate", bpm({ value: heart.median }), [["lowest", heart.lowest, bpm], ["highest", heart.highest, bpm]]),
      rr && this.figure("RR interval", ms({ value: rr.median }), [["shortest", rr.lowest, ms], ["longest", rr.highest, ms]]),
      pause && this.figure("Longest time without an R peak", `${pause.value.toFixed(1)} s`, [["ends", pause, () => ""]]));
    fill(found("rhythm-counted"), sentences(heart, rest));
  }

  /** A figure with its extremes, each a button that goes there. */
  figure(name, value, extremes) {
    const buttons = extremes.map(([word, extreme, written]) => {
      const seconds = this.times[extreme.place];
      return element("button", { type: "button", onclick: () => this.go(seconds) }, [word, written(extreme), "at", clock(seconds)].filter(Boolean).join(" "));
    });
    return element("div", {}, element("dt", {}, name), element("dd", {}, value, element("small", { class: "line" }, buttons)));
  }

  drawSoon() {
    if (this.isDue) return; // answers come faster than anybody sees
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }

  draw() {
    const width = Math.floor(this.frame.clientWidth);
    if (!this.collection?.recording || !width) return;
    this.read(this.collection.selected.seconds);
    if (!this.changed(this.collection.view, this.facts.marks, width)) return this.drawn.mark(this.collection.selected.seconds);
    const { samples, rate } = this.recording;
    this.drawn = drawTachogram({ times: this.times, intervals: this.intervals, lanes: this.lanes(), length: samples.length / rate }, width);
    this.drawn.mark(this.collection.selected.seconds);
    fill(this.frame, this.drawn.node);
  }

  /** A lane for each class, for what is doubtful, and for where no RR interval is counted. */
  lanes() {
    const { marks } = this.facts;
    const byClass = new Map(marks.labels.map((label) => [label, []]));
    const doubtful = [];
    for (const beat of this.collection.beats) {
      if (beat.answer) byClass.get(beat.answer.predicted)?.push(beat.seconds);
      if (isDoubtful(beat)) doubtful.push(beat.seconds);
    }
    const classes = [...byClass].map(([label, seconds]) => ({ shape: marks.shape(label), name: label, colour: marks.colour(label), seconds }));
    return [
      ...classes,
      { shape: "⚠", name: "doubt", colour: "doubtful", seconds: doubtful },
      { shape: "–", name: "no RR", colour: "uncounted", ...this.uncounted() },
    ].filter(({ seconds }) => seconds.length);
  }

  /** From where to where no RR interval is counted. */
  uncounted() {
    const [seconds, until] = [[], []];
    for (let place = 1; place < this.times.length; place += 1) {
      if (!Number.isNaN(this.intervals[place])) continue;
      seconds.push(this.times[place - 1]);
      until.push(this.times[place]);
    }
    return { seconds, until };
  }

  momentAt(event) {
    return this.drawn.moment(event.clientX - this.frame.getBoundingClientRect().left);
  }

  /** Select the beat nearest to a moment, and let the strip show the moment. */
  go(seconds) {
    this.select(nearestTo(this.collection.beats, seconds));
    this.goTo(seconds);
  }

  /** The keys of a slider: a beat on or back, a part of the recording, its ends. */
  step(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const { beats, selected } = this.collection;
    const place = beats.indexOf(selected);
    const part = Math.ceil(beats.length / STEPS);
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: part, PageDown: -part, Home: -Infinity, End: Infinity }[event.key];
    if (!by) return;
    event.preventDefault();
    this.select(beats[Math.max(0, Math.min(beats.length - 1, place + by))]);
  }

  fillSlider() {
    const { beats, selected } = this.collection;
    const values = { "aria-valuemin": 1, "aria-valuemax": beats.length, "aria-valuenow": selected.number, "aria-valuetext": this.words(selected) };
    for (const [name, value] of Object.entries(values)) this.frame.setAttribute(name, String(value));
  }

  read(seconds) {
    fill(found("tachogram-reading"), this.words(nearestTo(this.collection.beats, seconds)));
  }

  words({ number, seconds, rr, answer }) {
    const interval = isCounted(rr) ? `RR before ${count(Math.round(MILLISECONDS * rr))} ms, ${Math.round(60 / rr)} bpm` : "no RR before";
    return `Beat ${count(number)} at ${clock(seconds)}: ${interval}${answer ? `, class ${answer.predicted}` : ""}`;
  }
}

/** How the figures are counted, and what is not. */
function sentences(heart, { counted: all, broken, long }) {
  const left = [broken && `${count(broken)} across gaps or flat lines`, long && `${count(long)} longer than ${LONGEST} seconds`].filter(Boolean);
  return [
    heart ? `The heart rate is counted over ${heart.over === 1 ? "single RR intervals" : `each ${heart.over} successive RR intervals`}; shown is the median, then the lowest and the highest. ` : "",
    `The recording has ${counted(all, "RR interval")}${left.length ? `; not counted: ${left.join(", ")}` : ""}. `,
    "It is as good as the R peaks that were found: look at them where the line jumps.",
  ].join("");
}
