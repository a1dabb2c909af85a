/** A recording as a strip of ECG paper: its R peaks marked by class, each beat to be chosen. */

import { drawing, element, fill, found, options, refill, watcher } from "../shared/dom.js";
import { flags } from "../beats/judging.js";
import { extent, multiples, path, scale } from "../drawing/scale.js";
import { clock, counted, duration, percent } from "../shared/words.js";

const HEIGHT = 200;
const EDGE = { left: 8, right: 8, top: 30, bottom: 22 };
const SECONDS_WIDE = 10;
const SECONDS_NARROW = 4;
const NARROW = 560;
const LARGE_SQUARE = 0.2; // seconds, as on paper at 25 mm/s
const SMALL_SQUARE = 0.04;
const HALF_TICK = 18; // pixels

/** Shows some seconds of a recording; `select(beat)` is told which beat was chosen, `recut(source, lead, inverted)` which lead. */
export class StripView {
  constructor(select, recut) {
    this.select = select;
    const chosen = () => this.collection.recording.source.signals[found("lead").selectedIndex];
    const change = () => recut(this.collection.recording.source, chosen(), found("inverted").checked);
    found("lead").addEventListener("change", change);
    found("inverted").addEventListener("change", change);
    this.changed = watcher();
    this.from = 0; // seconds
    found("moment").addEventListener("input", (event) => this.move(Number(event.target.value)));
    found("strip-before").addEventListener("click", () => this.move(this.from - this.seconds));
    found("strip-after").addEventListener("click", () => this.move(this.from + this.seconds));
    new ResizeObserver(() => this.draw()).observe(found("strip"));
  }

  /** Show the part of the recording that has the selected beat, if it is another one than before. */
  show(collection, facts) {
    const { selected } = collection;
    const moved = selected !== this.selected;
    Object.assign(this, { collection, facts, selected });
    found("recording").hidden = !collection.recording;
    if (!collection.recording) return;
    const { samples, rate, source, lead, inverted } = collection.recording;
    this.length = samples.length / rate;
    fill(found("strip-name"), `${collection.name}: ${duration(this.length)} at ${rate} Hz, ${counted(collection.beats.length, "beat")}`);
    options(found("lead"), source.signals.map(({ name }, place) => [String(place), name]), String(source.signals.indexOf(lead)));
    found("inverted").checked = inverted;
    if (moved) this.reveal(selected);
    else this.draw();
  }

  get seconds() {
    const wide = found("strip").clientWidth >= NARROW;
    return Math.min(this.length, wide ? SECONDS_WIDE : SECONDS_NARROW);
  }

  reveal({ seconds, end }) {
    const rate = this.collection.recording.rate;
    const seen = seconds >= this.from && end / rate <= this.from + this.seconds;
    this.move(seen ? this.from : seconds - this.seconds / 2);
  }

  move(seconds) {
    this.from = Math.max(0, Math.min(this.length - this.seconds, seconds));
    const slider = found("moment");
    slider.max = Math.max(0, this.length - this.seconds);
    slider.value = this.from;
    slider.setAttribute("aria-valuetext", `${clock(this.from)} to ${clock(this.from + this.seconds)}`);
    this.draw();
  }

  draw() {
    const width = Math.floor(found("strip").clientWidth);
    if (!this.collection?.recording || !width) return;
    const { samples, rate } = this.collection.recording;
    const [first, last] = [this.from * rate, (this.from + this.seconds) * rate];
    const shown = this.collection.beats.filter((beat) => beat.end >= first && beat.peak <= last);
    const { collection, selected, from, facts } = this;
    if (!this.changed(collection, selected, from, width, facts.marks, ...shown.map(({ answer }) => answer))) return;
    const part = samples.subarray(Math.floor(first), Math.ceil(last) + 1);
    const x = scale(first, last, EDGE.left, width - EDGE.right);
    const y = scale(...extent(part.filter((value) => !Number.isNaN(value))), HEIGHT - EDGE.bottom, EDGE.top);
    const node = drawing("svg", { class: "strip", width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" });
    node.append(paper(x, rate, this.from, this.seconds, width));
    node.append(...shown.map((beat) => this.span(beat, x, width)));
    node.append(drawing("path", { class: "line", d: path(part, x, y, Math.floor(first)) }));
    refill(found("strip"), node, element("div", { class: "peaks" }, shown.filter(({ peak }) => peak >= first).map((beat) => this.peak(beat, x(beat.peak)))));
    fill(found("moment-text"), `${clock(this.from)} to ${clock(this.from + this.seconds)} of ${clock(this.length)}`);
  }

  /** The chosen beat's part of the paper. */
  span(beat, x, width) {
    const [from, to] = [Math.max(x(beat.start), EDGE.left), Math.min(x(beat.end), width - EDGE.right)];
    const chosen = beat === this.collection.selected;
    return drawing("rect", { class: chosen ? "span chosen" : "span", x: from, y: EDGE.top, width: Math.max(0, to - from), height: HEIGHT - EDGE.top - EDGE.bottom, onclick: () => this.select(beat) });
  }

  /** The button above an R peak: the class's shape and label, or a dot while there is no answer. */
  peak(beat, left) {
    const { answer } = beat;
    const chosen = beat === this.collection.selected;
    const doubts = answer ? flags(answer) : [];
    const name = answer ? `Beat ${beat.number}, class ${answer.predicted}, ${percent(answer.probability)}${doubts.map((flag) => `, ${flag}`).join("")}` : `Beat ${beat.number}, not answered yet`;
    const shape = answer ? [element("span", { class: `shape ${this.facts.marks.colour(answer.predicted)}` }, this.facts.marks.shape(answer.predicted)), answer.predicted, doubts.length ? "⚠" : ""] : "·";
    const button = element("button", { type: "button", class: "peak", "data-key": beat.number, "aria-label": name, title: name, "aria-pressed": String(chosen), onclick: () => this.select(beat) }, shape);
    button.style.left = `${left}px`;
    return button;
  }
}

function paper(x, rate, from, seconds, width) {
  const [top, bottom] = [EDGE.top, HEIGHT - EDGE.bottom];
  const group = drawing("g", { class: "paper" });
  group.append(drawing("rect", { class: "sheet", x: EDGE.left, y: top, width: width - EDGE.left - EDGE.right, height: bottom - top }));
  const across = (by) => multiples(from, from + seconds, by).map((at) => `M${x(at * rate).toFixed(1)} ${top}V${bottom}`);
  const side = x(from * rate + LARGE_SQUARE * rate) - x(from * rate); // squares are square, as on paper
  const along = (by) => Array.from({ length: Math.floor((bottom - top) / by) + 1 }, (_, i) => `M${EDGE.left} ${(bottom - i * by).toFixed(1)}H${width - EDGE.right}`);
  group.append(drawing("path", { class: "minor", d: [...across(SMALL_SQUARE), ...along(side / 5)].join("") }));
  group.append(drawing("path", { class: "major", d: [...across(LARGE_SQUARE), ...along(side)].join("") }));
  for (const at of multiples(from, from + seconds, 1)) {
    const place = Math.max(EDGE.left + HALF_TICK, Math.min(width - EDGE.right - HALF_TICK, x(at * rate)));
    group.append(drawing("text", { class: "tick", x: place, y: HEIGHT - 6, "text-anchor": "middle" }, clock(at).replace(/\.0$/, "")));
  }
  return group;
}
