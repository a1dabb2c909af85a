/** What can be shown of a collection, and what it can be sorted by. */

/**
 * @import { Beat } from "./beat.js"
 * @import { Collection } from "./collection.js"
 * @import { Value } from "./ordering.js"
 * @typedef {"all"|"abstain"|"unusual"|"differs"|"corrected"|"waiting"} Shown
 * @typedef {"number"|"time"|"rr"|"label"|"predicted"|"probability"|"unusual"} Sorted
 * @typedef {(beat: Beat, collection: Collection) => boolean} Belongs
 */

/**
 * What can be shown: a name for people, and whether a beat of a collection belongs to it.
 *
 * @type {Record<Shown, [string, Belongs]>}
 */
export const SHOWN = {
  all: ["All", () => true],
  abstain: ["Where the model abstains", (beat) => Boolean(beat.answer?.abstain)],
  unusual: ["Unusual beats", (beat) => Boolean(beat.answer?.unusual)],
  differs: ["Other than their label", (beat, { labels }) => labels.agrees(beat) === false],
  corrected: ["With a corrected label", (beat, { corrections }) => corrections.has(beat)],
  waiting: ["Not answered yet", (beat) => !beat.answer],
};

/**
 * What can be sorted by: the value of a beat, which may be missing.
 *
 * @type {Record<Sorted, (beat: Beat, collection: Collection) => Value>}
 */
export const SORTED = {
  number: (beat) => beat.number,
  time: (beat) => beat.seconds,
  rr: (beat) => (beat.rr === undefined || Number.isNaN(beat.rr) ? null : beat.rr),
  label: (beat, { corrections }) => corrections.labelOf(beat),
  predicted: (beat) => beat.answer?.predicted,
  probability: (beat) => (beat.answer?.unusual ? null : beat.answer?.probability), // which says nothing then
  unusual: (beat) => beat.answer?.unusualScore,
};
