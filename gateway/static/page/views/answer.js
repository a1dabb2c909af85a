/** The answer of a beat: its class, how sure the model is, and when not to rely on it. */

import { element, unseen } from "../shared/dom.js";
import { judge, likeness } from "../beats/judging.js";
import { percent } from "../shared/words.js";

const SIGNS = { stop: "✖", doubt: "⚠", fair: "○", well: "✓" };

/** The answer's elements; `facts` are {model, marks}. */
export function answerOf({ answer, label }, { model, marks }) {
  if (!answer) return element("p", { class: "waiting" }, "Not answered yet.");
  const judged = judge(answer, model.metrics?.calibration);
  const doubted = ["stop", "doubt"].includes(judged[0].level);
  return [
    element("p", { class: `predicted${doubted ? " doubted" : ""}` }, marks.chip(answer.predicted), element("span", { class: "probability" }, percent(answer.probability))),
    judged.map(banner),
    agreement(label, answer),
    answer.probabilities && probabilitiesOf(answer, marks),
    element("p", { class: "small" }, capital(likeness(answer) ?? "this model cannot tell whether a beat is unlike its training beats: compare the trace with the mean beat"), ".", other(answer, model)),
  ].flat();
}

function probabilitiesOf({ probabilities, predicted }, marks) {
  const rows = Object.entries(probabilities).map(([label, share]) => {
    const bar = element("span", { class: `bar ${marks.colour(label)}` });
    bar.style.setProperty("--share", share);
    const name = element("th", { scope: "row" }, marks.chip(label));
    return element("tr", label === predicted ? { class: "chosen" } : {}, name, element("td", { class: "bars", "aria-hidden": "true" }, bar), element("td", {}, percent(share)));
  });
  return element("table", { class: "probabilities" }, element("caption", {}, "Probabilities"), element("tbody", {}, rows));
}

function banner({ level, head, text }) {
  const sign = element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[level]);
  return element("div", { class: `banner ${level}` }, sign, element("div", {}, element("strong", {}, head), element("p", {}, text)));
}

function agreement(label, answer) {
  if (label === null) return null;
  const same = label === answer.predicted;
  return element("p", { class: same ? "agrees" : "disagrees" }, unseen("Label: "), same ? `✓ Its label is ${label} too.` : `≠ Its label is ${label}: the model disagrees.`);
}

function other({ version }, model) {
  return version === String(model.version) ? null : ` Version ${version} of the model answered, not that of the card.`;
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
