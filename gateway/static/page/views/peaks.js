/** The beats of a strip, each to be chosen: a button above its R peak, and its part of the paper. */

import { flags } from "../beats/judging.js";
import { drawing, element } from "../shared/dom.js";
import { percent } from "../shared/words.js";

// pixels from one R peak to the next, below which a button has its shape alone: for the button, and for each character
const TIGHT = { button: 18, character: 8 };

/** @import { RecordedBeat } from "../beats/beat.js" */

/**
 * The buttons above the R peaks: the class's shape and name, or a dot while there is no answer.
 *
 * @param {RecordedBeat[]} beats
 * @param {{selected: RecordedBeat, marks: import("../shared/marks.js").Marks, place: (beat: RecordedBeat) => number, select: (beat: RecordedBeat) => void}} how
 */
export function peakButtons(beats, { selected, marks, place, select }) {
  const longest = Math.max(0, ...beats.map(({ answer }) => (answer ? marks.brief(answer.predicted).length : 0)));
  const isTight = beats.length > 1 && (place(beats[beats.length - 1]) - place(beats[0])) / (beats.length - 1) < TIGHT.button + TIGHT.character * longest;
  const buttons = beats.map((beat) => {
    const { answer } = beat;
    const doubt = answer && flags(answer).length ? "⚠" : "";
    const shape = answer && element("span", { class: `shape ${marks.colour(answer.predicted)}` }, marks.shape(answer.predicted));
    const name = nameOf(beat, marks);
    const button = element("button", { type: "button", class: "peak", "data-key": beat.number, "aria-label": name, title: name, "aria-pressed": String(beat === selected), onclick: () => select(beat) }, answer ? [shape, isTight ? "" : [marks.brief(answer.predicted), doubt]].flat() : "·");
    button.style.left = `${place(beat)}px`;
    return button;
  });
  return element("div", { class: isTight ? "peaks tight" : "peaks" }, buttons);
}

/**
 * @param {RecordedBeat} beat
 * @param {import("../shared/marks.js").Marks} marks
 */
function nameOf({ number, answer, label }, marks) {
  const annotated = label === null ? "" : `, annotated ${label}`;
  if (!answer) return `Beat ${number}, not answered yet${annotated}`;
  return [`Beat ${number}, class ${marks.named(answer.predicted)}, ${percent(answer.probability)}`, ...flags(answer)].join(", ") + annotated;
}

/**
 * A beat's part of the paper, between these edges in pixels.
 *
 * @param {{left: number, right: number, top: number, bottom: number}} box
 * @param {boolean} isChosen
 * @param {() => void} select
 */
export function beatSpan({ left, right, top, bottom }, isChosen, select) {
  return drawing("rect", { class: isChosen ? "span chosen" : "span", x: left, y: top, width: Math.max(0, right - left), height: bottom - top, onclick: select });
}
