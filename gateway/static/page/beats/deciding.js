/** Which part of a beat decided, in words. */

import { decimal, listed, milliseconds, percent } from "../shared/words.js";

/** @import { Marks } from "../shared/marks.js" */
/** @import { Explanation } from "../shared/model.js" */
/** @typedef {{start: number, end: number, share: number}} Run of values */

const MOST_RUNS = 3;

/**
 * The runs of values, and what is `beside` the trace, that spoke most for the class, and how much of all that did: in words.
 *
 * @param {Explanation} explanation
 * @param {Marks} marks
 * @param {{words: string, place: number}[]} [beside]
 * @param {ArrayLike<number> | null} [times] of the trace's values, in milliseconds from the R peak
 */
export function deciding(explanation, marks, beside = [], times = null) {
  const { attributions, score, baseline_score: from } = explanation;
  const name = marks.named(explanation.predicted_class);
  const total = attributions.reduce((sum, value) => sum + Math.max(0, value), 0);
  if (!total) return "No part of the trace supports this class more than the mean training beat does.";
  const least = total / attributions.length;
  const trace = attributions.slice(0, attributions.length - beside.length);
  const others = beside.map(({ words, place }) => ({ words, share: attributions[place] })).filter(({ share }) => share >= least);
  const most = [...runsOf(trace, least), ...others].sort((one, other) => other.share - one.share).slice(0, MOST_RUNS);
  const runs = most.flatMap((one) => ("words" in one ? [] : `${ranging(one)}${times ? ` at ${ranging(one, times)}` : ""} (${percent(one.share / total)})`));
  const named = most.flatMap((one) => ("words" in one ? `“${one.words}” (${percent(one.share / total)})` : []));
  const parts = [runs.length ? `the values ${listed(runs)}` : "", ...named];
  const change = `Compared with the mean training beat, the score of class ${name} changes from ${decimal(from)} to ${decimal(score)}.`;
  return `Most of the support for class ${name} comes from ${parts.filter(Boolean).join("; from ")}. ${change}`;
}

/**
 * A run in words: by the numbers of its values, or by their times.
 *
 * @param {Run} run
 * @param {ArrayLike<number>} [times]
 */
function ranging({ start, end }, times) {
  const [first, last] = times ? [times[start], times[end]].map(milliseconds) : [start, end];
  return first === last ? `${first}` : `${first} to ${last}`;
}

/**
 * Neighbouring values that each contribute at least the average.
 *
 * @param {number[]} attributions
 * @param {number} least
 */
function runsOf(attributions, least) {
  /** @type {Run[]} */
  const runs = [];
  attributions.forEach((value, index) => {
    if (value < least) return;
    const last = runs.at(-1);
    if (last && index - last.end <= 2) Object.assign(last, { end: index, share: last.share + value });
    else runs.push({ start: index, end: index, share: value });
  });
  return runs;
}
