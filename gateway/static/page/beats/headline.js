/** What is to be known of a collection's answers before anything else: what is doubtful comes first. */

/** @import { Answer } from "./answer.js" */

import { count, counted, percent } from "../shared/words.js";
import { wilson } from "./interval.js";

/**
 * Is the class of an answer one to rely on?
 *
 * @param {Answer} answer
 */
export function reliable(answer) {
  return !answer.unusual && !answer.abstain;
}

/**
 * Reasons to doubt the answers, the most serious first, in sentences.
 *
 * @param {{answer?: Answer|null}[]} beats
 * @returns {{level: "stop" | "doubt" | "fair", text: string}[]}
 */
export function doubts(beats) {
  let [answered, unusual, abstains, silent] = [0, 0, 0, 0];
  for (const { answer } of beats) {
    if (!answer) continue;
    answered += 1;
    if (answer.unusual) unusual += 1;
    else if (answer.abstain) abstains += 1;
    if (answer.unusual === null) silent += 1;
  }
  /** @type {({level: "stop" | "doubt" | "fair", text: string}|false)[]} */
  const found = [
    unusual > 0 && { level: "stop", text: unlike(unusual, answered) },
    abstains > 0 && { level: "doubt", text: `For ${counted(abstains, unusual ? "other beat" : "beat")} the model abstains: no class is probable enough.` },
    answered > 0 && silent === answered && { level: "fair", text: "This model has no out-of-distribution score. Check the traces yourself." },
  ];
  return found.filter((each) => each !== false);
}

/**
 * @param {number} unusual
 * @param {number} all
 */
function unlike(unusual, all) {
  const [are, their] = unusual === 1 ? ["is", "its class"] : ["are", "their classes"];
  const share = unusual === all && all > 1 ? `All ${counted(all, "beat")}` : `${count(unusual)} of ${counted(all, "beat")}`;
  return `${share} ${are} unlike the training beats: do not rely on ${their}.`;
}

/**
 * The model's agreement with the labels of the file, in sentences; empty without labels.
 *
 * @param {import("./collection.js").Collection} collection
 * @returns {string[]}
 */
export function agreement({ beats, labels }) {
  let [same, told] = [0, 0];
  for (const beat of labels.comparable ? beats : []) {
    const agrees = labels.agrees(beat);
    if (agrees !== null) told += 1;
    if (agrees) same += 1;
  }
  const counts = told > 0 && `Of ${counted(told, "labelled beat")}, the model agrees with ${count(same)}: ${percent(same / told)} (95 % interval ${between(wilson(same, told))}, if the beats are independent of each other).`;
  return [labels.why, counts, told > 0 && labels.grouping, told > 0 && labels.leftOut].filter((text) => typeof text === "string");
}

/**
 * How many beats the model gave each class: those to rely on, and the others.
 *
 * @param {{answer?: Answer|null}[]} beats
 * @returns {{reliable: Map<string, number>, doubtful: Map<string, number>}}
 */
export function classCounts(beats) {
  const counts = { reliable: new Map(), doubtful: new Map() };
  for (const { answer } of beats) {
    if (!answer) continue;
    const of = reliable(answer) ? counts.reliable : counts.doubtful;
    of.set(answer.predicted, (of.get(answer.predicted) ?? 0) + 1);
  }
  return counts;
}

/**
 * Two shares, such as "37.6 % to 96.4 %".
 *
 * @param {[number, number]} bounds
 */
export function between([low, high]) {
  return `${percent(low)} to ${percent(high)}`;
}
