/** What a beat's features are: the values of its trace, and behind them the ratios of its RR intervals. */

import { traceLength } from "../recording/cut.js";

const WORDS = {
  rr_previous: "the RR interval before it, of the usual one",
  rr_next: "the RR interval after it, of the usual one",
  rr_local: "the RR interval before it, of the one after it",
};

/** Of a model's features, or of what belongs to each of them, those that are the trace. */
export function traceOf(values, features) {
  return values.slice(0, lengthOf(values, features));
}

/** The others: `name`, `words` for people, and the `place` among all features. */
export function ratiosOf(values, features) {
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
