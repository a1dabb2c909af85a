/** What speaks against a model's figures, in people's words: the training's warnings, and classes with few beats. */

import { count, listed } from "../shared/words.js";

/**
 * @import { Marks } from "../shared/marks.js"
 * @import { Data, Model, Scores } from "../shared/model.js"
 */

const FEW_BEATS = 30; // held back of a class: were all of them told right, that could still mean 89 % (beats/interval.js)
const BOTH_SIDES = "so it is probably worse for other people than the figures say.";
const ROUGH = "It was trained for a fixed time, and its probabilities were not calibrated: take them as rough.";

/**
 * By the codes of training/dataset/split_warnings.py.
 *
 * @type {Record<string, (data: Data, marks: Marks) => string>}
 */
const WORDS = {
  one_group: () => "All beats that it knows are of one person. How good it is for anybody else is not known.",
  no_groups: () => `Nothing says whose beats they are. Beats of one person may be among those it learned from and among those it was tested with, ${BOTH_SIDES}`,
  pooled: () => `Beats of several recordings are mixed. Beats of one person may be among those it learned from and among those it was tested with, ${BOTH_SIDES}`,
  test_without_groups: () => `Nothing says whose beats it was tested with. They may be of people whose beats it learned from, ${BOTH_SIDES}`,
  group_on_both_sides: () => `Some of the people whose beats it was tested with are people whose beats it learned from, ${BOTH_SIDES}`,
  split_within_groups: () => "Each class is of one person alone, whose beats it learned from and was tested with. How good it is for anybody else is not known.",
  few_test_groups: ({ groups }) => `It was tested with beats of ${people(groups?.test)} only. For others it may be far from these figures.`,
  validation_within_groups: () => "It learned from the beats of one person alone, and may fail for others.",
  class_not_tested: (data, marks) => `It was tested with no beat of class ${listed(untested(data).map((label) => marks.named(label)))}: how well it tells that is not known.`,
  equal_beats: () => "Some beats that it was tested with are among those that it learned from, so the figures are better than they should be.",
  few_rows: (data) => `Too few beats could tell when to stop its training: ${count(data.rows?.validation ?? 0)}${rarest(data)}. ${ROUGH}`,
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
  return `It was tested with few beats of the ${those} ${listed(names)}, so ${their} figures say little.`;
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
