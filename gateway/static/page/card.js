/** The model card: what the served version says of itself. */

import { element } from "./dom.js";
import { count, decimal, percent } from "./words.js";

/** The card's content. */
export function modelCard(model, marks) {
  const metrics = model.metrics ?? {};
  return [
    element("p", { class: "version" }, `${model.name}, version ${model.version}`),
    model.data?.note && element("p", { class: "note" }, model.data.note),
    facts(model),
    Object.keys(metrics).length ? figures(metrics) : element("p", {}, "This model tells nothing of how good it is."),
    metrics.confusion_matrix && confusion(metrics, marks),
    metrics.classes && classes(metrics.classes, marks),
    trust(metrics),
    element("p", { class: "small" }, "Classes are the numbers of the training data; what they stand for is said there."),
  ];
}

function facts(model) {
  const { data, training } = model;
  const rows = data?.rows ?? {};
  return pairs([
    ["Takes", `beats of ${count(model.features.count)} values`],
    model.classes && ["Knows", `classes ${model.classes.join(", ")}`],
    data?.source && ["Data", data.source],
    rows.train && ["Beats", `${count(rows.train)} to train, ${count(rows.validation)} to stop, ${count(rows.test)} held back`],
    training?.created && ["Trained", new Date(training.created).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })],
  ]);
}

function figures(metrics) {
  const known = [
    ["Accuracy", metrics.accuracy, percent],
    ["Macro-F1", metrics.macro_f1, (value) => decimal(value, 3)],
    ["ROC AUC", metrics.roc_auc, (value) => decimal(value, 3)],
  ].filter(([, value]) => typeof value === "number");
  const list = known.map(([name, value, written]) => element("div", {}, element("dt", {}, name), element("dd", {}, written(value))));
  return element("dl", { class: "figures" }, list);
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

function classes(scores, marks) {
  const names = [["precision", "Precision"], ["recall", "Recall"], ["f1", "F1"]];
  const head = element("tr", {}, element("th", { scope: "col" }, "Class"), names.map(([, name]) => element("th", { scope: "col" }, name)), element("th", { scope: "col" }, "Beats"));
  const rows = Object.entries(scores).map(([label, one]) =>
    element("tr", {}, element("th", { scope: "row" }, marks.chip(label, label)), names.map(([key]) => element("td", {}, decimal(one[key]))), element("td", {}, count(one.rows))),
  );
  const caption = element("caption", {}, "By class");
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Scores by class" },
    element("table", {}, caption, element("thead", {}, head), element("tbody", {}, rows)));
}

function trust({ calibration, unusual }) {
  return pairs([
    calibration && ["Calibration", `probabilities off by ${percent(calibration.error_after)} on average (before: ${percent(calibration.error_before)}; temperature ${decimal(calibration.temperature)})`],
    unusual && ["Unusual", `${percent(unusual.share_of_test)} of held-back beats are called unusual`],
  ].concat(calibration && unusual ? [] : [["Not told", missing(calibration, unusual)]]));
}

function missing(calibration, unusual) {
  const lacks = [!calibration && "how far its probabilities hold", !unusual && "when a beat is unlike its training data"];
  return lacks.filter(Boolean).join(", and ");
}

function pairs(list) {
  const present = list.filter(Boolean);
  return element("dl", { class: "pairs" }, present.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]).flat());
}
