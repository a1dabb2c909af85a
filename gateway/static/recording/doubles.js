/** Lines that some programs write twice, of which each is one sample; as data/recordings/text/doubles.py. */

/** @import { Clock, Head } from "./shapes.js" */

const FEW_CHANGES = 0.1; // of the samples; if fewer differ from the one before, packets of equal samples look doubled

/**
 * The head with each of its lines once; its `dropsDoubles` says that a duplicate of the line before is not a sample:
 * the head has lines that share a time, and all of these are the same in all columns, while others differ.
 *
 * @param {Head} head
 * @param {Clock} clock
 * @returns {Head}
 */
export function withoutDoubles(head, { kind, others }) {
  if (kind !== "times") return { ...head, dropsDoubles: false };
  const rows = head.sample.map(({ fields }) => fields);
  const isSame = (/** @type {number} */ row, /** @type {(place: number) => boolean} */ test) => rows[row].every((field, place) => !test(place) || field === rows[row - 1][place]);
  const isTime = (/** @type {number} */ place) => others.has(place);
  const shared = [...rows.keys()].slice(1).filter((row) => isSame(row, isTime));
  const kept = head.sample.filter((_, row) => row === 0 || !isSame(row, () => true));
  const changes = [...rows.keys()].slice(1).filter((row) => !isSame(row, (place) => !isTime(place))).length;
  const areDoubles = shared.length && shared.every((row) => isSame(row, () => true)) && changes >= FEW_CHANGES * kept.length;
  return areDoubles ? { ...head, sample: kept, dropsDoubles: true } : { ...head, dropsDoubles: false };
}
