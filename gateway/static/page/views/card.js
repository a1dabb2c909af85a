/** The model card: what the served version says of itself. */

import { warningsOf } from "./card-warnings.js";
import { classes, confusion, figures, range, wide } from "./card-figures.js";
import { element } from "../shared/dom.js";
import { count, decimal, percent } from "../shared/words.js";

/**
 * @import { Child } from "../shared/dom.js"
 * @import { Marks } from "../shared/marks.js"
 * @import { Calibration, Metrics, Model, Splits, Training } from "../shared/model.js"
 */

/**
 * The card's content.
 *
 * @param {Model} model
 * @param {Marks} marks
 */
export function modelCard(model, marks) {
  const metrics = model.metrics ?? {};
  const warnings = warningsOf(model, marks);
  return [
    element("p", { class: "version" }, `${model.name}, version ${model.version}`),
    warnings.length > 0 && element("div", { class: "note" }, warnings.map((text) => element("p", {}, text))),
    facts(model, marks),
    Object.keys(metrics).length ? figures(metrics) : element("p", {}, "This model has no evaluation."),
    metrics.confusion_matrix && metrics.class_labels && confusion(metrics.confusion_matrix, metrics.class_labels, metrics.rows ?? 0, marks),
    metrics.classes && classes(metrics.classes, metrics, marks),
    trust(metrics, model.training),
    !model.class_names && element("p", { class: "small" }, "Classes are the numbers of the training data, which define their meaning."),
  ].flat();
}

/**
 * @param {Model} model
 * @param {Marks} marks
 */
function facts(model, marks) {
  const { data, training } = model;
  return pairs([
    ["Takes", `beats of ${count(model.features.count)} values`],
    model.classes && ["Knows", `classes ${model.classes.map((label) => marks.named(label)).join(", ")}`],
    data?.source && ["Data", data.source],
    data?.rows?.train && ["Beats", `${used(data.rows, training)}, ${count(data.rows.test)} for test`],
    training?.created && ["Trained", new Date(training.created).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })],
  ]);
}

/**
 * What the beats that are not held back were for: without early stop those for validation train, too.
 *
 * @param {Splits} rows
 * @param {Training|null} [training]
 */
function used({ train, validation }, training) {
  return training?.early_stop === false ? `${count(train + validation)} for training` : `${count(train)} for training, ${count(validation)} for early stopping`;
}

/**
 * @param {Metrics} metrics
 * @param {Training|null} [training]
 */
function trust({ calibration, unusual, by_group: groups }, training) {
  const lacks = [!calibration && "its calibration", !unusual && "an out-of-distribution score"].filter(Boolean);
  return pairs([
    calibration && ["Calibration", `Its probabilities are off by ${percent(calibration.error_after)} on average${spread(groups)} ${fitted(calibration, training)}`],
    unusual && ["Unusual", `It flags ${percent(unusual.share_of_test)} of the test beats as unusual${groups ? `, of one person's or group's ${range([groups.unusual.min, groups.unusual.max], percent)}` : ""}.`],
    lacks.length > 0 && ["Missing", lacks.join(", and ")],
  ]);
}

/** @param {Metrics["by_group"]} groups */
function spread(groups) {
  if (!groups) return ".";
  const bounds = wide(groups.calibration_error);
  return bounds ? `, for other people probably ${range(bounds, percent)}.` : "; for other people it is not known.";
}

/**
 * Without early stop the validation beats train, and no temperature is fitted to them.
 *
 * @param {Calibration} calibration
 * @param {Training|null} [training]
 */
function fitted({ error_before: before, temperature }, training) {
  return training?.early_stop === false ? "They were not calibrated." : `Before calibration (temperature ${decimal(temperature)}) it was ${percent(before)}.`;
}

/** @param {([string, string] | Child)[]} list what is absent is left out */
function pairs(list) {
  const present = list.filter((each) => Array.isArray(each));
  return element("dl", { class: "pairs" }, present.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]).flat());
}
