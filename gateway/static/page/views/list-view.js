/** The beats of a file: what came out, which of them to look at, page after page. */

import { SHOWN } from "../beats/collection.js";
import { classCounts, reliable } from "../beats/headline.js";
import { element, fill, found, options, refill, unseen, watcher } from "../shared/dom.js";
import { traceOf } from "../beats/features.js";
import { flags, sureness } from "../beats/judging.js";
import { resultsOf, save } from "../beats/results.js";
import { sparkline } from "../drawing/trace.js";
import { clock, count, counted } from "../shared/words.js";
import { SummaryView } from "./summary.js";

const PAGE = 20;
const COLUMNS = [
  ["number", "Beat"],
  ["time", "Time"],
  ["rr", "RR before"],
  [null, "Trace"],
  ["predicted", "Class"],
  ["probability", "Probability"],
  ["unusual", "Doubts"],
  ["label", "Label"],
];

const OF_RECORDINGS = ["time", "rr"];

/**
 * Shows a collection as a table; `select(beat)` is told which beat was chosen, `arranged()` that other beats are in view;
 * `labelling` makes the cells of labels.
 */
export class ListView {
  constructor(select, arranged, labelling) {
    this.select = select;
    this.arranged = arranged;
    this.labelling = labelling;
    this.summary = new SummaryView();
    this.page = 0;
    this.columnsChanged = watcher();
    this.rowsChanged = watcher();
    this.choicesChanged = watcher();
    this.numbersChanged = watcher();
    this.known = null; // how many beats each choice shows
    found("shown").addEventListener("change", (event) => this.filter({ shown: event.target.value }));
    found("of-class").addEventListener("change", (event) => this.filter({ predicted: event.target.value }));
    for (const [id, by] of [["page-first", -Infinity], ["page-before", -1], ["page-after", 1], ["page-last", Infinity]]) {
      found(id).addEventListener("click", () => this.turn(by));
    }
    found("rows").addEventListener("keydown", (event) => this.walk(event));
    found("save").addEventListener("click", () => this.save());
  }

  /** Show a collection as far as it is answered, on the page that has the selected beat if it is another one. */
  show(collection, facts) {
    const other = collection !== this.collection;
    Object.assign(this, { collection, facts });
    found("list").hidden = collection.beats.length < 2;
    if (other) this.reveal();
    this.fillChoices();
    this.summary.show(collection, facts);
    this.fillTable();
  }

  /** Turn to the page that has the selected beat. */
  reveal() {
    const place = this.collection.view.indexOf(this.collection.selected);
    if (place >= 0) this.page = Math.floor(place / PAGE);
  }

  filter(change) {
    this.collection.filterBy(change);
    this.page = 0;
    const { view } = this.collection;
    if (view.length && !view.includes(this.collection.selected)) this.select(view[0]);
    else this.arranged();
  }

  turn(by) {
    this.page = Math.max(0, Math.min(this.pages - 1, this.page + by));
    this.fillTable();
  }

  get pages() {
    return Math.max(1, Math.ceil(this.collection.view.length / PAGE));
  }

  sort(by) {
    this.collection.sortBy(by);
    this.page = 0;
    this.arranged();
  }

