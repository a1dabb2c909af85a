/** What the list says of a beat. */

import { reliable } from "../beats/headline.js";
import { flags, sureness } from "../beats/judging.js";
import { element, unseen } from "../shared/dom.js";
import { clock, count } from "../shared/words.js";

/**
 * The class is in brackets if it is unreliable, and has no probability if the beat is unusual.
 *
 * @param {import("../beats/beat.js").Beat} beat
 * @param {import("../shared/shapes.js").Facts} facts
 */
export function answerCells({ answer }, { marks, model }) {
  if (!answer) return [element("td", { class: "waiting", colspan: 3 }, "…")];
  const sure = sureness(answer, model.metrics?.calibration);
  const bar = element("span", { class: `bar ${marks.colour(answer.predicted)}`, "aria-hidden": "true" });
  bar.style.setProperty("--share", String(answer.probability));
  return [
    reliable(answer) ? element("td", {}, marks.chip(answer.predicted, marks.named(answer.predicted))) : element("td", { class: "doubted" }, marks.chip(answer.predicted, marks.doubted(answer.predicted))),
    element("td", { class: "bars" }, sure === null ? ["–", unseen(" not to be relied on")] : [bar, element("span", {}, sure)]),
    element("td", { class: "doubts" }, flags(answer).flatMap((flag) => ["⚠ ", element("span", { class: "flag" }, flag), " "])),
  ];
}

/** When a beat is, and the RR interval before it. @param {import("../beats/beat.js").RecordedBeat} beat */
export function momentCells({ seconds, rr }) {
  const interval = Number.isNaN(rr) ? "" : `${count(Math.round(1000 * rr))} ms`;
  return [element("td", { class: "time" }, clock(seconds)), element("td", { class: "rr" }, interval)];
}
