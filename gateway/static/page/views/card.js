/** The model card: what the served version says of itself. */

import { element } from "../shared/dom.js";
import { count, counted, decimal, percent } from "../shared/words.js";

/** The card's content. */
export function modelCard(model, marks) {
  const metrics = model.metrics ?? {};
  return [
    element("p", { class: "version" }, `${model.name}, version ${model.version}`),
    model.data?.note && warnings(model.data.note),
    facts(model),
    Object.keys(metrics).length ? figures(metrics) : element("p", {}, "This model tells nothing of how good it is."),
    metrics.confusion_matrix && confusion(metrics, marks),
    metrics.classes && classes(metrics, marks, model.class_names ?? {}),
    trust(metrics, model.training),
    !model.class_names && element("p", { class: "small" }, "Classes are the numbers of the training data; what they stand for is said there."),
  ];
}

/** The notes of the data and the warnings of the training, a line each. */
function warnings(note) {
  return element("div", { class: "note" }, note.split("\n").map((line) => element("p", {}, line)));
}

function facts(model) {
  const { data, training } = model;
  const names = model.class_names ?? {};
  const rows = data?.rows ?? {};
  return pairs([
    ["Takes", `beats of ${count(model.features.count)} values`],
    model.classes && ["Knows", `classes ${model.classes.map((label) => named(label, names)).join(", ")}`],
    data?.source && ["Data", data.source],
    rows.train && ["Beats", `${used(rows, training)}, ${count(rows.test)} held back`],
    training?.created && ["Trained", new Date(training.created).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })],
  ]);
}

/** What the beats that are not held back were for: without early stop those for validation train, too. */
function used({ train, validation }, training) {
  return training?.early_stop === false ? `${count(train + validation)} to train` : `${count(train)} to train, ${count(validation)} to stop`;
}

function named(label, names) {
  return names[label] === undefined ? `${label}` : `${label} (${names[label]})`;
}

function figures(metrics) {
  const chance = metrics.intervals ?? {};
  const list = [
    figure("Accuracy", metrics.accuracy, percent, chance.accuracy),
    figure("Macro-F1", metrics.macro_f1, (value) => decimal(value, 3), chance.macro_f1),
    figure("ROC AUC", metrics.roc_auc, (value) => decimal(value, 3)),
  ].filter(Boolean);
  return [
    element("dl", { class: "figures" }, list),
    metrics.intervals && element("p", { class: "small" }, `Ranges are 95 % intervals: drawing the ${counted(chance.of, `held-back ${chance.over.replace(/s$/, "")}`)} anew gives figures between these.`),
  ];
}

/** A figure that has an interval is shown as that: a single number would look more certain than it is. */
function figure(name, value, written, bounds) {
  if (typeof value !== "number") return null;
  const shown = bounds ? [range(bounds, written), element("small", {}, `measured: ${written(value)}`)] : written(value);
  return element("div", {}, element("dt", {}, name), element("dd", {}, shown));
}

/** Two bounds; where all draws are alike, as without any error, they say nothing of chance. */
function range([low, high], written) {
  return low === high ? "range unknown" : `${written(low)} to ${written(high)}`;
}

function confusion(metrics, marks) {
  const labels = metrics.class_labels;
  const most = metrics.confusion_matrix.map((row) => row.reduce((sum, value) => sum + value, 0));
  const head = element("tr", {}, element("th", { scope: "col" }, "Label"), labels.map((label) => element("th", { scope: "col" }, marks.chip(label, `${label}`))));
  const rows = metrics.confusion_matrix.map((row, i) =>
    element("tr", {}, element("th", { scope: "row" }, marks.chip(labels[i], `${labels[i]}`)), row.map((value, j) => cell(value, most[i], i === j))),
  );
  const caption = element("caption", {}, "Confusion matrix", element("small", {}, `Rows: the label of ${count(metrics.rows ?? 0)} held-back beats; columns: the class that the model gave.`));
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" },
    element("table", { class: "confusion" }, caption, element("thead", {}, head), element("tbody", {}, rows)));
}

function cell(value, all, right) {
  const node = element("td", { class: right ? "right" : value ? "wrong" : "none" }, count(value));
  node.style.setProperty("--share", all ? value / all : 0);
  return node;
}

function classes(metrics, marks, texts) {
  const names = [["precision", "Precision"], ["recall", "Recall"], ["f1", "F1"]];
  const chance = metrics.intervals?.classes ?? {};
  const head = element("tr", {}, element("th", { scope: "col" }, "Class"), names.map(([, name]) => element("th", { scope: "col" }, name)), element("th", { scope: "col" }, "Beats"));
  const rows = Object.entries(metrics.classes).map(([label, one]) =>
    element("tr", {}, element("th", { scope: "row" }, marks.chip(label, label), texts[label] && element("small", {}, texts[label])), names.map(([key]) => score(one[key], chance[label]?.[key])), element("td", {}, count(one.rows))),
  );
  const caption = element("caption", {}, "By class");
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Scores by class" },
    element("table", { class: "scores" }, caption, element("thead", {}, head), element("tbody", {}, rows)));
}

function score(value, bounds) {
  return element("td", {}, decimal(value), bounds && bounds[0] < bounds[1] && element("small", {}, `${decimal(bounds[0])}–${decimal(bounds[1])}`));
}

function trust({ calibration, unusual, by_group: groups }, training) {
  return pairs([
    calibration && ["Calibration", `probabilities off by ${percent(calibration.error_after)} on average${groups ? `, range ${range(groups.calibration_error, percent)}` : ""} (${fitted(calibration, training)})`],
    unusual && ["Unusual", `${percent(unusual.share_of_test)} of held-back beats are called unusual${groups ? `, of one group's ${range([groups.unusual.min, groups.unusual.max], percent)}` : ""}`],
  ].concat(calibration && unusual ? [] : [["Not told", missing(calibration, unusual)]]));
}

/** Without early stop the validation beats train, and no temperature is fitted to them. */
function fitted({ error_before: before, temperature }, training) {
  return training?.early_stop === false ? "not calibrated" : `before: ${percent(before)}; temperature ${decimal(temperature)}`;
}

function missing(calibration, unusual) {
  const lacks = [!calibration && "how far its probabilities hold", !unusual && "when a beat is unlike its training data"];
  return lacks.filter(Boolean).join(", and ");
}

function pairs(list) {
  const present = list.filter(Boolean);
  return element("dl", { class: "pairs" }, present.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]).flat());
}
