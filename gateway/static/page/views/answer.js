/** The answer of a beat: its class, how sure the model is, and when not to rely on it. */

import { element } from "../shared/dom.js";
import { agreementOf } from "./agreement.js";
import { bounded, judge, likeness, sureness } from "../beats/judging.js";

const SIGNS = { stop: "✖", doubt: "⚠", fair: "○", well: "✓" };

/** @import { Answer } from "../beats/answer.js" */
/** @import { Beat } from "../beats/beat.js" */
/** @import { Calibration, Model } from "../shared/model.js" */
/** @import { Facts } from "../shared/shapes.js" */
/** @import { Judgement } from "../beats/judging.js" */
/** @import { Labels } from "../beats/labels.js" */
/** @import { Marks } from "../shared/marks.js" */

/**
 * The answer's elements.
 *
 * @param {Beat} beat
 * @param {Facts} facts
 * @param {Labels} labels what labels can be compared with
 */
export function answerOf(beat, { model, marks }, labels) {
  const { answer } = beat;
  if (!answer) return [element("p", { class: "waiting" }, "Not answered yet.")];
  const calibration = model.metrics?.calibration ?? null;
  return [
    headline(answer, calibration, marks),
    judge(answer, calibration, marks).map(banner),
    agreementOf(beat, labels),
    // of a beat that is not to be relied on they would look surer than they are
    sureness(answer, calibration) && answer.probabilities && probabilitiesOf(answer.probabilities, answer.predicted, calibration, marks),
    element("p", { class: "small" }, capital(likeness(answer) ?? "this model has no out-of-distribution score: compare the trace with the mean beat"), ".", other(answer, model)),
  ].flat();
}

/**
 * The class and how sure it is; of a beat that is not to be relied on, a guess.
 *
 * @param {Answer} answer
 * @param {Calibration | null} calibration
 * @param {Marks} marks
 */
function headline(answer, calibration, marks) {
  const sure = sureness(answer, calibration);
  const doubted = ["stop", "doubt"].includes(judge(answer, calibration, marks)[0].level);
  return element("p", { class: `predicted${doubted ? " doubted" : ""}` },
    sure === null && element("span", { class: "guess" }, "The model's guess: "),
    marks.chip(answer.predicted),
    sure !== null && element("span", { class: "probability" }, sure));
}

/**
 * @param {Record<string, number>} probabilities
 * @param {string} predicted
 * @param {Calibration | null} calibration
 * @param {Marks} marks
 */
function probabilitiesOf(probabilities, predicted, calibration, marks) {
  const rows = Object.entries(probabilities).map(([label, share]) => {
    const bar = element("span", { class: `bar ${marks.colour(label)}` });
    bar.style.setProperty("--share", String(share));
    const name = element("th", { scope: "row" }, marks.chip(label));
    return element("tr", label === predicted ? { class: "chosen" } : {}, name, element("td", { class: "bars", "aria-hidden": "true" }, bar), element("td", {}, bounded(share, calibration)));
  });
  return element("table", { class: "probabilities" }, element("caption", {}, "Probabilities"), element("tbody", {}, rows));
}

/** @param {Judgement} judgement */
function banner({ level, head, text }) {
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[level]);
  return element("div", { class: `banner ${level}` }, sign, element("div", {}, element("strong", {}, head), element("p", {}, text)));
}

/**
 * @param {Answer} answer
 * @param {Model} model
 */
function other({ version }, model) {
  return version === String(model.version) ? null : ` Version ${version} answered, not the version of the model card.`;
}

/** @param {string} text */
function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
