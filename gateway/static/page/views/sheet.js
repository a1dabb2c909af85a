/** The sheet that is printed: where, by what model, what came out, and how far to rely on it. */

import { element, fill, found } from "../shared/dom.js";
import { curvesOf, scaleOf } from "../beats/beat-scale.js";
import { flags, sureness } from "../beats/judging.js";
import { MM } from "../drawing/paper.js";
import { plainPlot } from "../drawing/plot.js";
import { drawSheetStrip } from "../drawing/sheet-strip.js";
import { extent } from "../drawing/scale.js";
import { drawTrace } from "../drawing/trace.js";
import { clock, count, counted, duration, percent } from "../shared/words.js";
import { warningsOf } from "./card-warnings.js";

const WIDTH = 180 * MM; // fits A4 and Letter
const NO_DEVICE = "This is software for development and research, not a medical device.";

/** @import { Answer } from "../beats/answer.js" */
/** @import { Beat } from "../beats/beat.js" */
/** @import { Model } from "../shared/model.js" */
/** @import { Facts } from "../shared/shapes.js" */
/** @import { Collection } from "../beats/collection.js" */
/** @import { Labels } from "../beats/labels.js" */
/** @import { Marks } from "../shared/marks.js" */
/** @typedef {import("../beats/beat-scale.js").Recording & {lead: {name: string}, inverted: boolean}} Recording */
/** @typedef {{collection: Collection | null, facts: Facts | null}} Open */

/** Writes the sheet when the browser is about to print; `open()` gives what is open as {collection, facts}. */
export class Sheet {
  /** @param {() => Open} open */
  constructor(open) {
    this.open = open;
    addEventListener("beforeprint", () => this.write());
    found("print").addEventListener("click", () => print());
  }

  write() {
    const { collection, facts } = this.open();
    fill(found("sheet"),
      element("h1", {}, "ECG beats"),
      facts && head(collection, facts.model),
      collection && facts ? body(collection, facts) : element("p", {}, "No beats are open."),
      element("p", { class: "device" }, NO_DEVICE));
  }
}

/**
 * @param {Collection | null} collection
 * @param {Model} model
 */
function head(collection, model) {
  const pairs = [
    ...(collection ? fileOf(collection) : []),
    ["Model", `${model.name}, version ${model.version}`],
    ["Printed", new Date().toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })],
  ];
  return element("dl", { class: "pairs" }, pairs.map(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]).flat());
}

/** @param {Collection} collection */
function fileOf({ name, beats, recording }) {
  if (!recording) return [["File", name], ["Beats", count(beats.length)]];
  const { lead, inverted, samples, rate } = recording;
  return [
    ["File", `${name}, lead ${lead.name}${inverted ? ", inverted" : ""}`],
    ["Beats", `${count(beats.length)} in ${duration(samples.length / rate)}`],
  ];
}

/**
 * @param {Collection} collection
 * @param {Facts} facts
 */
function body(collection, facts) {
  const { selected, recording } = collection;
  const warnings = warningsOf(facts.model, facts.marks);
  return [
    element("h2", {}, `Beat ${count(selected.number)}`),
    answerLine(selected, collection.labels, facts),
    ...(recording ? strip(collection, recording, facts.marks) : trace(selected, facts)),
    element("h2", {}, "All beats"),
    ...counts(collection, facts.marks),
    warnings.length > 0 && element("div", { class: "note" }, warnings.map((text) => element("p", {}, text))),
  ];
}

/**
 * @param {Beat} beat
 * @param {Labels} labels
 * @param {Facts} facts
 */
function answerLine({ answer, label }, labels, { model, marks }) {
  if (!answer) return element("p", {}, "Not answered yet.");
  const sure = sureness(answer, model.metrics?.calibration);
  const doubts = flags(answer).map((flag) => `⚠ ${flag}`);
  const rest = [sure ?? "an unreliable guess", ...doubts, ...(label === null ? [] : [`label ${labels.worded(label)}`])];
  return element("p", {}, marks.chip(answer.predicted), `, ${rest.join(", ")}`);
}

/**
 * The part of the recording around the selected beat, in the paper's own size.
 *
 * @param {Collection} collection
 * @param {Recording} recording
 * @param {Marks} marks
 */
function strip(collection, recording, marks) {
  const selected = recording.beats[collection.selected.place];
  const peaks = recording.beats.map(({ peak, answer }) => ({
    peak, chosen: peak === selected.peak, mark: answer ? `${marks.shape(answer.predicted)} ${marks.brief(answer.predicted)}${flags(answer).length ? " ⚠" : ""}` : "·",
  }));
  const { node, from, to } = drawSheetStrip(recording, selected.peak / recording.rate, peaks, WIDTH);
  const scale = recording.unit === "mV" ? "25 mm/s, 10 mm/mV" : "25 mm/s; the recording has no unit, so heights have no scale";
  return [node, element("p", { class: "small" }, `${clock(from)} to ${clock(to)} of ${duration(recording.samples.length / recording.rate)}; ${scale} where the page is printed in its own size. ⚠ is a beat not to be relied on.`)];
}

/**
 * @param {Beat} beat
 * @param {Facts} facts
 */
function trace(beat, facts) {
  const { trace: curve, mean } = curvesOf(beat, null, facts, true);
  const plot = plainPlot([0, curve.values.length - 1], extent(...[curve, ...(mean ? [mean] : [])].map(({ values }) => Array.from(values))), WIDTH);
  const scale = scaleOf(beat, facts.model.features);
  return [drawTrace({ trace: curve, mean }, plot).node, element("p", { class: "small" }, `${scale}${mean ? " Dashed is the mean training beat." : ""}`)];
}

/**
 * How many beats have which class; what is doubtful comes first.
 *
 * @param {Collection} collection
 * @param {Marks} marks
 */
function counts({ answered, beats }, marks) {
  const answers = answered.flatMap(({ answer }) => answer ?? []);
  const doubtful = [
    ...(answers.some(({ unusual }) => unusual !== null) ? [row("Unlike the training beats: do not rely on these", answers.filter(({ unusual }) => unusual), answers)] : []),
    ...(answers.some(({ abstain }) => abstain !== null) ? [row("The model abstains", answers.filter(({ abstain, unusual }) => abstain && !unusual), answers)] : []),
  ];
  const classes = marks.labels.map((/** @type {string} */ label) => {
    const own = answers.filter(({ predicted }) => predicted === label);
    return row(marks.chip(label), own, answers, count(own.filter((answer) => flags(answer).length).length));
  });
  const head = element("tr", {}, ["Beats", "Number", "Share", "Of these doubtful"].map((name) => element("th", { scope: "col" }, name)));
  return [
    element("p", {}, `${count(answers.length)} of ${counted(beats.length, "beat")} answered.`),
    element("table", { class: "counts" }, element("thead", {}, head), element("tbody", {}, doubtful, classes)),
  ];
}

/**
 * @param {Node | string} name
 * @param {Answer[]} own
 * @param {Answer[]} all
 * @param {string} [doubts]
 */
function row(name, own, all, doubts = "") {
  return element("tr", {}, element("th", { scope: "row" }, name), [count(own.length), percent(own.length / (all.length || 1)), doubts].map((text) => element("td", {}, text)));
}
