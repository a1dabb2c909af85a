/** Steps from the selected beat to another one: buttons, and arrow keys in the parts of the page that show beats. */

import { found } from "../shared/dom.js";

/**
 * @import { Collection } from "../beats/collection.js"
 * @import { Beat } from "../beats/beat.js"
 * @typedef {(beat: Beat) => boolean} Belongs
 */

const PLACES = "#recording, #rhythm, #beat, #list";
const FIELDS = "input:not([type='checkbox']), select, textarea, [role='slider']"; // have a use for arrows themselves
const ROWS = "#rows, #strip"; // hold a control for each beat, whose `data-key` is the number

/**
 * Each step's direction, and which beats of a collection it leads to.
 * @type {Record<string, [1 | -1, (collection: Collection) => Belongs]>}
 */
const STEPS = {
  before: [-1, any],
  after: [1, any],
  "doubtful-before": [-1, doubtful],
  "doubtful-after": [1, doubtful],
  "alike-before": [-1, alike],
  "alike-after": [1, alike],
};
/** @type {Record<string, string>} */
const KEYS = { ArrowLeft: "before", ArrowRight: "after" };
/** @type {Record<string, string>} */
const KEYS_WITH_SHIFT = { ArrowLeft: "doubtful-before", ArrowRight: "doubtful-after", ArrowUp: "alike-before", ArrowDown: "alike-after" };

/** Offers the steps that lead somewhere, and takes them. */
export class Steps {
  /** @param {(beat: Beat) => void} select gets the next beat */
  constructor(select) {
    this.select = select;
    /** @type {Collection | null} */
    this.collection = null;
    for (const name of Object.keys(STEPS)) button(name).addEventListener("click", () => this.step(name));
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  /** @param {Collection} collection */
  show(collection) {
    this.collection = collection;
    found("steps").hidden = collection.beats.length < 2;
    for (const name of Object.keys(STEPS)) button(name).disabled = !this.target(name);
  }

  /**
   * @param {string} name
   * @returns {Beat | undefined}
   */
  target(name) {
    const [by, belongsIn] = STEPS[name];
    const { collection } = this;
    // without answers there is nothing to look for among all beats
    return collection && (collection.done || belongsIn === any) ? collection.neighbour(by, belongsIn(collection)) : undefined;
  }

  /** @param {string} name */
  step(name) {
    const beat = this.target(name);
    if (!beat) return;
    const rows = document.activeElement?.closest(ROWS);
    this.select(beat);
    if (!rows) return;
    const own = /** @type {HTMLElement | null} */ (rows.querySelector(`[data-key="${beat.number}"]`));
    if (own) own.focus();
    else found("beat-name").focus({ preventScroll: true });
  }

  /**
   * A key counts only in the parts that show beats, and where nothing else there has a use for it.
   *
   * @param {KeyboardEvent} event
   */
  pressed(event) {
    if (!this.collection || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    const name = (event.shiftKey ? KEYS_WITH_SHIFT : KEYS)[event.key];
    const target = /** @type {Element} */ (event.target);
    if (!name || !target.closest(PLACES) || target.closest(FIELDS) || scrolls(target) || selects(event)) return;
    event.preventDefault();
    this.step(name);
  }
}

/** @returns {Belongs} */
function any() {
  return () => true;
}

/**
 * @param {Collection} collection
 * @returns {Belongs}
 */
function doubtful(collection) {
  return (beat) => collection.isDoubtful(beat);
}

/**
 * Those of the selected beat's class.
 *
 * @param {Collection} collection
 * @returns {Belongs}
 */
function alike({ selected }) {
  return (beat) => Boolean(selected.answer) && beat.answer?.predicted === selected.answer?.predicted;
}

/** @param {string} name */
function button(name) {
  return /** @type {HTMLButtonElement} */ (found(name));
}

/**
 * Arrows move what is wider than its place.
 *
 * @param {Element} target
 */
function scrolls(target) {
  return target.matches(".scroll") && target.scrollWidth > target.clientWidth;
}

/**
 * With Shift, arrows extend a selection of text.
 *
 * @param {KeyboardEvent} event
 */
function selects({ shiftKey }) {
  return shiftKey && !getSelection()?.isCollapsed;
}
