/** A recording as a strip of ECG paper: its leads at one scale, its R peaks marked by class, each beat to be chosen. */

import { laneOf, scaleOf } from "../drawing/lane-scale.js";
import { EDGE, drawStrip, topOf } from "../drawing/strip.js";
import { fill, found, element, options, refill, watcher } from "../shared/dom.js";
import { clock, counted } from "../shared/words.js";
import { Calipers } from "./calipers.js";
import { gestures } from "./gestures.js";
import { Leads } from "./leads.js";
import { beatSpan, peakButtons } from "./peaks.js";
import { StripScale } from "./strip-scale.js";

const BETWEEN = 6; // pixels from one lead to the next
const KEY_SECONDS = 1;

/**
 * Shows some seconds of a recording; `select(beat)` is told which beat was chosen, `recut(source, lead, inverted)` which lead.
 * `onmove({start, end})` is told the seconds that are seen.
 */
export class StripView {
  /**
   * @param {(beat: object) => void} select
   * @param {(source: object, lead: object, inverted: boolean) => void} recut
   */
  constructor(select, recut) {
    this.select = select;
    this.onmove = (/** @type {{start: number, end: number}} */ _seen) => {};
    this.collection = null;
    this.facts = null;
    this.selected = null;
    this.length = 0; // seconds
    this.from = 0; // seconds
    this.scales = new WeakMap(); // of the leads' samples
    this.changed = watcher();
    this.moved = watcher();
    this.node = found("strip");
    this.sheet = element("div");
    this.node.append(this.sheet);
    this.scale = new StripScale(() => this.move(this.from));
    this.leads = new Leads(() => this.draw());
    this.calipers = new Calipers(this.node, (seconds) => this.goTo(seconds));
    this.listen(recut);
  }

  /** @param {(source: object, lead: object, inverted: boolean) => void} recut */
  listen(recut) {
    const chosen = () => this.collection.recording.source.signals[found("lead").selectedIndex];
    const change = () => recut(this.collection.recording.source, chosen(), found("inverted").checked);
    found("lead").addEventListener("change", change);
    found("inverted").addEventListener("change", change);
    const by = (/** @type {() => number} */ seconds) => () => this.move(this.from + seconds());
    const [before, after] = [by(() => -this.seconds), by(() => this.seconds)];
    found("moment").addEventListener("input", (event) => this.move(Number(event.target.value)));
    found("strip-before").addEventListener("click", before);
    found("strip-after").addEventListener("click", after);
    const keys = {
      ArrowLeft: by(() => -KEY_SECONDS), ArrowRight: by(() => KEY_SECONDS), PageUp: before, PageDown: after,
      Home: () => this.move(0), End: () => this.move(this.length), "+": () => this.zoom(1), "=": () => this.zoom(1), "-": () => this.zoom(-1),
    };
    gestures(this.node, { pan: (pixels) => this.move(this.from + pixels / this.scale.perSecond), zoom: (steps, x) => this.zoom(steps, x), keys });
    new ResizeObserver(() => this.move(this.from)).observe(this.node);
  }

