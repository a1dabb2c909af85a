/** The meaning of an answer in words: the model's confidence, and unreliable answers. No drawing here. */

import { decimal, milliseconds, percent } from "../shared/words.js";

/** @import { Answer } from "./answer.js" */
/** @import { Calibration } from "../shared/model.js" */
/** @import { Marks } from "../shared/marks.js" */
/** @import { Curves } from "./beat-scale.js" */
/** @typedef {{level: "stop" | "doubt" | "fair" | "well", head: string, text: string}} Judgement */

/** @type {[number, string][]} */
const LEVELS = [
  [0.99, "Very sure"],
  [0.9, "Sure"],
  [0.7, "Fairly sure"],
];
const UNSURE = "Unsure";
const SUREST = 0.999; // no test set is large enough to prove more

/**
 * How sure the model is of its class, as far as its calibration lets one say so: where probabilities are off by 2 %, nothing is
 * surer than "over 98 %".
 *
 * @param {Answer} answer
 * @param {Calibration | null} [calibration] null where it was not measured
 * @returns {string | null} null for a beat that is not to be relied on, whose probability means nothing
 */
export function sureness(answer, calibration) {
  return answer.unusual ? null : bounded(answer.probability, calibration);
}

/**
 * A probability in percent, not nearer to 0 or 1 than the calibration's error.
 *
 * @param {number} share
 * @param {Calibration | null} [calibration]
 * @returns {string}
 */
export function bounded(share, calibration) {
  const most = Math.min(SUREST, 1 - (calibration?.error_after ?? 0));
  const tenths = Math.floor(1000 * most + 1e-9) / 10; // rounded down, to claim no more
  if (share > most) return `over ${short(tenths)}`;
  if (share < 1 - most) return `under ${short(100 - tenths)}`;
  return percent(share);
}

/** @param {number} number of percent */
function short(number) {
  return `${Number(number.toFixed(1))}\u00a0%`;
}

/**
 * Judge an answer.
 *
 * @param {Answer} answer
 * @param {Calibration | null} calibration
 * @param {Marks} marks
 * @returns {Judgement[]} the gravest first; never empty
 */
export function judge(answer, calibration, marks) {
  const warnings = [...(answer.unusual ? [unusual(answer)] : []), ...(answer.abstain ? [abstains(answer, marks)] : [])];
  if (warnings.length) return warnings;
  const sure = LEVELS.find(([least]) => answer.probability >= least)?.[1] ?? UNSURE;
  const level = answer.probability >= 0.9 ? "well" : answer.probability >= 0.7 ? "fair" : "doubt";
  return [{ level, head: sure, text: meaning(answer, calibration, marks) }];
}

/**
 * @param {Answer} answer
 * @returns {Judgement}
 */
function unusual(answer) {
  const times = decimal(answer.unusualScore ?? NaN, 1);
  const text = `The guess is unreliable because this beat is unlike the training beats (${times} times the limit). Check the trace yourself.`;
  return { level: "stop", head: "Do not rely on this answer", text };
}

/**
 * @param {Answer} answer
 * @param {Marks} marks
 * @returns {Judgement}
 */
function abstains(answer, marks) {
  const text = `The most probable class is ${marks.named(answer.predicted)} at ${percent(answer.probability)}, which is below this service's limit.`;
  return { level: "doubt", head: "The model abstains", text };
}

/**
 * @param {Answer} answer
 * @param {Calibration | null} calibration
 * @param {Marks} marks
 */
function meaning(answer, calibration, marks) {
  const share = bounded(answer.probability, calibration);
  const next = runnerUp(answer);
  const other = next ? ` The next class is ${marks.named(next[0])} with ${bounded(next[1], calibration)}.` : "";
  if (!calibration) return `The model gives its class ${share}; calibration was not measured.${other}`;
  const off = percent(calibration.error_after);
  return `The model gives its class ${share}. On test beats, such numbers were off by ${off} on average.${other}`;
}

/** @param {Answer} answer */
function runnerUp(answer) {
  const others = Object.entries(answer.probabilities ?? {}).filter(([label]) => label !== answer.predicted);
  return others.sort((one, other) => other[1] - one[1])[0];
}

/**
 * The distance of a beat from the training beats, in words; null if the model has no score.
 *
 * @param {Answer} answer
 */
export function likeness(answer) {
  if (answer.unusualScore === null) return null;
  const share = answer.unusualScore;
  const times = decimal(share, share > 1 ? 1 : 2);
  return share > 1 ? `unlike the training beats: ${times} times the limit` : `like the training beats: ${times} of the limit`;
}

/**
 * Words for a flag's place in lists.
 *
 * @param {Answer} answer
 */
export function flags(answer) {
  return [...(answer.unusual ? ["unusual"] : []), ...(answer.abstain ? ["abstains"] : [])];
}

/**
 * A description of a trace for screen readers.
 *
 * @param {Pick<Curves, "paper" | "trace">} drawn
 * @param {ArrayLike<number>} taken the trace as the model takes it
 * @param {ArrayLike<number> | null} mean the mean training beat
 */
export function described({ paper, trace }, taken, mean) {
  const values = Array.from(trace.values);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const place = (/** @type {number} */ value) => (paper ? `${decimal(value)} mV at ${milliseconds(trace.at[values.indexOf(value)])}` : `${decimal(value)} at value ${values.indexOf(value)}`);
  const all = paper ? `On ECG paper, a trace of ${values.length} values from ${milliseconds(trace.at[0])} to ${milliseconds(trace.at[values.length - 1])} of the R peak,` : `A trace of ${values.length} values`;
  const shape = `${all} from ${place(low)} to ${place(high)}`;
  const alike = mean ? correlation(Array.from(taken), Array.from(mean)) : NaN;
  return Number.isNaN(alike) ? `${shape}.` : `${shape}; its correlation with the mean training beat is ${decimal(alike)}.`;
}

/**
 * @param {number[]} one
 * @param {number[]} other as long
 * @returns {number} NaN where one of them is flat
 */
export function correlation(one, other) {
  const mean = (/** @type {number[]} */ list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [a, b] = [mean(one), mean(other)];
  let [together, first, second] = [0, 0, 0];
  one.forEach((value, i) => {
    together += (value - a) * (other[i] - b);
    first += (value - a) ** 2;
    second += (other[i] - b) ** 2;
  });
  return together / Math.sqrt(first * second);
}
