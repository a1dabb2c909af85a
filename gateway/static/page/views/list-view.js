/** The beats of a file: what came out, which of them to look at, page after page. */

import { element, fill, found, refill, watcher } from "../shared/dom.js";
import { traceOf } from "../beats/features.js";
import { resultsOf, save } from "../beats/results.js";
import { sparkline } from "../drawing/trace.js";
import { count, counted } from "../shared/words.js";
import { answerCells, momentCells } from "./list-cells.js";
import { ListChoices } from "./list-choices.js";
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
    this.choices = new ListChoices((change) => this.filter(change));
    this.page = 0;
    this.columnsChanged = watcher();
    this.rowsChanged = watcher();
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
    this.choices.show(collection, facts.marks);
    found("save").disabled = !collection.done;
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
      ...answerCells(beat, this.facts),
      this.labelling.cell(beat),
    ];
    return element("tr", { class: chosen ? "chosen" : null, onclick: (event) => event.target.closest("button, select") || this.select(beat) }, cells);
  }
}