  /** Show the part of the recording that has the selected beat, if it is another one than before. */
  show(collection, facts) {
    const { selected } = collection;
    const moved = selected !== this.selected;
    const isOther = collection.recording?.source !== this.collection?.recording?.source;
    Object.assign(this, { collection, facts, selected });
    if (isOther) this.calipers.away();
    found("recording").hidden = !collection.recording;
    if (!collection.recording) return;
    const { samples, rate, source, lead, inverted } = collection.recording;
    this.length = samples.length / rate;
    fill(found("strip-name"), `${collection.name}: ${clock(this.length)} minutes at ${rate} Hz, ${counted(collection.beats.length, "beat")}`);
    options(found("lead"), source.signals.map(({ name }, place) => [String(place), name]), String(source.signals.indexOf(lead)));
    found("inverted").checked = inverted;
    this.leads.show(source, lead);
    if (moved) this.reveal(selected);
    else this.draw();
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

  reveal({ seconds, end }) {
    const seen = seconds >= this.from && end / this.collection.recording.rate <= this.from + this.seconds;
    if (seen) this.move(this.from);
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
    slider.max = last;
    slider.value = this.from;
    slider.setAttribute("aria-valuetext", `${clock(this.from)} to ${clock(end)}`);
    this.draw();
    if (this.moved(this.from, end)) this.onmove({ start: this.from, end });
  }

  draw() {
    const width = Math.floor(this.node.clientWidth);
    if (!this.collection?.recording || !width) return;
    const { recording, beats } = this.collection;
    const { from, selected, facts, scale } = this;
    const to = from + this.seconds;
    const leads = this.leads.shown(this.signal);
    const seen = beats.filter((beat) => beat.end >= from * recording.rate && beat.peak <= to * recording.rate);
    if (!this.changed(recording, from, width, scale.gain, scale.speed, selected, facts.marks, ...leads.map(({ signal }) => signal.samples), ...seen.map(({ answer }) => answer))) return;
    const shown = this.lanes(leads);
    const [{ lane: { top } }, { lane: { bottom } }] = [shown[0], shown[shown.length - 1]];
    const x = (/** @type {number} */ seconds) => EDGE.left + (seconds - from) * scale.perSecond;
    const edge = (/** @type {number} */ sample) => Math.max(EDGE.left, Math.min(width - EDGE.right, x(sample / recording.rate)));
    const spans = seen.map((beat) => beatSpan({ left: edge(beat.start), right: edge(beat.end), top, bottom }, beat === selected, () => this.select(beat)));
    const { node, isClipped } = drawStrip(shown, { x, from, to, perSecond: scale.perSecond }, width, recording.annotations, spans);
    const buttons = { selected, marks: facts.marks, select: this.select, place: (beat) => x(beat.seconds) };
    refill(this.sheet, node, peakButtons(seen.filter(({ seconds }) => seconds >= from), buttons));
    scale.show(shown.some(({ lane }) => lane.scale.isVoltage));
    this.calipers.show({ x, from, to, perSecond: scale.perSecond, length: this.length, signals: cutFirst(shown), peaks: seen.map(({ seconds }) => seconds), top, bottom });
    fill(found("strip-scale"), this.said(shown, isClipped));
    fill(found("moment-text"), `${clock(from)} to ${clock(Math.min(to, this.length))} of ${clock(this.length)}`);
  }

  /** The lead that is cut into beats, as it is drawn. */
  get signal() {
    const { lead, unit, rate, samples } = this.collection.recording;
    return { name: lead.name, unit, rate, samples };
  }

  /** The leads one below another, each with its room. */
  lanes(leads) {
    let top = topOf(this.collection.recording.annotations);
    return leads.map(({ signal, isCut }) => {
      if (!this.scales.has(signal.samples)) this.scales.set(signal.samples, scaleOf(signal));
      const lane = laneOf(this.scales.get(signal.samples), this.scale.gain, top, leads.length > 1);
      top = lane.bottom + BETWEEN;
      return { signal, isCut, lane };
    });
  }

  /** The scale in words, which is what a drawing cannot tell everybody. */
  said(shown, isClipped) {
    const { gain, speed } = this.scale;
    const own = shown.filter(({ lane }) => !lane.scale.isVoltage).map(({ signal }) => {
      return `${signal.name} ${signal.unit ? `is in ${signal.unit}, not in volts` : "has no unit"}: it has no paper, and its scale is its own.`;
    });
    const real = own.length < shown.length ? `${gain} mm/mV and ${speed} mm/s` : `${speed} mm/s`;
    const cut = isClipped ? " It is cut off at the red marks: take a smaller gain." : "";
    return `${[`${real}, the same in the whole recording; 0 is the median of the part that is seen.`, ...own].join(" ")}${cut}`;
  }
}

/** The signals, that of the lead that is cut first. */
function cutFirst(shown) {
  return [...shown].sort((one, other) => Number(other.isCut) - Number(one.isCut)).map(({ signal }) => signal);
}
