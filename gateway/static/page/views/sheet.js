/** The sheet that is printed: where, by what model, what came out, and how far to rely on it. */

import { element, fill, found } from "../shared/dom.js";
import { curvesOf } from "../beats/beat-scale.js";
import { flags, sureness } from "../beats/judging.js";
import { MILLIMETRE, plainPlot } from "../drawing/plot.js";
import { drawSheetStrip } from "../drawing/sheet-strip.js";
import { extent } from "../drawing/scale.js";
import { drawTrace } from "../drawing/trace.js";
import { clock, count, counted, percent } from "../shared/words.js";

const WIDTH = 180 * MILLIMETRE; // fits A4 and Letter
const NO_DEVICE = "This is software for development and research, not a medical device.";

/** Writes the sheet when the browser is about to print; `open()` gives what is open as {collection, facts}. */
export class Sheet {
  constructor(open) {
    this.open = open;
    addEventListener("beforeprint", () => this.write());
    found("print").addEventListener("click", () => print());
  }

  write() {
    const { collection, facts } = this.open();
    fill(found("sheet"), element("h1", {}, "ECG beats"), facts.model && head(collection, facts.model), collection ? body(collection, facts) : element("p", {}, "No beats are open."), element("p", { class: "device" }, NO_DEVICE));
  }
}

function head(collection, model) {
  const { recording, beats, name } = collection ?? {};
  const pairs = [
    collection && ["File", recording ? `${name}, lead ${recording.lead.name}${recording.inverted ? ", upside down" : ""}` : name],
    collection && ["Beats", recording ? `${count(beats.length)} in ${clock(recording.samples.length / recording.rate)} minutes` : count(beats.length)],
    ["Model", `${model.name}, version ${model.version}`],
    ["Printed", new Date().toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })],
  ].filter(Boolean);
  return element("dl", { class: "pairs" }, pairs.map(([term, text]) => [element("dt", {}, term), element("dd", {}, text)]).flat());
}

function body(collection, facts) {
  const { note } = facts.model.data ?? {};
  return [
    element("h2", {}, `Beat ${count(collection.selected.number)}`),
    answerLine(collection.selected, facts),
    collection.recording ? strip(collection, facts) : trace(collection, facts),
    element("h2", {}, "All beats"),
    counts(collection, facts.marks),
    note && element("div", { class: "note" }, note.split("\n").map((line) => element("p", {}, line))),
  ].flat();
}

function answerLine({ answer, label }, { model, marks }) {
  if (!answer) return element("p", {}, "Not answered yet.");
  const sure = sureness(answer, model.metrics?.calibration);
  const doubts = flags(answer).map((flag) => `⚠ ${flag}`);
  const rest = [sure ?? "a guess that says little", ...doubts, label !== null && `label ${label}`].filter(Boolean);
  return element("p", {}, marks.chip(answer.predicted), `, ${rest.join(", ")}`);
}

/** The part of the recording around the selected beat, in the paper's own size. */
function strip(collection, { marks }) {
  const { recording, beats, selected } = collection;
  const peaks = beats.map(({ peak, answer }) => ({
    peak, chosen: peak === selected.peak, mark: answer ? `${marks.shape(answer.predicted)} ${answer.predicted}${flags(answer).length ? " ⚠" : ""}` : "·",
  }));
  const { node, from, to } = drawSheetStrip(recording, selected.peak / recording.rate, peaks, WIDTH);
  const scale = recording.unit === "mV" ? "25 mm/s, 10 mm/mV" : "25 mm/s; the recording does not tell its unit, so heights have no scale";
  return [node, element("p", { class: "small" }, `${clock(from)} to ${clock(to)} of ${clock(recording.samples.length / recording.rate)}; ${scale} where the page is printed in its own size. ⚠ is a beat not to be relied on.`)];
}

function trace({ selected }, facts) {
  const { trace: curve, mean } = curvesOf(selected, null, facts, true);
  const plot = plainPlot([0, curve.values.length - 1], extent(curve.values, mean?.values ?? []), WIDTH);
  return drawTrace({ trace: curve, mean }, plot).node;
}

/** What is doubtful comes first. */
function counts({ answered, beats }, marks) {
  const among = (belongs) => answered.filter(({ answer }) => belongs(answer));
  const share = (list) => [count(list.length), percent(list.length / (answered.length || 1))];
  const doubtful = [
    ["unusual", "Unlike the training beats: do not rely on these", among(({ unusual }) => unusual)],
    ["abstain", "The model abstains", among(({ abstain, unusual }) => abstain && !unusual)],
  ].filter(([flag]) => among((answer) => answer[flag] !== null).length).map(([, words, list]) => [words, share(list), ""]);
  const classes = marks.labels.map((label) => {
    const list = among(({ predicted }) => predicted === label);
    return [marks.chip(label), share(list), count(list.filter(({ answer }) => flags(answer).length).length)];
  });
  const rows = [...doubtful, ...classes];
  const head = element("tr", {}, ["Beats", "Number", "Share", "Of these doubtful"].map((name) => element("th", { scope: "col" }, name)));
  return [
    element("p", {}, `${count(answered.length)} of ${counted(beats.length, "beat")} answered.`),
    element("table", { class: "counts" }, element("thead", {}, head), element("tbody", {}, rows.map(([words, [number, part], doubts]) =>
      element("tr", {}, element("th", { scope: "row" }, words), [number, part, doubts].map((text) => element("td", {}, text)))))),
  ];
}
