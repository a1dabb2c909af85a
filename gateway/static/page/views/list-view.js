/** The beats of a file: what came out, which of them to look at, page after page. */

import { element, fill, found, refill, watcher } from "../shared/dom.js";
import { traceOf } from "../beats/features.js";
import { resultsOf, save } from "../beats/results.js";
import { sparkline } from "../drawing/trace.js";
import { count, counted } from "../shared/words.js";
import { answerCells, momentCells } from "./list-cells.js";
import { ListChoices } from "./list-choices.js";
import { SummaryView } from "./summary.js";

/**
 * @import { Beat } from "../beats/beat.js"
 * @import { Collection } from "../beats/collection.js"
 * @import { Sorted } from "../beats/shown.js"
 * @import { Facts } from "../shared/shapes.js"
 * @import { Labelling } from "./labelling.js"
 * @typedef {{collection: Collection, facts: Facts}} Open
 */

const PAGE = 20;
/** @type {[Sorted | null, string][]} */
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

/** @type {(Sorted | null)[]} */
const OF_RECORDINGS = ["time", "rr"];

/** Shows a collection as a table. */
export class ListView {
  /**
   * @param {(beat: Beat) => void} select gets the chosen beat
   * @param {() => void} arranged is called when other beats are in view
   * @param {Labelling} labelling makes the cells of labels
   */
  constructor(select, arranged, labelling) {
    this.select = select;
    this.arranged = arranged;
    this.labelling = labelling;
    this.summary = new SummaryView();
    this.choices = new ListChoices((change) => this.filter(change));
    this.page = 0;
    this.columnsChanged = watcher();
    this.rowsChanged = watcher();
    /** @type {Open | null} */
    this.open = null;
    const turns = { "page-first": -Infinity, "page-before": -1, "page-after": 1, "page-last": Infinity };
    for (const [id, by] of Object.entries(turns)) found(id).addEventListener("click", () => this.turn(by));
    found("rows").addEventListener("keydown", (event) => this.walk(event));
    found("save").addEventListener("click", () => this.save());
  }

  /**
   * Show a collection as far as it is answered, on the page that has the selected beat if it is another one.
   *
   * @param {Collection} collection
   * @param {Facts} facts
   */
  show(collection, facts) {
    const other = collection !== this.open?.collection;
    this.open = { collection, facts };
    found("list").hidden = collection.beats.length < 2;
    if (other) this.reveal();
    this.choices.show(collection, facts.marks);
    found("save").disabled = !collection.done;
    this.summary.show(collection, facts);
    this.fillTable(this.open);
  }

  /** Turn to the page that has the selected beat. */
  reveal() {
    if (!this.open) return;
    const { view, selected } = this.open.collection;
    const place = view.indexOf(selected);
    if (place >= 0) this.page = Math.floor(place / PAGE);
  }

  /** @param {Partial<Collection["filter"]>} change */
  filter(change) {
    if (!this.open) return;
    const { collection } = this.open;
    collection.filterBy(change);
    this.page = 0;
    const { view, selected } = collection;
    if (view.length && !view.includes(selected)) this.select(view[0]);
    else this.arranged();
  }

  /** @param {number} by pages */
  turn(by) {
    this.page = Math.max(0, this.page + by);
    if (this.open) this.fillTable(this.open);
  }

  /**
   * @param {Collection} collection
   * @param {Sorted} by
   */
  sort(collection, by) {
    collection.sortBy(by);
    this.page = 0;
    this.arranged();
  }

  /** Arrow up and down go from beat to beat. @param {KeyboardEvent} event */
  walk(event) {
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    const by = event.shiftKey ? 0 : (steps[event.key] ?? 0);
    const buttons = [...found("rows").querySelectorAll("button")];
    const place = buttons.findIndex((button) => button === document.activeElement); // or -1, as in the choice of a label, which has its own keys
    const next = buttons[place + by];
    if (!by || place < 0 || !next) return;
    event.preventDefault();
    next.focus();
  }

  save() {
    if (!this.open) return;
    const { collection, facts } = this.open;
    save(`${collection.name.replace(/\.\w+$/, "")}-answers.csv`, resultsOf(collection, facts.marks));
  }

  /** @param {Open} open */
  fillTable(open) {
    const { view, selected, labels, corrections, order, recording } = open.collection;
    const pages = Math.max(1, Math.ceil(view.length / PAGE));
    this.page = Math.min(this.page, pages - 1);
    const beats = view.slice(this.page * PAGE, (this.page + 1) * PAGE);
    const columns = COLUMNS.filter(([by]) => recording || !OF_RECORDINGS.includes(by));
    if (this.columnsChanged(order, recording)) refill(found("columns"), columns.map(([by, name]) => this.heading(open.collection, by, name)));
    if (this.rowsChanged(labels, corrections, corrections.changes, selected, open.facts.marks, ...beats, ...beats.map(({ answer }) => answer))) {
      refill(found("rows"), beats.map((beat) => this.row(open, beat)));
    }
    found("no-rows").hidden = beats.length > 0;
    fill(found("page"), `Page ${count(this.page + 1)} of ${count(pages)}, ${counted(view.length, "beat")}`);
    for (const button of [found("page-first"), found("page-before")]) button.disabled = this.page === 0;
    for (const button of [found("page-after"), found("page-last")]) button.disabled = this.page === pages - 1;
  }

  /**
   * @param {Collection} collection
   * @param {Sorted | null} by
   * @param {string} name
   */
  heading(collection, by, name) {
    if (!by) return element("th", { scope: "col", class: "sparklines" }, name);
    const { order } = collection;
    const sorted = order.by === by ? (order.ascending ? "ascending" : "descending") : null;
    const arrow = element("span", { "aria-hidden": "true" }, sorted && { ascending: " ▴", descending: " ▾" }[sorted]);
    const button = element("button", { type: "button", "data-key": by, onclick: () => this.sort(collection, by) }, name, arrow);
    return element("th", { scope: "col", class: OF_RECORDINGS.includes(by) ? by : null, "aria-sort": sorted }, button);
  }

  /**
   * @param {Open} open
   * @param {Beat} beat
   */
  row({ collection, facts }, beat) {
    const { recording, selected } = collection;
    const chosen = beat === selected;
    const clicked = (/** @type {Event & {target: Element}} */ { target }) => target.closest("button, select") || this.select(beat);
    const open = element("button", { type: "button", "aria-current": chosen ? "true" : null, "aria-label": `Beat ${beat.number}`, "data-key": beat.number, onclick: () => this.select(beat) }, count(beat.number));
    const cells = [
      element("th", { scope: "row" }, open),
      ...(recording ? momentCells(recording.beats[beat.place]) : []),
      element("td", { class: "sparklines" }, sparkline(traceOf(beat.features, facts.model.features), 110, 26)),
      ...answerCells(beat, facts),
      this.labelling.cell(beat, collection),
    ];
    return element("tr", { class: chosen ? "chosen" : null, onclick: clicked }, cells);
  }
}
