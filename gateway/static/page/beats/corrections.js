/** Labels that somebody corrected, beside those of the file, which stay as they are. */

import { plainLabel } from "./labels.js";

const SAME_BEAT = 0.05; // seconds between peaks that two leads show of one beat, as in data/recordings/annotations.py

/**
 * @typedef {object} Labelled
 * @property {number} number
 * @property {string|null} label of the file
 * @property {number} [seconds] where it is in a recording
 */

/** The corrections of a collection's beats. */
export class Corrections {
  constructor() {
    /** @type {Map<Labelled, string|null>} null for a beat that has no label any more */
    this.labels = new Map();
    /** @type {{seconds: number, label: string|null, saved: boolean}[]} of beats that another lead of the recording shows */
    this.elsewhere = [];
    /** @type {{beat: Labelled, label: string|null}[]} what the labels were before, the last one at the end */
    this.past = [];
    this.changes = 0;
    this.downloadedAt = -1; // after so many changes
  }

  /** How many beats that are open are corrected. */
  get count() {
    return this.labels.size;
  }

  /** Is there a file with all corrections of these beats? */
  get downloaded() {
    return this.downloadedAt === this.changes;
  }

  /** How many corrections would be lost with the page. */
  get unsaved() {
    return (this.downloaded ? 0 : this.count) + this.elsewhere.filter(({ saved }) => !saved).length;
  }

  /** @param {Labelled} beat */
  has(beat) {
    return this.labels.has(beat);
  }

  /**
   * A beat's label as it is now.
   *
   * @param {Labelled} beat
   * @returns {string|null}
   */
  labelOf(beat) {
    return this.labels.get(beat) ?? (this.labels.has(beat) ? null : beat.label);
  }

  /**
   * Set or remove a beat's label; the file's own label is not a correction.
   *
   * @param {Labelled} beat
   * @param {string|null} label
   */
  set(beat, label) {
    const before = this.labelOf(beat);
    if (same(label, before)) return;
    this.past.push({ beat, label: before });
    this.put(beat, label);
  }

  /**
   * Take the last change back.
   *
   * @returns {Labelled|null} the beat that it was made to
   */
  undo() {
    const last = this.past.pop();
    if (!last) return null;
    this.put(last.beat, last.label);
    return last.beat;
  }

  /**
   * Take over the corrections of the same recording's beats as another lead shows them; those without a beat here are kept
   * for the lead that has it.
   *
   * @param {Corrections} from
   * @param {Labelled[]} beats in the order of their seconds
   */
  carry(from, beats) {
    const known = [...from.labels].map(([{ seconds = NaN }, label]) => ({ seconds, label, saved: from.downloaded }));
    for (const each of [...known, ...from.elsewhere]) {
      const beat = nearest(beats, each.seconds);
      if (beat && Math.abs((beat.seconds ?? NaN) - each.seconds) <= SAME_BEAT) this.put(beat, each.label);
      else this.elsewhere.push(each);
    }
    if (!from.unsaved) this.downloadedAt = this.changes;
  }

  /**
   * @param {Labelled} beat
   * @param {string|null} label
   */
  put(beat, label) {
    if (same(label, beat.label)) this.labels.delete(beat);
    else this.labels.set(beat, label);
    this.changes += 1;
  }
}

/**
 * @param {string|null} one
 * @param {string|null} other
 */
function same(one, other) {
  return one === null || other === null ? one === other : plainLabel(one) === plainLabel(other);
}

/**
 * @param {Labelled[]} beats
 * @param {number} seconds
 * @returns {Labelled|undefined}
 */
function nearest(beats, seconds) {
  const at = (/** @type {number} */ place) => beats[place]?.seconds ?? Infinity;
  let [low, high] = [0, beats.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(middle) < seconds) low = middle + 1;
    else high = middle;
  }
  return Math.abs(seconds - at(low - 1)) < Math.abs(at(low) - seconds) ? beats[low - 1] : beats[low];
}
