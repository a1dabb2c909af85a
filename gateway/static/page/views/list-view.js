/** The beats of a file: what came out, which of them to look at, page after page. */

import { SHOWN, differs } from "../beats/collection.js";
import { element, fill, found, options, refill, watcher } from "../shared/dom.js";
import { traceOf } from "../beats/features.js";
import { flags } from "../beats/judging.js";
import { resultsOf, save } from "../beats/results.js";
import { sparkline } from "../drawing/trace.js";
import { clock, count, counted, percent } from "../shared/words.js";

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

/** Shows a collection as a table; `select(beat)` is told which beat was chosen, `arranged()` that other beats are in view. */
export class ListView {
  constructor(select, arranged) {
    this.select = select;
    this.arranged = arranged;
    this.page = 0;
    this.columnsChanged = watcher();
    this.rowsChanged = watcher();
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
    this.fillSummary();
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
    const next = buttons[buttons.indexOf(document.activeElement) + by];
    if (!by || !next) return;
    event.preventDefault();
    next.focus();
  }

  save() {
    const labels = this.facts.marks.labels;
    save(`${this.collection.name.replace(/\.\w+$/, "")}-answers.csv`, resultsOf(this.collection.beats, labels));
  }

  fillChoices() {
    const { filter, labelled, classes } = this.collection;
    const shown = Object.entries(SHOWN).filter(([name]) => name !== "differs" || labelled);
    options(found("shown"), shown.map(([name, [words, belongs]]) => [name, `${words} (${count(this.collection.beats.filter(belongs).length)})`]), filter.shown);
    const counts = this.facts.marks.labels.map((label) => [label, `Class ${label} (${count(classes.get(label) ?? 0)})`]);
    options(found("of-class"), [["", "Every class"], ...counts], filter.predicted);
    found("save").disabled = !this.collection.answered.length;
  }

  fillSummary() {
    const { answered, beats, classes, labelled } = this.collection;
    const known = this.facts.marks.labels.filter((label) => classes.has(label));
    const parts = known.map((label) => [label, classes.get(label)]).map(([label, number]) => this.facts.marks.chip(label, `Class ${label}: ${count(number)} (${percent(number / answered.length)})`));
    const named = answered.filter((beat) => beat.label !== null);
    const same = named.filter((beat) => !differs(beat)).length;
    const words = labelled && named.length ? `Of ${counted(named.length, "labelled beat")}, the model agrees with ${count(same)} (${percent(same / named.length)}).` : "";
    fill(found("summary"), element("p", {}, `${count(answered.length)} of ${counted(beats.length, "beat")} answered. ${words}`), element("p", { class: "chips" }, parts));
  }

  fillTable() {
    const { view, selected, labelled, order, recording } = this.collection;
    this.page = Math.min(this.page, this.pages - 1);
    const beats = view.slice(this.page * PAGE, (this.page + 1) * PAGE);
    const columns = COLUMNS.filter(([by]) => (by !== "label" || labelled) && (recording || !OF_RECORDINGS.includes(by)));
    if (this.columnsChanged(labelled, order, recording)) refill(found("columns"), columns.map((column) => this.heading(...column)));
    if (this.rowsChanged(labelled, selected, this.facts.marks, ...beats, ...beats.map(({ answer }) => answer))) {
      refill(found("rows"), beats.map((beat) => this.row(beat, beat === selected, columns)));
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

  row(beat, chosen, columns) {
    const open = element("button", { type: "button", "aria-current": chosen ? "true" : null, "aria-label": `Beat ${beat.number}`, "data-key": beat.number, onclick: () => this.select(beat) }, count(beat.number));
    const cells = [
      element("th", { scope: "row" }, open),
      ...(this.collection.recording ? momentCells(beat) : []),
      element("td", { class: "sparklines" }, sparkline(traceOf(beat.features, this.facts.model.features), 110, 26)),
      ...this.answerCells(beat),
      columns.some(([by]) => by === "label") && element("td", {}, beat.label ?? "", differs(beat) ? element("span", { class: "doubts" }, " ≠") : null),
    ];
    return element("tr", { class: chosen ? "chosen" : null, onclick: (event) => event.target.closest("button") || this.select(beat) }, cells.filter(Boolean));
  }

  answerCells({ answer }) {
    if (!answer) return [element("td", { class: "waiting", colspan: 3 }, "…")];
    const bar = element("span", { class: `bar ${this.facts.marks.colour(answer.predicted)}`, "aria-hidden": "true" });
    bar.style.setProperty("--share", answer.probability);
    return [
      element("td", {}, this.facts.marks.chip(answer.predicted, answer.predicted)),
      element("td", { class: "bars" }, bar, element("span", {}, percent(answer.probability))),
      element("td", { class: "doubts" }, flags(answer).map((flag) => `⚠ ${flag}`).join(", ")),
    ];
  }
}

/** When a beat is, and the RR interval before it. */
function momentCells({ seconds, rr }) {
  const interval = Number.isNaN(rr) ? "" : `${count(Math.round(1000 * rr))} ms`;
  return [element("td", { class: "time" }, clock(seconds)), element("td", { class: "rr" }, interval)];
}
