/** Steps from the selected beat to another one: buttons, and arrow keys in the parts of the page that show beats. */

import { isDoubtful } from "../beats/collection.js";
import { found } from "../shared/dom.js";

const PLACES = "#recording, #rhythm, #beat, #list";
const FIELDS = "input:not([type='checkbox']), select, textarea, [role='slider']"; // have a use for arrows themselves
const ROWS = "#rows, #strip"; // hold a control for each beat, whose `data-key` is the number

/** Of a direction, which beats are stepped to: any, doubtful ones, or ones of the selected beat's class. */
const STEPS = {
  before: [-1, () => () => true],
  after: [1, () => () => true],
  "doubtful-before": [-1, () => isDoubtful],
  "doubtful-after": [1, () => isDoubtful],
  "alike-before": [-1, alike],
  "alike-after": [1, alike],
};
const KEYS = { ArrowLeft: "before", ArrowRight: "after" };
const KEYS_WITH_SHIFT = { ArrowLeft: "doubtful-before", ArrowRight: "doubtful-after", ArrowUp: "alike-before", ArrowDown: "alike-after" };

/** `select(beat)` is told where a step leads. */
export class Steps {
  /** @param {(beat: object) => void} select */
  constructor(select) {
    Object.assign(this, { select, collection: null });
    for (const name of Object.keys(STEPS)) found(name).addEventListener("click", () => this.step(name));
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  /** Offer the steps that lead somewhere. */
  show(collection) {
    this.collection = collection;
    found("steps").hidden = collection.beats.length < 2;
    for (const name of Object.keys(STEPS)) found(name).disabled = !this.target(name);
  }

  target(name) {
    const [by, belongsFor] = STEPS[name];
    return this.collection.neighbour(by, belongsFor(this.collection.selected));
  }

  step(name) {
    const beat = this.target(name);
    if (!beat) return;
    const rows = document.activeElement?.closest(ROWS);
    this.select(beat);
    if (!rows) return;
    const own = rows.querySelector(`[data-key="${beat.number}"]`) ?? found("beat-name");
    own.focus({ preventScroll: own.id === "beat-name" });
  }

  /** A key counts only in the parts that show beats, and where nothing else there has a use for it. */
  pressed(event) {
    if (!this.collection || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const name = (event.shiftKey ? KEYS_WITH_SHIFT : KEYS)[event.key];
    const { target } = event;
    if (!name || !target.closest(PLACES) || target.closest(FIELDS) || scrolls(target) || selects(event)) return;
    event.preventDefault();
    this.step(name);
  }
}

function alike(selected) {
  return (beat) => Boolean(selected.answer) && beat.answer?.predicted === selected.answer.predicted;
}

/** Arrows move what is wider than its place. */
function scrolls(target) {
  return target.matches(".scroll") && target.scrollWidth > target.clientWidth;
}

/** With Shift, arrows extend a selection of text. */
function selects({ shiftKey }) {
  return shiftKey && !getSelection()?.isCollapsed;
}