  /** Arrow up and down go from beat to beat. */
  walk(event) {
    const by = event.shiftKey ? undefined : { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const buttons = [...found("rows").querySelectorAll("button")];
    const place = buttons.indexOf(document.activeElement); // or -1, as in the choice of a label, which has its own keys
    const next = buttons[place + by];
    if (!by || place < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }

  save() {
    save(`${this.collection.name.replace(/\.\w+$/, "")}-answers.csv`, resultsOf(this.collection, this.facts.marks));
  }

  fillChoices() {
    const { beats, filter, labels, corrections } = this.collection;
    const answered = this.collection.done;
    if (!this.choicesChanged(beats, labels, answered, corrections.changes, filter.shown, filter.predicted, this.facts.marks)) return;
    const offered = { differs: labels.comparable, corrected: corrections.count > 0 || filter.shown === "corrected" };
    const shown = Object.entries(SHOWN).filter(([name]) => offered[name] ?? true);
    const numbers = this.numbers(answered);
    options(found("shown"), shown.map(([name, [words]]) => [name, `${words} (${count(numbers[name] ?? corrections.count)})`]), filter.shown);
    const counts = this.facts.marks.labels.map((label) => [label, `Class ${this.facts.marks.named(label)} (${count(numbers.of(label))})`]);
    options(found("of-class"), [["", "Every class"], ...counts], filter.predicted);
    found("save").disabled = !answered;
  }

  /** How many beats each choice shows, counted anew only when answers came, not when a label is corrected. */
  numbers(answered) {
    const { beats, labels } = this.collection;
    if (!this.numbersChanged(beats, labels, answered)) return this.known;
    const { reliable: sure, doubtful } = classCounts(beats);
    this.known = { of: (label) => (sure.get(label) ?? 0) + (doubtful.get(label) ?? 0) };
    for (const [name, [, belongs]] of Object.entries(SHOWN)) {
      if (name !== "corrected") this.known[name] = beats.reduce((sum, beat) => sum + Number(belongs(beat, this.collection)), 0);
    }
    return this.known;
  }

  fillTable() {
    const { view, selected, labels, corrections, order, recording } = this.collection;
    this.page = Math.min(this.page, this.pages - 1);
    const beats = view.slice(this.page * PAGE, (this.page + 1) * PAGE);
    const columns = COLUMNS.filter(([by]) => recording || !OF_RECORDINGS.includes(by));
    if (this.columnsChanged(order, recording)) refill(found("columns"), columns.map((column) => this.heading(...column)));
    if (this.rowsChanged(labels, corrections, corrections.changes, selected, this.facts.marks, ...beats, ...beats.map(({ answer }) => answer))) {
      refill(found("rows"), beats.map((beat) => this.row(beat, beat === selected)));
    }
    found("no-rows").hidden = beats.length > 0;
    fill(found("page"), `Page ${count(this.page + 1)} of ${count(this.pages)}, ${counted(view.length, "beat")}`);
    for (const id of ["page-first", "page-before"]) found(id).disabled = this.page === 0;
    for (const id of ["page-after", "page-last"]) found(id).disabled = this.page === this.pages - 1;
  }

  heading(by, name) {
    if (!by) return element("th", { scope: "col", class: "sparklines" }, name);
    const { order } = this.collection;
    const sorted = order.by === by ? (order.ascending ? "ascending" : "descending") : null;
    const arrow = element("span", { "aria-hidden": "true" }, { ascending: " ▴", descending: " ▾" }[sorted] ?? "");
    const button = element("button", { type: "button", "data-key": by, onclick: () => this.sort(by) }, name, arrow);
    return element("th", { scope: "col", class: OF_RECORDINGS.includes(by) ? by : null, "aria-sort": sorted }, button);
  }

  row(beat, chosen) {
    const open = element("button", { type: "button", "aria-current": chosen ? "true" : null, "aria-label": `Beat ${beat.number}`, "data-key": beat.number, onclick: () => this.select(beat) }, count(beat.number));
    const cells = [
      element("th", { scope: "row" }, open),
      ...(this.collection.recording ? momentCells(beat) : []),
      element("td", { class: "sparklines" }, sparkline(traceOf(beat.features, this.facts.model.features), 110, 26)),
      ...this.answerCells(beat),
      this.labelling.cell(beat),
    ];
    return element("tr", { class: chosen ? "chosen" : null, onclick: (event) => event.target.closest("button, select") || this.select(beat) }, cells);
  }

  /** The class stands in brackets where it is not to be relied on, and has no probability where it says nothing. */
  answerCells({ answer }) {
    if (!answer) return [element("td", { class: "waiting", colspan: 3 }, "…")];
    const { marks, model } = this.facts;
    const sure = sureness(answer, model.metrics?.calibration);
    const bar = element("span", { class: `bar ${marks.colour(answer.predicted)}`, "aria-hidden": "true" });
    bar.style.setProperty("--share", answer.probability);
    return [
      reliable(answer) ? element("td", {}, marks.chip(answer.predicted, marks.named(answer.predicted))) : element("td", { class: "doubted" }, marks.chip(answer.predicted, marks.doubted(answer.predicted))),
      element("td", { class: "bars" }, sure === null ? ["–", unseen(" not to be relied on")] : [bar, element("span", {}, sure)]),
      element("td", { class: "doubts" }, flags(answer).flatMap((flag) => ["⚠ ", element("span", { class: "flag" }, flag), " "])),
    ];
  }
}

/** When a beat is, and the RR interval before it. */
function momentCells({ seconds, rr }) {
  const interval = Number.isNaN(rr) ? "" : `${count(Math.round(1000 * rr))} ms`;
  return [element("td", { class: "time" }, clock(seconds)), element("td", { class: "rr" }, interval)];
}
