/** Which beats the list shows: all, those in doubt, those of a class; each choice with the number of its beats. */

import { classCounts } from "../beats/headline.js";
import { SHOWN } from "../beats/shown.js";
import { found, options, watcher } from "../shared/dom.js";
import { count } from "../shared/words.js";

/**
 * @import { Collection } from "../beats/collection.js"
 * @import { Shown } from "../beats/shown.js"
 * @import { Marks } from "../shared/marks.js"
 * @typedef {Partial<Record<Shown, number>>} Counts
 * @typedef {{shown: Counts, ofClass: (label: string) => number}} Numbers of beats
 */

export class ListChoices {
  /** @param {(change: Partial<Collection["filter"]>) => void} filter */
  constructor(filter) {
    this.changed = watcher();
    this.numbersChanged = watcher();
    /** @type {Numbers} */
    this.known = { shown: {}, ofClass: () => 0 };
    found("shown").addEventListener("change", () => filter({ shown: /** @type {Shown} */ (found("shown").value) }));
    found("of-class").addEventListener("change", () => filter({ predicted: found("of-class").value }));
  }

  /**
   * @param {Collection} collection
   * @param {Marks} marks
   */
  show(collection, marks) {
    const { beats, filter, labels, corrections, done } = collection;
    if (!this.changed(beats, labels, done, corrections.changes, filter.shown, filter.predicted, marks)) return;
    const { shown, ofClass } = this.numbers(collection);
    options(found("shown"), offered(collection).map((name) => [name, `${SHOWN[name][0]} (${count(shown[name] ?? corrections.count)})`]), filter.shown);
    /** @type {[string, string][]} */
    const counts = marks.labels.map((label) => [label, `Class ${marks.named(label)} (${count(ofClass(label))})`]);
    options(found("of-class"), [["", "Every class"], ...counts], filter.predicted);
  }

  /** Counted again only after answers, not after a corrected label. @param {Collection} collection */
  numbers(collection) {
    const { beats, labels, done } = collection;
    if (!this.numbersChanged(beats, labels, done)) return this.known;
    const { reliable, doubtful } = classCounts(beats);
    /** @type {Counts} */
    const shown = {};
    for (const name of names()) {
      const [, belongs] = SHOWN[name];
      if (name !== "corrected") shown[name] = beats.reduce((sum, beat) => sum + Number(belongs(beat, collection)), 0);
    }
    this.known = { shown, ofClass: (label) => (reliable.get(label) ?? 0) + (doubtful.get(label) ?? 0) };
    return this.known;
  }
}

function names() {
  return /** @type {Shown[]} */ (Object.keys(SHOWN));
}

/** @param {Collection} collection */
function offered({ filter, labels, corrections }) {
  /** @type {Partial<Record<Shown, boolean>>} */
  const some = { differs: labels.comparable, corrected: corrections.count > 0 || filter.shown === "corrected" };
  return names().filter((name) => some[name] ?? true);
}
