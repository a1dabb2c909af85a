/** Two calipers on a strip, by mouse, touch and keyboard. */

import { between, valueAt } from "../drawing/calipers.js";
import { element, fill, found } from "../shared/dom.js";
import { decimal } from "../shared/words.js";

const AT_FIRST = [0.35, 0.65]; // of the part that is seen, where it has no two beats
const FAR = 0.1; // seconds, by the keys of a page
const NAMES = ["First caliper", "Second caliper"];

/**
 * @typedef {import("../drawing/lane.js").Signal} Signal
 * @typedef {object} Seen what the calipers lie on
 * @property {(seconds: number) => number} x
 * @property {number} from seconds
 * @property {number} to
 * @property {number} perSecond pixels
 * @property {number} length of the recording, in seconds
 * @property {Signal[]} signals of which the first gives the step of a key
 * @property {number[]} peaks the R peaks that are seen, in seconds
 * @property {number} top pixels
 * @property {number} bottom
 */

/** @type {Seen} */
const NOTHING = { x: () => 0, from: 0, to: 0, perSecond: 1, length: 0, signals: [], peaks: [], top: 0, bottom: 0 };

/** Lie on `node`; `reveal(seconds)` is asked to move the strip where a caliper leaves what is seen. */
export class Calipers {
  /**
   * @param {HTMLElement} node
   * @param {(seconds: number) => void} reveal
   */
  constructor(node, reveal) {
    /** @type {number[]} */
    this.places = []; // in seconds; none while they are away
    /** @type {Seen} */
    this.seen = NOTHING; // until a recording is drawn
    this.reveal = reveal;
    this.button = found("calipers");
    this.button.addEventListener("click", () => this.toggle());
    this.handles = NAMES.map((name, which) => this.handle(name, which));
    node.append(...this.handles);
  }

  toggle() {
    this.places = this.places.length ? [] : this.atFirst().map((seconds) => this.onSample(seconds));
    this.draw();
    if (this.places.length) this.handles[0].focus({ preventScroll: true });
  }

  /** One RR interval in the middle of what is seen. */
  atFirst() {
    const { from, to, length, peaks } = this.seen;
    const inside = peaks.filter((seconds) => seconds >= from && seconds <= to);
    const middle = Math.max(0, Math.floor(inside.length / 2) - 1);
    return inside.length > 1 ? inside.slice(middle, middle + 2) : AT_FIRST.map((share) => from + share * (Math.min(to, length) - from));
  }

  /** @param {Seen} seen */
  show(seen) {
    this.seen = seen;
    this.draw();
  }

  /** Another recording is open. */
  away() {
    this.places = [];
  }

  /**
   * @param {string} name
   * @param {number} which
   */
  handle(name, which) {
    const node = element("div", { class: "caliper", role: "slider", tabindex: 0, "aria-label": name, "aria-valuemin": 0, hidden: true });
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      node.focus({ preventScroll: true });
      event.preventDefault();
    });
    node.addEventListener("pointermove", (event) => {
      if (!node.hasPointerCapture(event.pointerId)) return;
      const { from, perSecond, x } = this.seen;
      const place = event.clientX - (node.parentElement?.getBoundingClientRect().left ?? 0);
      this.put(which, Math.max(from, Math.min(this.seen.to, from + (place - x(from)) / perSecond)));
    });
    node.addEventListener("keydown", (event) => this.key(which, event));
    return node;
  }

  /**
   * @param {number} which
   * @param {KeyboardEvent} event
   */
  key(which, event) {
    const { from, to, signals } = this.seen;
    const place = this.places[which];
    const step = (event.shiftKey ? 10 : 1) / signals[0].rate;
    /** @type {Record<string, number>} */
    const places = { ArrowLeft: place - step, ArrowRight: place + step, ArrowDown: place - step, ArrowUp: place + step, PageDown: place - FAR, PageUp: place + FAR, Home: from, End: to };
    const moved = places[event.key];
    if (moved === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (this.places[which] = this.onSample(moved));
    if (next < from || next > to) this.reveal(next); // before it is drawn: what is hidden loses the focus
    this.draw();
  }

  /**
   * @param {number} which
   * @param {number} seconds
   */
  put(which, seconds) {
    this.places[which] = this.onSample(seconds);
    this.draw();
  }

  /** @param {number} seconds */
  onSample(seconds) {
    const { rate, samples } = this.seen.signals[0];
    return Math.max(0, Math.min(samples.length - 1, Math.round(seconds * rate))) / rate;
  }

  draw() {
    const areOn = this.places.length > 0;
    this.button.setAttribute("aria-pressed", String(areOn));
    this.handles.forEach((handle, which) => this.drawHandle(handle, this.places[which]));
    fill(found("calipers-reading"), areOn ? between([this.places[0], this.places[1]], this.seen.signals) : "");
  }

  /**
   * @param {HTMLElement} handle
   * @param {number | undefined} place
   */
  drawHandle(handle, place) {
    const { x, from, to, length, signals, top, bottom } = this.seen;
    const isSeen = place !== undefined && place >= from && place <= to;
    handle.hidden = !isSeen;
    if (!isSeen) return;
    Object.assign(handle.style, { left: `${x(place)}px`, top: `${top}px`, height: `${bottom - top}px` });
    const { name, unit } = signals[0];
    const value = valueAt(signals[0], place);
    const height = Number.isNaN(value) ? "a gap" : `${decimal(value)} ${unit}`;
    handle.setAttribute("aria-valuenow", String(Math.round(1000 * place)));
    handle.setAttribute("aria-valuemax", String(Math.round(1000 * length)));
    handle.setAttribute("aria-valuetext", `${decimal(place, 3)} seconds, ${name} ${height}`);
  }
}
