/** The rhythm of a recording: heart rate, RR intervals, and a line of them over the whole recording to go anywhere by. */

import { countedOf, nearestTo, uncountedOf } from "../beats/rhythm.js";
import { across, drawTachogram, lineAcross } from "../drawing/tachogram.js";
import { fill, found, watcher } from "../shared/dom.js";
import { beatWords, countedWords, figuresOf } from "./rhythm-figures.js";

/**
 * @import { Collection } from "../beats/collection.js"
 * @import { Lane } from "../drawing/tachogram.js"
 * @import { Beat, RecordedBeat } from "../beats/beat.js"
 * @import { Facts, OpenRecording } from "../shared/shapes.js"
 */

const STEPS = 20; // that Page Up and Page Down divide a recording into

/** Shows the rhythm of a recording, and goes to a moment of it. */
export class RhythmView {
  /**
   * @param {(beat: Beat) => void} select gets the chosen beat
   * @param {(seconds: number) => void} goTo gets the time
   */
  constructor(select, goTo) {
    this.select = select;
    this.goTo = goTo;
    /** @type {Collection | null} */
    this.collection = null;
    /** @type {Facts | null} */
    this.facts = null;
    /** @type {OpenRecording | null} */
    this.recording = null;
    /** @type {RecordedBeat[]} */
    this.beats = [];
    /** @type {RecordedBeat | null} */
    this.selected = null;
    /** @type {Float64Array} */
    this.times = new Float64Array(); // of the R peaks, in seconds
    /** @type {Float64Array} */
    this.intervals = new Float64Array(); // before them, NaN where none is counted
    /** @type {ReturnType<typeof uncountedOf>} */
    this.uncounted = { seconds: [], until: [] };
    /** @type {ReturnType<typeof drawTachogram> | null} */
    this.drawn = null;
    /** @type {{start: number, end: number} | null} */
    this.seen = null; // in the strip
    this.isDue = false;
    this.changed = watcher();
    this.line = ""; // of the RR intervals, which answers do not change
    this.lineChanged = watcher();
    this.frame = found("tachogram");
    this.frame.addEventListener("click", (event) => this.go(this.momentAt(event)));
    this.frame.addEventListener("pointermove", (event) => this.read(this.momentAt(event)));
    this.frame.addEventListener("pointerleave", () => this.selected && this.read(this.selected.seconds));
    this.frame.addEventListener("keydown", (event) => this.step(event));
    new ResizeObserver(() => this.drawSoon()).observe(this.frame);
  }

  /**
   * Show the rhythm, with the classes as far as they are known.
   *
   * @param {Collection} collection
   * @param {Facts} facts
   */
  show(collection, facts) {
    const { recording } = collection;
    Object.assign(this, { collection, facts });
    found("rhythm").hidden = !recording;
    if (!recording) return;
    if (recording !== this.recording) this.fillFigures(recording);
    this.recording = recording;
    this.beats = recording.beats;
    this.selected = recording.beats[collection.selected.place];
    this.fillSlider(this.selected);
    this.drawSoon();
  }

  /**
   * Mark the part of the recording that the strip shows.
   *
   * @param {{start: number, end: number}} seen in seconds
   */
  mark(seen) {
    this.seen = seen;
    this.drawSoon();
  }

  /** @param {OpenRecording} recording */
  fillFigures({ peaks, intervals, rate, rhythm }) {
    this.times = Float64Array.from(peaks, (peak) => peak / rate);
    this.intervals = countedOf(intervals);
    this.uncounted = uncountedOf(this.times, this.intervals);
    fill(found("rhythm-figures"), figuresOf(rhythm, this.times, (seconds) => this.go(seconds)));
    fill(found("rhythm-counted"), countedWords(rhythm));
  }

  /** Answers come faster than anybody sees. */
  drawSoon() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }

  draw() {
    const width = Math.floor(this.frame.clientWidth);
    if (!this.collection?.recording || !this.selected || !width) return;
    const { recording, labels, done } = this.collection;
    if (this.changed(recording, labels, done, this.facts?.marks, width)) this.redraw(recording, width);
    this.drawn?.mark(this.selected.seconds, this.seen);
    this.read(this.selected.seconds);
  }

  /**
   * @param {OpenRecording} recording
   * @param {number} width
   */
  redraw({ samples, rate }, width) {
    const { times, intervals } = this;
    const length = samples.length / rate;
    if (this.lineChanged(intervals, width)) this.line = lineAcross({ times, intervals, length }, width);
    this.drawn = drawTachogram({ line: this.line, intervals, lanes: this.lanes(across(length, width)), length }, width);
    fill(this.frame, this.drawn.node);
  }

  /**
   * A lane for each class, for what is doubtful, and for where no RR interval is counted. Of the beats in a pixel column
   * only the first is in a lane, because lists of all beats would be rebuilt after each answer.
   *
   * @param {(seconds: number) => number} x the place of a moment in the drawing
   * @returns {Lane[]}
   */
  lanes(x) {
    const { marks } = this;
    const byClass = new Map(marks.labels.map((label) => [label, /** @type {number[]} */ ([])]));
    /** @type {number[]} */
    const doubtful = [];
    const add = (/** @type {number[] | undefined} */ lane, /** @type {number} */ seconds) => {
      if (lane && !(lane.length && Math.floor(x(lane[lane.length - 1])) === Math.floor(x(seconds)))) lane.push(seconds);
    };
    for (const beat of this.beats) {
      if (beat.answer) add(byClass.get(beat.answer.predicted), beat.seconds);
      if (this.collection?.isDoubtful(beat)) add(doubtful, beat.seconds);
    }
    const classes = [...byClass].map(([label, seconds]) => ({ shape: marks.shape(label), name: marks.names[label] ?? label, colour: marks.colour(label), seconds }));
    return [
      ...classes,
      { shape: "⚠", name: "doubt", colour: "doubtful", seconds: doubtful },
      { shape: "–", name: "no RR", colour: "uncounted", ...this.uncounted },
    ].filter(({ seconds }) => seconds.length);
  }

  get marks() {
    return /** @type {Facts} */ (this.facts).marks;
  }

  /** @param {MouseEvent} event */
  momentAt(event) {
    return this.drawn?.moment(event.clientX - this.frame.getBoundingClientRect().left) ?? 0;
  }

  /**
   * Select the beat nearest to a moment, and let the strip show the moment.
   *
   * @param {number} seconds
   */
  go(seconds) {
    this.select(nearestTo(this.beats, seconds));
    this.goTo(seconds);
  }

  /**
   * The keys of a slider: a beat on or back, a part of the recording, its ends.
   *
   * @param {KeyboardEvent} event
   */
  step(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const part = Math.ceil(this.beats.length / STEPS);
    /** @type {Record<string, number>} */
    const keys = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: part, PageDown: -part, Home: -Infinity, End: Infinity };
    const by = keys[event.key];
    if (!by || !this.selected) return;
    event.preventDefault();
    const place = this.selected.place + by;
    this.select(this.beats[Math.max(0, Math.min(this.beats.length - 1, place))]);
  }

  /** @param {RecordedBeat} selected */
  fillSlider(selected) {
    const values = { "aria-valuemin": 1, "aria-valuemax": this.beats.length, "aria-valuenow": selected.number, "aria-valuetext": beatWords(selected, this.marks) };
    for (const [name, value] of Object.entries(values)) this.frame.setAttribute(name, String(value));
  }

  /** @param {number} seconds */
  read(seconds) {
    fill(found("tachogram-reading"), beatWords(nearestTo(this.beats, seconds), this.marks));
  }
}
