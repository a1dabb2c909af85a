/** The beats of a recording, as the worker sends them to the page. */

import { eachBeat } from "../../recording/beats.js";

/**
 * @typedef {object} Places
 * @property {Float32Array<ArrayBuffer>} beside what follows the traces, beat after beat
 * @property {Int32Array<ArrayBuffer>} peaks
 * @property {Float64Array<ArrayBuffer>} starts
 * @property {Float64Array<ArrayBuffer>} spans
 * @property {Float64Array<ArrayBuffer>} intervals
 */

/**
 * Where the beats are, and what follows their traces, as columns; their values are many, and are cut again when they are needed.
 *
 * @param {{samples: Float32Array, rate: number}} lead
 * @param {{peaks: Int32Array, intervals: Float64Array}} found
 * @param {import("../../recording/shapes.js").Cut} cut
 * @param {(share: number) => void} [progress]
 * @returns {Places}
 */
export function columnsOf({ samples, rate }, { peaks, intervals }, cut, progress = () => {}) {
  const many = cut.beside.length;
  const [beside, places] = [new Float32Array(peaks.length * many), new Int32Array(peaks.length)];
  const [starts, spans, before] = [0, 1, 2].map(() => new Float64Array(peaks.length));
  let [count, peak] = [0, 0];
  for (const beat of eachBeat(samples, rate, peaks, cut)) {
    while (peaks[peak] < beat.peak) peak += 1; // not every peak has a whole beat
    beside.set(beat.values.subarray(cut.length), count * many);
    [places[count], starts[count], spans[count], before[count]] = [beat.peak, beat.start, beat.span, intervals[peak]];
    progress(beat.peak / samples.length);
    count += 1;
  }
  return {
    beside: beside.subarray(0, count * many), peaks: places.subarray(0, count), starts: starts.subarray(0, count),
    spans: spans.subarray(0, count), intervals: before.subarray(0, count),
  };
}
