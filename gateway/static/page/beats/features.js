/** What a beat's features are: the values of its trace, and what follows it. */

import { traceLength } from "../../recording/cut.js";

/** @import { Features } from "../shared/model.js" */

/** @type {Record<string, string>} */
const WORDS = {
  rr_previous: "RR before (seconds)",
  rr_local: "RR around (seconds)",
  rr_previous_local: "RR before / around",
  rr_next_local: "RR after / around",
  rr_previous_next: "RR before / after",
  rr_previous_median: "RR before / median of the recording",
  like_beat: "Likeness to the usual beat",
  like_qrs: "Likeness of the QRS complex",
};

/**
 * Of a model's features, or of what belongs to each of them, those that are the trace.
 * @template {number[]|Float32Array|Float64Array} T
 * @param {T} values @param {Features} features
 */
export function traceOf(values, features) {
  return /** @type {T} */ (values.slice(0, lengthOf(values, features)));
}

/**
 * The others: `name`, `words` for people, and the `place` among all features.
 * @param {ArrayLike<number>} values @param {Features} features
 */
export function besideOf(values, features) {
  const first = lengthOf(values, features);
  return Array.from({ length: values.length - first }, (_, at) => {
    const name = features.names?.[first + at] ?? "";
    return { name, words: WORDS[name] ?? name, place: first + at };
  });
}

/**
 * Beats that were opened for a version of another width are drawn as they are.
 * @param {ArrayLike<number>} values @param {Features} features
 */
function lengthOf(values, features) {
  return values.length === features.count ? traceLength(features) : values.length;
}
