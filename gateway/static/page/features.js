/** What a beat's features are: the values of its trace, and what follows it. */

import { traceLength } from "../recording/cut.js";

const WORDS = {
  rr_previous: "the RR interval before it, in seconds",
  rr_local: "the RR interval of the beats about it, in seconds",
  rr_previous_local: "the RR interval before it over that of the beats about it",
  rr_next_local: "the RR interval after it over that of the beats about it",
  rr_previous_next: "the RR interval before it over the one after it",
  rr_previous_median: "the RR interval before it over the recording's median",
  like_beat: "its likeness to the recording's usual beat",
  like_qrs: "the likeness of its QRS complex to the usual one",
};

/** Of a model's features, or of what belongs to each of them, those that are the trace. */
export function traceOf(values, features) {
  return values.slice(0, lengthOf(values, features));
}

/** The others: `name`, `words` for people, and the `place` among all features. */
export function besideOf(values, features) {
  const first = lengthOf(values, features);
  return Array.from(values.slice(first), (_, at) => {
    const name = features.names[first + at];
    return { name, words: WORDS[name] ?? name, place: first + at };
  });
}

/** Beats that were opened for a version of another width are drawn as they are. */
function lengthOf(values, features) {
  return values.length === features.count ? traceLength(features) : values.length;
}
