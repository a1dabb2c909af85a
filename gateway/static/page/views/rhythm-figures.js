/** The figures and sentences about a rhythm. */

import { LONGEST, SHORTEST, isCounted } from "../beats/rhythm.js";
import { element } from "../shared/dom.js";
import { clock, count, counted } from "../shared/words.js";

/**
 * @import { Extreme, Rhythm } from "../beats/rhythm.js"
 * @import { RecordedBeat } from "../beats/beat.js"
 */

/**
 * Heart rate and RR intervals; each extreme is a button that goes there.
 *
 * @param {Rhythm} rhythm
 * @param {Float64Array} times of the R peaks, in seconds
 * @param {(seconds: number) => void} go
 */
export function figuresOf({ rate, rr, pause }, times, go) {
  /** @type {(words: string, extreme: Extreme) => HTMLElement} */
  const button = (words, { place }) => element("button", { type: "button", onclick: () => go(times[place]) }, `${words} at ${clock(times[place])}`);
  return [
    rate && figure("Heart rate", bpm(rate.median), button(`lowest ${bpm(rate.lowest.value)}`, rate.lowest), button(`highest ${bpm(rate.highest.value)}`, rate.highest)),
    rr && figure("RR interval", ms(rr.median), button(`shortest ${ms(rr.lowest.value)}`, rr.lowest), button(`longest ${ms(rr.highest.value)}`, rr.highest)),
    pause && figure("Longest time without an R peak", `${pause.value.toFixed(1)} s`, button("ends", pause)),
  ];
}

/**
 * @param {string} name
 * @param {string} value
 * @param {...HTMLElement} buttons
 */
function figure(name, value, ...buttons) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, value, element("small", {}, buttons)));
}

/** @param {number} value */
function bpm(value) {
  return `${Math.round(value)} bpm`;
}

/** @param {number} seconds */
function ms(seconds) {
  return `${count(Math.round(1000 * seconds))} ms`;
}

/**
 * @param {RecordedBeat} beat
 * @param {import("../shared/marks.js").Marks} marks
 */
export function beatWords({ number, seconds, rr, answer }, marks) {
  const interval = isCounted(rr) ? `RR before ${ms(rr)}, ${bpm(60 / rr)}` : "no RR before";
  return `Beat ${count(number)} at ${clock(seconds)}: ${interval}${answer ? `, class ${marks.named(answer.predicted)}` : ""}`;
}

/**
 * How the figures are counted, and what is not.
 *
 * @param {Rhythm} rhythm
 */
export function countedWords({ rate: heart, counted: all, broken, short, long }) {
  const left = [broken && `${count(broken)} across gaps or flat lines`, short && `${count(short)} shorter than ${ms(SHORTEST)}`, long && `${count(long)} longer than ${LONGEST} seconds`].filter(Boolean);
  return [
    heart && `The heart rate is counted over ${heart.over === 1 ? "single RR intervals" : `each ${heart.over} successive RR intervals`}; shown is the median, then the lowest and the highest.`,
    `The recording has ${counted(all, "RR interval")}${left.length ? `; not counted: ${left.join(", ")}` : ""}.`,
    "The figures and the line depend on the detected R peaks: check the peaks where the line jumps.",
  ].filter(Boolean).join(" ");
}
