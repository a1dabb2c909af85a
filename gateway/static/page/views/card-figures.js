/** How good a model is by its own measurement: each figure with how far chance may move it, and class by class. */

import { wilson } from "../beats/interval.js";
import { element } from "../shared/dom.js";
import { count, counted, decimal, percent } from "../shared/words.js";

const UNKNOWN = "the uncertainty is not known";

/**
 * @import { Marks } from "../shared/marks.js"
 * @import { Bounds, Metrics, Scores } from "../shared/model.js"
 */

/**
 * Accuracy, macro-F1 and ROC AUC.
 *
 * @param {Metrics} metrics
 */
export function figures(metrics) {
  const chance = metrics.intervals;
  const { accuracy = NaN, rows = 0 } = metrics;
  const list = [
    figure("Accuracy", metrics.accuracy, percent, wide(chance?.accuracy) ?? ofBeats(Math.round(accuracy * rows), rows, metrics)),
    figure("Macro-F1", metrics.macro_f1, (value) => decimal(value, 3), wide(chance?.macro_f1)),
    figure("ROC AUC", metrics.roc_auc, (value) => decimal(value, 3), null),
  ].filter(Boolean);
  return [element("dl", { class: "figures" }, list), element("p", { class: "small" }, drawn(metrics.intervals))];
}

/** @param {Metrics["intervals"]} intervals */
function drawn(intervals) {
  if (!intervals) return "Ranges are 95 % intervals, if the test beats are independent of each other.";
  const each = counted(intervals.of, `test ${intervals.over.replace(/s$/, "")}`);
  const counting = intervals.over === "groups" ? "" : ", or Wilson's intervals if there was no mistake";
  return `Ranges are 95 % intervals, by a bootstrap of the ${each}${counting}.`;
}

/**
 * A figure that has an interval is shown as that: a single number, 100 % above all, would look more certain than it is.
 *
 * @param {string} name
 * @param {unknown} value
 * @param {(value: number) => string} written
 * @param {Bounds|null} bounds
 */
function figure(name, value, written, bounds) {
  if (typeof value !== "number") return null;
  const head = bounds ? range(bounds, written) : value === 1 ? "no error seen" : written(value);
  const below = [head !== written(value) && `measured: ${written(value)}`, !bounds && UNKNOWN].filter(Boolean);
  return element("div", {}, element("dt", {}, name), element("dd", {}, head, element("small", {}, below.join("; "))));
}

/**
 * An interval, unless all draws were alike, as without any error: then it says nothing of chance.
 *
 * @param {Bounds|null|undefined} bounds
 * @returns {Bounds|null}
 */
export function wide(bounds) {
  return bounds && bounds[0] < bounds[1] ? bounds : null;
}

/**
 * @param {Bounds} bounds
 * @param {(value: number) => string} written
 */
export function range([low, high], written) {
  return high === 1 ? `${written(low)} or more` : `${written(low)} to ${written(high)}`;
}

/**
 * The interval of a share of beats by counting alone; null where beats are of groups, as those of one are alike.
 *
 * @param {number} found
 * @param {number} all
 * @param {Metrics} metrics
 */
function ofBeats(found, all, { intervals }) {
  return all > 0 && intervals?.over !== "groups" ? wilson(found, all) : null;
}

/**
 * @param {number[][]} matrix
 * @param {number[]} labels
 * @param {number} all held-back beats
 * @param {Marks} marks
 */
export function confusion(matrix, labels, all, marks) {
  const most = matrix.map(sum);
  const head = element("tr", {}, element("th", { scope: "col" }, "Label"), labels.map((label) => element("th", { scope: "col" }, marks.chip(label, marks.brief(label)))));
  const rows = matrix.map((row, i) =>
    element("tr", {}, element("th", { scope: "row" }, marks.chip(labels[i], marks.named(labels[i]))), row.map((value, j) => cell(value, most[i], i === j))),
  );
  const caption = element("caption", {}, "Confusion matrix", element("small", {}, `Rows: the label of ${count(all)} test beats; columns: the predicted class.`));
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" },
    element("table", { class: "confusion" }, caption, element("thead", {}, head), element("tbody", {}, rows)));
}

/**
 * @param {number} value
 * @param {number} all
 * @param {boolean} right
 */
function cell(value, all, right) {
  const node = element("td", { class: right ? "right" : value ? "wrong" : "none" }, count(value));
  node.style.setProperty("--share", `${all ? value / all : 0}`);
  return node;
}

/**
 * @param {Record<string, Scores>} scores
 * @param {Metrics} metrics
 * @param {Marks} marks
 */
export function classes(scores, metrics, marks) {
  const head = element("tr", {}, ["Class", "Precision", "Recall", "F1", "Beats"].map((name) => element("th", { scope: "col" }, name)));
  const rows = Object.entries(scores).map(([label, one]) => {
    const { precision, recall } = boundsOf(label, metrics);
    const name = element("th", { scope: "row" }, marks.chip(label, label), marks.names[label] !== undefined && element("small", {}, marks.names[label]));
    return element("tr", {}, name, score(one.precision, precision), score(one.recall, recall), element("td", {}, decimal(one.f1)), element("td", {}, count(one.rows)));
  });
  const caption = element("caption", {}, "By class", element("small", {}, "Precision: how many of the beats that got the class have it. Recall: how many that have it got it. Without a range below it, chance may move a figure by an unknown amount."));
  return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Scores by class" },
    element("table", { class: "scores" }, caption, element("thead", {}, head), element("tbody", {}, rows)));
}

/**
 * @param {string} label
 * @param {Metrics} metrics
 */
function boundsOf(label, metrics) {
  const chance = metrics.intervals?.classes?.[label] ?? {};
  const matrix = metrics.confusion_matrix ?? [];
  const place = (metrics.class_labels ?? []).map(String).indexOf(label);
  const right = matrix[place]?.[place] ?? 0;
  const [has, got] = [sum(matrix[place] ?? []), sum(matrix.map((row) => row[place] ?? 0))];
  return { precision: wide(chance.precision) ?? ofBeats(right, got, metrics), recall: wide(chance.recall) ?? ofBeats(right, has, metrics) };
}

/**
 * @param {number} value
 * @param {Bounds|null} bounds
 */
function score(value, bounds) {
  return element("td", {}, decimal(value), bounds && element("small", {}, `${decimal(bounds[0])}–${decimal(bounds[1])}`));
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((all, value) => all + value, 0);
}
