/** A recording as a strip of ECG paper: its leads at one scale, its R peaks marked by class, each beat to be chosen. */

import { EDGE, drawStrip, lanesOf } from "../drawing/strip.js";
import { fill, found, element, options, refill, watcher } from "../shared/dom.js";
import { clock, counted, duration } from "../shared/words.js";
import { Calipers } from "./calipers.js";
import { gestures } from "./gestures.js";
import { Leads } from "./leads.js";
import { beatSpan, peakButtons } from "./peaks.js";
import { StripScale } from "./strip-scale.js";

/**
 * @import { RecordedBeat } from "../beats/beat.js"
 * @import { Collection } from "../beats/collection.js"
 * @import { Shown } from "../drawing/strip.js"
 * @import { Marks } from "../shared/marks.js"
 * @import { OpenRecording, Source } from "../shared/shapes.js"
 * @typedef {(source: Source, lead: OpenRecording["lead"], inverted: boolean) => void} Recut
 */

const KEY_SECONDS = 1;

/**
 * Shows some seconds of a recording; `select(beat)` gets the chosen beat, `recut(source, lead, inverted)` which lead,
 * `read(source, place)` gives the samples of another lead. `onmove({start, end})` gets the visible seconds.
 */
export class StripView {
  /**
   * @param {(beat: RecordedBeat) => void} select
   * @param {Recut} recut
   * @param {import("./leads.js").Read} read
   */
  constructor(select, recut, read) {
    this.select = select;
    /** @type {(seen: {start: number, end: number}) => void} */
    this.onmove = () => {};
    /** @type {OpenRecording | null} */
    this.recording = null; // that is open
    /** @type {Collection | null} */
    this.collection = null;
    /** @type {RecordedBeat | null} */
    this.selected = null;
    /** @type {Marks | null} */
    this.marks = null;
    this.length = 0; // seconds
    this.from = 0; // seconds
    this.changed = watcher();
    this.moved = watcher();
    this.node = found("strip");
    this.sheet = element("div");
    this.node.append(this.sheet);
    this.scale = new StripScale(() => this.move(this.from));
    this.leads = new Leads(read, () => this.draw());
    this.calipers = new Calipers(this.node, (seconds) => this.goTo(seconds));
    this.listen(recut);
  }

  /** @param {Recut} recut */
  listen(recut) {
    const change = () => {
      const { source } = this.leads;
      if (source) recut(source, source.signals[found("lead").selectedIndex], found("inverted").checked);
    };
    found("lead").addEventListener("change", change);
    found("inverted").addEventListener("change", change);
    const by = (/** @type {() => number} */ seconds) => () => this.move(this.from + seconds());
    const [before, after] = [by(() => -this.seconds), by(() => this.seconds)];
    found("moment").addEventListener("input", () => this.move(Number(found("moment").value)));
    found("strip-before").addEventListener("click", before);
    found("strip-after").addEventListener("click", after);
    const keys = {
      ArrowLeft: by(() => -KEY_SECONDS), ArrowRight: by(() => KEY_SECONDS), PageUp: before, PageDown: after,
      Home: () => this.move(0), End: () => this.move(this.length), "+": () => this.zoom(1), "=": () => this.zoom(1), "-": () => this.zoom(-1),
    };
    gestures(this.node, { pan: (pixels) => this.move(this.from + pixels / this.scale.perSecond), zoom: (steps, x) => this.zoom(steps, x), keys });
    new ResizeObserver(() => this.move(this.from)).observe(this.node);
  }

  /**
   * Show the part of the recording that has the selected beat, if it is another one than before.
   *
   * @param {Collection} collection
   * @param {{marks: Marks}} facts
   */
  show(collection, { marks }) {
    const { name, recording } = collection;
    const selected = recording && recording.beats[collection.selected.place];
    const moved = selected !== this.selected;
    if (recording?.source !== this.recording?.source) this.calipers.away();
    Object.assign(this, { collection, recording, selected, marks });
    found("recording").hidden = !recording;
    if (!recording || !selected) return;
    this.about(name, recording, collection.beats.length);
    if (moved) this.reveal(selected);
    else this.draw();
  }

