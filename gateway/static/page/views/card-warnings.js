/** Reasons to doubt a model's figures, in plain words: the training's warnings, and classes with few beats. */

import { count, listed } from "../shared/words.js";

/**
 * @import { Marks } from "../shared/marks.js"
 * @import { Data, Model, Scores } from "../shared/model.js"
 */

const FEW_BEATS = 30; // test beats of a class: with all of them right, the true rate could still be 89 % (beats/interval.js)
const BOTH_SIDES = "so it is probably worse for other people than these figures.";
const ROUGH = "It was trained for a fixed time, and its probabilities were not calibrated: they are only approximate.";

/**
 * By the codes of training/dataset/split_warnings.py.
 *
 * @type {Record<string, (data: Data, marks: Marks) => string>}
 */
const WORDS = {
  one_group: () => "All training and test beats are of one person. Its quality for other people is not known.",
  no_groups: () => `The data do not name people. Beats of one person may be in both training and test, ${BOTH_SIDES}`,
  pooled: () => `Beats of several recordings are mixed. Beats of one person may be in both training and test, ${BOTH_SIDES}`,
  test_without_groups: () => `The test data do not name people. Test beats may be of people in the training data, ${BOTH_SIDES}`,
  group_on_both_sides: () => `Some people have beats in both training and test, ${BOTH_SIDES}`,
  split_within_groups: () => "Each class is of one person only, whose beats are in both training and test. Its quality for other people is not known.",
  few_test_groups: ({ groups }) => `It was tested on beats of ${people(groups?.test)} only. For other people the figures may differ much.`,
  validation_within_groups: () => "It was trained on beats of one person only, and may fail for others.",
  class_not_tested: (data, marks) => `It was not tested on beats of class ${listed(untested(data).map((label) => marks.named(label)))}: its quality for that class is not known.`,
  equal_beats: () => "Some test beats are also training beats, so the figures are too good.",
  few_rows: (data) => `There were too few validation beats for early stopping: ${count(data.rows?.validation ?? 0)}${rarest(data)}. ${ROUGH}`,
  no_early_stop: () => ROUGH,
};

/**
 * The notes of the data, and the warnings, a sentence or two each.
 *
 * @param {Model} model
 * @param {Marks} marks
 * @returns {string[]}
 */
export function warningsOf(model, marks) {
  const data = model.data ?? {};
  const warnings = data.warnings ?? [];
  const texts = new Set(warnings.map(({ text }) => capital(text)));
  const notes = (data.note?.split("\n") ?? []).filter((line) => line && !texts.has(capital(line)));
  const found = warnings.map(({ code, text }) => WORDS[code]?.(data, marks) ?? text);
  return [...found, rare(model.metrics?.classes ?? {}, marks), ...notes].filter(Boolean);
}

/**
 * @param {Record<string, Scores>} classes
 * @param {Marks} marks
 */
function rare(classes, marks) {
  const few = Object.entries(classes).filter(([, { rows }]) => rows > 0 && rows < FEW_BEATS);
  if (!few.length) return "";
  const names = few.map(([label, { rows }]) => `${marks.named(label)} (${count(rows)})`);
  const [those, their] = few.length === 1 ? ["class", "its"] : ["classes", "their"];
  return `It was tested on few beats of the ${those} ${listed(names)}, so ${their} figures are uncertain.`;
}

/** @param {Data} data */
function untested({ classes = {} }) {
  return Object.keys(classes).filter((label) => classes[label].test === 0);
}

/** @param {Data} data */
function rarest({ classes }) {
  return classes ? `, and ${count(Math.min(...Object.values(classes).map(({ validation }) => validation)))} of the rarest class` : "";
}

/** @param {number|null|undefined} number */
function people(number) {
  return number === 1 ? "one person" : number ? `${count(number)} people` : "few people";
}

/** @param {string} text */
function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
