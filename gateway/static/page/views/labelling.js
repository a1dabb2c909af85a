/** Correcting labels: in the list's rows and below the beat, to be undone, and to be taken away as training data. */

import { contentOf, trainingFile } from "../beats/training-file.js";
import { plainLabel } from "../beats/labels.js";
import { save } from "../beats/results.js";
import { Vocabulary } from "../beats/vocabulary.js";
import { element, fill, found, options } from "../shared/dom.js";
import { counted } from "../shared/words.js";

const NONE = ""; // the choice of no label
const OTHER = "\n"; // the choice of another label than those to choose from; no label has a line's end in it

/**
 * @import { Beat } from "../beats/beat.js"
 * @import { Collection } from "../beats/collection.js"
 * @import { Labels } from "../beats/labels.js"
 * @import { Facts } from "../shared/shapes.js"
 */

/** Gives beats other labels. */
export class Labelling {
  /**
   * @param {() => void} changed is called when a beat has another label
   * @param {(beat: Beat) => void} select gets the beat to show
   */
  constructor(changed, select) {
    this.changed = changed;
    this.select = select;
    /** @type {Collection | null} */
    this.collection = null;
    /** @type {Facts | null} */
    this.facts = null;
    /** @type {Beat | null} the selected beat */
    this.selected = null;
    /** @type {Vocabulary|null} */
    this.vocabulary = null;
    /** @type {Labels | null} the labels that the vocabulary was made for */
    this.madeFor = null;
    found("label-choice").addEventListener("change", () => this.selected && this.choose(this.selected, found("label-choice")));
    found("labelling").addEventListener("submit", (event) => this.typed(event));
    found("undo").addEventListener("click", () => this.undo());
    found("save-corrected").addEventListener("click", () => this.save());
    addEventListener("beforeunload", (event) => this.collection?.corrections.unsaved && event.preventDefault());
  }

  /**
   * @param {Collection} collection
   * @param {Facts} facts
   */
  show(collection, facts) {
    const { labels, beats, corrections, selected } = collection;
    if (this.madeFor !== labels) this.vocabulary = new Vocabulary(beats.map(({ label }) => label), labels, facts.classes);
    Object.assign(this, { collection, facts, madeFor: labels });
    if (selected !== this.selected) this.clear();
    this.selected = selected;
    const label = corrections.labelOf(selected);
    options(found("label-choice"), this.choices(label), label === null ? NONE : plainLabel(label));
    fill(found("label-was"), corrections.has(selected) && `Corrected: the file has ${selected.label === null ? "no label" : labels.worded(selected.label)}.`);
    this.showCorrections(collection);
  }

  /** @param {Collection} collection */
  showCorrections(collection) {
    const { corrections } = collection;
    const { count, elsewhere, past } = corrections;
    found("corrections").hidden = !count && !elsewhere.length && !past.length;
    if (found("corrections").hidden) return;
    const others = elsewhere.length ? ` ${counted(elsewhere.length, "correction")} of another lead ${elsewhere.length === 1 ? "has" : "have"} no beat in this one: kept for that lead, and not in the file.` : "";
    fill(found("corrected-count"), `${count ? counted(count, "beat") : "No beat"} ${count > 1 ? "have" : "has"} a label that you gave or corrected.${others}`);
    fill(found("corrected-content"), contentOf(collection), corrections.downloaded && count > 0 && " Downloaded as it is now.");
    found("undo").disabled = !past.length;
    found("save-corrected").disabled = !count;
  }

  /**
   * @param {string|null} label that must be among them
   * @returns {[string, string][]}
   */
  choices(label) {
    const known = this.vocabulary?.choices ?? [];
    const isKnown = label === null || known.some(([value]) => value === plainLabel(label));
    return [[NONE, "no label"], ...known, ...(isKnown ? [] : /** @type {[string, string][]} */ ([[plainLabel(label), label]]))];
  }

  /**
   * A beat's label in the list, to be changed.
   *
   * @param {Beat} beat
   * @param {Collection} collection
   */
  cell(beat, { corrections, labels }) {
    const label = corrections.labelOf(beat);
    const chosen = label === null ? NONE : plainLabel(label);
    const all = [...this.choices(label), [OTHER, "another …"]];
    const choice = element("select", { "aria-label": `Label of beat ${beat.number}`, "data-key": `label-${beat.number}`, onchange: (/** @type {Event & {target: HTMLSelectElement}} */ event) => this.choose(beat, event.target) },
      all.map(([value, words]) => element("option", { value, selected: value === chosen }, value === NONE ? "–" : words)));
    const isCorrected = corrections.has(beat);
    const mark = isCorrected ? element("span", { class: "corrected", title: `The file has ${beat.label === null ? "no label" : labels.worded(beat.label)}` }, " ✎ ", element("span", { class: "flag" }, "corrected")) : labels.agrees(beat) === false && element("span", { class: "doubts" }, " ≠");
    return element("td", { class: "label" }, choice, mark);
  }

  /**
   * @param {Beat} beat
   * @param {HTMLSelectElement} choice
   */
  choose(beat, choice) {
    if (choice.value === OTHER) {
      this.select(beat);
      this.changed(); // the row shows the label that the beat still has
      found("label-text").focus();
      return;
    }
    this.give(beat, choice.value === NONE ? null : choice.value);
  }

  /** @param {Event} event */
  typed(event) {
    event.preventDefault();
    const text = found("label-text").value.trim();
    const refusal = text && this.vocabulary?.refusal(text);
    if (!text || refusal) return fill(found("label-refused"), refusal || "Give a label.");
    if (this.selected) this.give(this.selected, plainLabel(text));
    this.clear();
  }

  clear() {
    found("label-text").value = "";
    fill(found("label-refused"));
  }

  /**
   * @param {Beat} beat
   * @param {string|null} label
   */
  give(beat, label) {
    this.collection?.corrections.set(beat, label);
    this.changed();
  }

  undo() {
    if (!this.collection) return;
    const { beats, corrections } = this.collection;
    const beat = corrections.undo();
    if (!beat) return;
    this.changed();
    this.select(beats[beat.number - 1]); // so that it is seen
    if (!corrections.past.length) found("label-choice").focus(); // the button can no longer have the focus
  }

  async save() {
    const { collection, facts } = this;
    if (!collection || !facts) return;
    const { changes } = collection.corrections;
    const parts = await trainingFile(collection, facts.model.features, this.vocabulary?.note ?? null);
    save(`${collection.name.replace(/\.\w+$/, "")}-corrected.csv`, ...parts);
    collection.corrections.downloadedAt = changes;
    if (collection === this.collection) this.showCorrections(collection);
  }

  /**
   * May these beats be replaced by others of `name`? Asks, where corrections would be lost.
   *
   * @param {string} name
   */
  mayReplace(name) {
    const unsaved = this.collection?.corrections.unsaved;
    if (!this.collection || !unsaved) return true;
    return confirm(`${counted(unsaved, "corrected label")} of ${this.collection.name} ${unsaved === 1 ? "is" : "are"} not downloaded. Open ${name} all the same, and lose ${unsaved === 1 ? "it" : "them"}?`);
  }
}
