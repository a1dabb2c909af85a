/** What came out for all beats that are open: what is doubtful first, then the labels, then the classes. */

import { agreement, classCounts, doubts } from "../beats/headline.js";
import { element, fill, found, watcher } from "../shared/dom.js";
import { count, counted } from "../shared/words.js";

const SIGNS = { stop: "✖", doubt: "⚠", fair: "○" };

/** Fills the summary above the list. */
export class SummaryView {
  constructor() {
    this.changed = watcher();
  }

  /**
   * @param {import("../beats/collection.js").Collection} collection
   * @param {{marks: import("../shared/marks.js").Marks}} facts
   */
  show(collection, { marks }) {
    const { beats, labels } = collection;
    const answered = collection.done;
    if (!this.changed(beats, labels, answered, marks)) return;
    const counts = classCounts(beats);
    const all = answered === beats.length ? `All ${counted(beats.length, "beat")} are answered.` : `${count(answered)} of ${counted(beats.length, "beat")} answered.`;
    fill(
      found("summary"),
      doubts(beats).map(banner),
      agreement(collection).map((text) => element("p", {}, text)),
      chips("Classes to rely on", counts.reliable, marks),
      chips("Not to rely on", counts.doubtful, marks),
      element("p", { class: "small" }, all),
    );
  }
}

/** @param {{level: "stop" | "doubt" | "fair", text: string}} doubt */
function banner({ level, text }) {
  return element("p", { class: `banner ${level}` }, element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[level]), element("span", {}, text));
}

/**
 * @param {string} title
 * @param {Map<string, number>} counts by class
 * @param {import("../shared/marks.js").Marks} marks
 */
function chips(title, counts, marks) {
  const inOrder = [...counts].sort(([one], [other]) => marks.labels.indexOf(one) - marks.labels.indexOf(other));
  const parts = inOrder.map(([label, number]) => marks.chip(label, `Class ${marks.named(label)}: ${count(number)}`));
  return counts.size > 0 && element("div", { class: "class-counts" }, element("span", { class: "small" }, `${title}:`), element("span", { class: "chips" }, parts));
}