  /**
   * @param {string} name
   * @param {OpenRecording} recording
   * @param {number} beats
   */
  about(name, { samples, rate, source, lead, inverted }, beats) {
    this.length = samples.length / rate;
    fill(found("strip-name"), `${name}: ${duration(this.length)} at ${rate} Hz, ${counted(beats, "beat")}`);
    options(found("lead"), source.signals.map((signal, place) => [String(place), signal.name]), String(source.signals.indexOf(lead)));
    found("inverted").checked = inverted;
    this.leads.show(source, lead);
  }

  /** The seconds that have room in the strip. */
  get seconds() {
    return Math.max(1, this.node.clientWidth - EDGE.left - EDGE.right) / this.scale.perSecond;
  }

  /**
   * Show this second of the recording, in the middle.
   * @param {number} seconds
   */
  goTo(seconds) {
    this.move(seconds - this.seconds / 2);
  }

  /** @param {RecordedBeat} beat */
  reveal({ seconds, peak, end }) {
    const after = peak ? ((end - peak) * seconds) / peak : 0; // seconds
    const isSeen = seconds >= this.from && seconds + after <= this.from + this.seconds;
    if (isSeen) this.move(this.from);
    else this.goTo(seconds);
  }

  /**
   * Change the paper's speed; what is at `x` pixels stays there.
   *
   * @param {number} steps
   * @param {number} [x]
   */
  zoom(steps, x = (EDGE.left + this.node.clientWidth) / 2) {
    const at = this.from + (x - EDGE.left) / this.scale.perSecond;
    this.scale.zoom(steps);
    this.move(at - (x - EDGE.left) / this.scale.perSecond);
  }

  /** @param {number} seconds at the strip's left edge */
  move(seconds) {
    const last = Math.max(0, this.length - this.seconds);
    this.from = Math.max(0, Math.min(last, seconds));
    const end = Math.min(this.length, this.from + this.seconds);
    const slider = found("moment");
    slider.max = String(last);
    slider.value = String(this.from);
    slider.setAttribute("aria-valuetext", `${clock(this.from)} to ${clock(end)}`);
    this.draw();
    if (this.recording && this.moved(this.recording, this.from, end)) this.onmove({ start: this.from, end });
  }

  draw() {
    const width = Math.floor(this.node.clientWidth);
    const { collection, recording, marks, from, selected, scale } = this;
    if (!collection || !recording || !marks || !selected || !width) return;
    const to = from + this.seconds;
    const leads = this.leads.shown({ ...recording, name: recording.lead.name });
    const seen = collection.within(from * recording.rate, to * recording.rate);
    if (!this.changed(recording, from, width, scale.gain, scale.speed, selected, marks, ...leads.map(({ signal }) => signal.samples), ...seen.map(({ answer }) => answer))) return;
    const shown = lanesOf(leads, scale.gain, recording.annotations);
    const [{ lane: { top } }, { lane: { bottom } }] = [shown[0], shown[shown.length - 1]];
    const x = (/** @type {number} */ seconds) => EDGE.left + (seconds - from) * scale.perSecond;
    const edge = (/** @type {number} */ sample) => Math.max(EDGE.left, Math.min(width - EDGE.right, x(sample / recording.rate)));
    const spans = seen.map((beat) => beatSpan({ left: edge(beat.start), right: edge(beat.end), top, bottom }, beat === selected, () => this.select(beat)));
    const time = { x, from, to, perSecond: scale.perSecond };
    const { node, isClipped } = drawStrip(shown, time, width, recording.annotations, spans);
    const buttons = { selected, marks, select: this.select, place: (/** @type {RecordedBeat} */ beat) => x(beat.seconds) };
    refill(this.sheet, node, peakButtons(seen.filter(({ seconds }) => seconds >= from), buttons));
    scale.show(shown.some(({ lane }) => lane.scale.isVoltage));
    this.calipers.show({ ...time, length: this.length, signals: cutFirst(shown), peaks: seen.map(({ seconds }) => seconds), top, bottom });
    fill(found("strip-scale"), scale.words(shown, isClipped));
    fill(found("moment-text"), `${clock(from)} to ${clock(Math.min(to, this.length))} of ${duration(this.length)}`);
  }
}

/**
 * The signals, that of the lead that is cut first.
 * @param {Shown[]} shown
 */
function cutFirst(shown) {
  return [...shown].sort((one, other) => Number(other.isCut) - Number(one.isCut)).map(({ signal }) => signal);
}
