/** The beats that are open: their answers, and which of them are looked at in which order. */

import { ordered } from "./ordering.js";

/** What can be shown: a name for people, and whether a beat belongs to it. */
export const SHOWN = {
  all: ["All", () => true],
  abstain: ["Where the model abstains", (beat) => Boolean(beat.answer?.abstain)],
  unusual: ["Unusual beats", (beat) => Boolean(beat.answer?.unusual)],
  differs: ["Other than their label", (beat) => differs(beat)],
  waiting: ["Not answered yet", (beat) => !beat.answer],
};

/** What can be sorted by: the value of a beat, which may be missing. */
export const SORTED = {
  number: (beat) => beat.number,
  label: (beat) => beat.label,
  predicted: (beat) => beat.answer?.predicted,
  probability: (beat) => beat.answer?.probability,
  unusual: (beat) => beat.answer?.unusualScore,
};

/** Does the model say another class than the label? */
export function differs(beat) {
  return Boolean(beat.answer) && beat.label !== null && beat.label !== beat.answer.predicted;
}

/** Beats in order, with `name` and `understood` for people and `recording` where they were cut from one. */
export class Collection {
  constructor({ name, beats, understood = "", recording = null }) {
    Object.assign(this, { name, beats, understood, recording });
    this.selected = beats[0];
    this.filter = { shown: "all", predicted: "" };
    this.order = { by: "number", ascending: true };
    /** @type {object[]|null} the view, until something changes */
    this.found = null;
    this.done = beats.filter((beat) => beat.answer).length; // beats that have an answer
  }

  /**
   * Take the answers of some beats, in their order.
   *
   * @param {import("./beat.js").Beat[]} beats
   * @param {import("./answer.js").Answer[]} answers
   */
  take(beats, answers) {
    beats.forEach((beat, place) => {
      this.done += Number(!beat.answer);
      beat.answer = answers[place];
    });
    this.changed();
  }

  /** Answers have come. */
  changed() {
    this.found = null;
  }

  get labelled() {
    return this.beats.some((beat) => beat.label !== null);
  }

  get answered() {
    return this.beats.filter((beat) => beat.answer);
  }

  get waiting() {
    return this.beats.filter((beat) => !beat.answer);
  }

  /** The beats that the filter lets through, in the order that was chosen; those without a value come last. */
  get view() {
    this.found ??= this.find();
    return this.found;
  }

  find() {
    if (this.isWhole) return this.beats;
    const [, belongs] = SHOWN[this.filter.shown];
    const { predicted } = this.filter;
    const beats = this.beats.filter((beat) => belongs(beat) && (!predicted || beat.answer?.predicted === predicted));
    const { by, ascending } = this.order;
    return by === "number" && ascending ? beats : ordered(beats, SORTED[by], ascending);
  }

  /** Are all beats in view, as they were given? */
  get isWhole() {
    const { filter, order } = this;
    return filter.shown === "all" && !filter.predicted && order.by === "number" && order.ascending;
  }

  /**
   * The beats of a recording that reach into a part of it, found without looking at all of them.
   *
   * @param {number} first sample number
   * @param {number} last
   * @returns {import("./beat.js").Beat[]}
   */
  within(first, last) {
    const { beats } = this;
    const from = firstOf(beats, ({ end = 0 }) => end >= first);
    return beats.slice(from, firstOf(beats, ({ peak = 0 }) => peak > last));
  }

  /** Let only some beats through. */
  filterBy(change) {
    Object.assign(this.filter, change);
    this.changed();
  }

  /** Sort by a column; once more, the other way round. */
  sortBy(by) {
    this.changed();
    this.order = { by, ascending: this.order.by === by ? !this.order.ascending : true };
  }

  /** How many beats the model gave each class. */
  get classes() {
    const counts = new Map();
    for (const { answer } of this.answered) counts.set(answer.predicted, (counts.get(answer.predicted) ?? 0) + 1);
    return counts;
  }

  /** The beat `by` places on from the selected one, among those in view. */
  neighbour(by) {
    const view = this.view;
    return view[view.indexOf(this.selected) + by];
  }
}

/**
 * The place of the first beat that is so, where all that follow are, too.
 *
 * @param {import("./beat.js").Beat[]} beats
 * @param {(beat: import("./beat.js").Beat) => boolean} isSo
 */
function firstOf(beats, isSo) {
  let [low, high] = [0, beats.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(beats[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
