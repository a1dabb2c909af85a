/** What a beat's trace is in milliseconds and millivolts, where these are known. No drawing here. */

import { cutOf, traceLength } from "../../recording/cut.js";
import { RecordingError } from "../../recording/errors.js";
import { mean, median } from "../../recording/numbers.js";
import { traceOf } from "./features.js";

/** @import { Beat, RecordedBeat } from "./beat.js" */
/** @import { Features } from "../shared/model.js" */
/** @import { Facts, OpenRecording } from "../shared/shapes.js" */
/** @typedef {Pick<OpenRecording, "samples" | "rate" | "unit" | "beats">} Recording */

/**
 * Values in their order, and the place of each: milliseconds from the R peak on paper, else its number.
 *
 * @typedef {{at: ArrayLike<number>, values: ArrayLike<number>}} Curve
 */

/**
 * What there is to draw of a beat.
 *
 * @typedef {object} Curves
 * @property {boolean} paper whether the places are milliseconds and the values millivolts
 * @property {boolean} sampled whether the trace is the recording's own samples rather than the values that the model takes
 * @property {Curve} trace
 * @property {Curve | null} around the recording before, in and after the beat
 * @property {Curve | null} mean the mean training beat, where it has the same scale
 * @property {ArrayLike<number> | null} places of the model's values
 * @property {Float64Array | null} times of the model's values
 */

const AROUND = { before: 300, after: 500 }; // milliseconds of the R peak that are seen at least: a P wave, and a T wave
const R_REACH = 50; // milliseconds around the R peak, in which its height is looked for
const ALIKE = 0.02; // how far normalised values may be from a mean of 0 and a deviation of 1, as files round them

/**
 * The curves of a beat: on paper where its scale is real, and `taken` does not ask for what the model takes.
 *
 * @param {Beat} beat
 * @param {Recording | null} recording that it was cut from
 * @param {Pick<Facts, "model" | "baseline">} facts
 * @param {boolean} [taken]
 * @returns {Curves}
 */
export function curvesOf(beat, recording, { model: { features }, baseline }, taken = false) {
  const times = timesOf(beat, recording, features);
  const paper = taken ? null : onPaper(beat, recording, features, times);
  const values = traceOf(beat.features, features);
  const places = paper ? times : Array.from(values, (_, place) => place);
  const comparable = baseline?.length === beat.features.length && (!paper || isInMillivolts(features));
  const average = baseline && places && comparable ? { at: places, values: traceOf(baseline, features) } : null;
  return { paper: Boolean(paper), sampled: Boolean(paper && recording), trace: paper ?? { at: places ?? [], values }, around: paper && recording ? aroundOf(recording.beats[beat.place], recording) : null, mean: average, places, times };
}

/**
 * When the values of a beat's trace are, in milliseconds from the R peak.
 *
 * @param {Beat} beat
 * @param {Recording | null} recording
 * @param {Features} features
 * @returns {Float64Array | null} null if unknown, as for beats that were opened for another version
 */
function timesOf(beat, recording, features) {
  if (beat.features.length !== features.count) return null;
  const window = recording ? windowOf(recording.beats[beat.place], recording) : cutIfAny(features)?.window;
  if (!window) return null;
  const [from, to] = window;
  const last = traceLength(features) - 1;
  return Float64Array.from({ length: last + 1 }, (_, place) => from + (place / (last || 1)) * (to - from));
}

/**
 * @param {RecordedBeat} beat
 * @param {Recording} recording
 */
function windowOf({ peak, start, end }, { rate }) {
  return [start, end].map((place) => ((place - peak) * 1000) / rate);
}

/**
 * @param {Beat} beat
 * @param {Recording | null} recording
 * @param {Features} features
 * @param {Float64Array | null} times
 * @returns {Curve | null}
 */
function onPaper(beat, recording, features, times) {
  if (recording) return recording.unit === "mV" ? samplesOf(recording.beats[beat.place], recording) : null;
  return times && isInMillivolts(features) ? { at: times, values: traceOf(beat.features, features) } : null;
}

/**
 * The recording's own samples in the beat's window, less their median, as beats in mV are cut.
 *
 * @param {RecordedBeat} beat
 * @param {Recording} recording
 * @returns {Curve}
 */
function samplesOf(beat, recording) {
  return samplesIn(beat.start, beat.end, beat, recording);
}

/**
 * @param {RecordedBeat} beat
 * @param {Recording} recording
 * @returns {Curve} with NaN in gaps
 */
function aroundOf(beat, recording) {
  const [before, after] = [AROUND.before, AROUND.after].map((time) => (time * recording.rate) / 1000);
  const { samples } = recording;
  return samplesIn(Math.max(0, Math.min(beat.start, beat.peak - before)), Math.min(samples.length - 1, Math.max(beat.end, beat.peak + after)), beat, recording);
}

/**
 * @param {number} from
 * @param {number} to
 * @param {RecordedBeat} beat
 * @param {Recording} recording
 * @returns {Curve}
 */
function samplesIn(from, to, { peak, start, end }, { samples, rate }) {
  const first = Math.ceil(from);
  const middle = median(samples.subarray(Math.ceil(start), Math.floor(end) + 1));
  const values = samples.slice(first, Math.floor(to) + 1).map((value) => value - middle);
  return { at: Array.from(values, (_, place) => ((first + place - peak) * 1000) / rate), values };
}

/**
 * Does this model take millivolts?
 *
 * @param {Features} features
 */
function isInMillivolts(features) {
  return cutIfAny(features)?.scale === "mV";
}

/**
 * @param {Features} features
 * @returns {ReturnType<typeof cutOf> | null} null where the features are not cut from a recording
 */
function cutIfAny(features) {
  try {
    return cutOf(features);
  } catch (error) {
    if (error instanceof RecordingError) return null;
    throw error;
  }
}

/**
 * What the values are that the model takes: a sentence for people.
 *
 * @param {Beat} beat
 * @param {Features} features
 */
export function scaleOf(beat, features) {
  if (isInMillivolts(features)) return "The model's input values in mV, by their numbers, without ECG paper.";
  const values = Array.from(traceOf(beat.features, features));
  return isNormalised(values) ? "Normalised values (mean 0, standard deviation 1), without ECG paper." : "The unit of the values is not known, so there is no ECG paper.";
}

/**
 * Have these a mean of 0 and a deviation of 1, by n or by n - 1?
 *
 * @param {number[]} values
 */
function isNormalised(values) {
  const squares = values.length * mean(values.map((value) => value ** 2));
  return Math.abs(mean(values)) < ALIKE && squares > (values.length - 1) * (1 - ALIKE) && squares < values.length * (1 + ALIKE);
}

/**
 * How high the R peak is, or how deep, from the beat's median.
 *
 * @param {Curve} trace on paper
 * @returns {number} in mV
 */
export function amplitudeOf({ at, values }) {
  const near = Array.from(values).filter((_, place) => Math.abs(at[place]) <= R_REACH);
  return near.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
}
