/** The open beats: their answers, and the order in which they are shown. */

/**
 * @import { OpenRecording } from "../shared/shapes.js"
 * @import { Answer } from "./answer.js"
 * @import { Beat } from "./beat.js"
 * @import { Origin } from "./link.js"
 * @import { Shown, Sorted } from "./shown.js"
 */

import { Corrections } from "./corrections.js";
import { Labels } from "./labels.js";
import { ordered } from "./ordering.js";
import { SHOWN, SORTED } from "./shown.js";

const DOUBTFUL = [SHOWN.abstain, SHOWN.unusual, SHOWN.differs].map(([, belongs]) => belongs);

/** Beats in order, of which there is one at least. */
export class Collection {
  /**
   * @param {object} opened
   * @param {string} opened.name for people, as what was understood
   * @param {Beat[]} opened.beats
   * @param {string} [opened.understood]
   * @param {OpenRecording|null} [opened.recording] that they were cut from
   * @param {Origin|null} [opened.origin] for links
   */
  constructor({ name, beats, understood = "", recording = null, origin = null }) {
    this.name = name;
    this.beats = beats;
    this.understood = understood;
    this.recording = recording;
    this.origin = origin;
    this.selected = beats[0];
    /** @type {Beat|null} */
    this.pinned = null; // to compare others with
    /** @type {{shown: Shown, predicted: string}} */
    this.filter = { shown: "all", predicted: "" };
    /** @type {{by: Sorted, ascending: boolean}} */
    this.order = { by: "number", ascending: true };
    /** @type {Beat[]|null} the view, until something changes */
    this.found = null;
    this.done = this.answered.length;
    this.corrections = new Corrections();
    this.labels = new Labels([], { labels: [] });
    /** @type {import("./labels.js").Classes|null} the classes that the labels were last compared with */
    this.classes = null;
  }

  /**
   * Hold the labels to a model's classes; to the same ones only once.
   *
   * @param {import("./labels.js").Classes} classes
   */
  compareWith(classes) {
    if (classes === this.classes) return;
    this.classes = classes;
    this.labels = new Labels(this.beats.map(({ label }) => label), classes);
    if (this.filter.shown === "differs" && !this.labels.comparable) this.filter.shown = "all"; // this filter is no longer offered
    this.changed();
  }

  /** A label was corrected: the view is another one only where labels decide it. */
  relabelled() {
    if (this.filter.shown === "corrected" || this.order.by === "label") this.changed();
  }

  /**
   * Take the answers of some beats, in their order.
   *
   * @param {Beat[]} beats
   * @param {Answer[]} answers
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

  get answered() {
    return this.beats.filter(isAnswered);
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
    const beats = this.beats.filter((beat) => belongs(beat, this) && (!predicted || beat.answer?.predicted === predicted));
    const { by, ascending } = this.order;
    return by === "number" && ascending ? beats : ordered(beats, (beat) => SORTED[by](beat, this), ascending);
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
   */
  within(first, last) {
    const beats = this.recording?.beats ?? [];
    const from = firstOf(beats, ({ end }) => end >= first);
    return beats.slice(from, firstOf(beats, ({ peak }) => peak > last));
  }

  /**
   * Should people look at it: does the model abstain, is the beat unusual, or is its label another class?
   *
   * @param {Beat} beat
   */
  isDoubtful(beat) {
    return DOUBTFUL.some((belongs) => belongs(beat, this));
  }

  /** Let only some beats through. @param {Partial<Collection["filter"]>} change */
  filterBy(change) {
    Object.assign(this.filter, change);
    this.changed();
  }

  /** Sort by a column; once more, the other way round. @param {Sorted} by */
  sortBy(by) {
    this.changed();
    this.order = { by, ascending: this.order.by === by ? !this.order.ascending : true };
  }

  /**
   * The first beat after the selected one, among those in view, that belongs to what is looked for.
   *
   * @param {1 | -1} by which way to go; -1 is before the selected one
   * @param {(beat: Beat) => boolean} [belongs]
   * @returns {Beat | undefined}
   */
  neighbour(by, belongs = () => true) {
    const { view } = this;
    let place = view.indexOf(this.selected) + by;
    while (place >= 0 && place < view.length && !belongs(view[place])) place += by;
    return view[place];
  }
}

/**
 * @param {Beat} beat
 * @returns {beat is import("./beat.js").AnsweredBeat}
 */
function isAnswered(beat) {
  return Boolean(beat.answer);
}

/**
 * The place of the first beat that is so, where all that follow are, too.
 *
 * @template {Beat} B
 * @param {B[]} beats
 * @param {(beat: B) => boolean} isSo
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
