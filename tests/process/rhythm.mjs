// What the page's modules make of rhythms and links: a list of calls comes as JSON, and their results go out as JSON.
import { text } from "node:stream/consumers";

import { fragmentOf, isSame, linkIn } from "../../gateway/static/page/beats/link.js";
import { intervalsOf, nearestTo, summaryOf } from "../../gateway/static/page/beats/rhythm.js";
import { lineOf, runsOf } from "../../gateway/static/page/drawing/tachogram.js";
import { scale } from "../../gateway/static/page/drawing/scale.js";
import { clock, duration } from "../../gateway/static/page/shared/words.js";

const NONE = null; // stands for NaN in JSON
const numbers = (/** @type {(number | null)[]} */ values) => Float64Array.from(values, (value) => value ?? NaN);

/**
 * By the names of the calls; each is given what its test writes as JSON.
 *
 * @type {Record<string, (...given: any[]) => unknown>}
 */
const CALLS = {
  clock,
  duration,
  fragment: fragmentOf,
  link: linkIn,
  same: isSame,
  nearest: (/** @type {number[]} */ seconds, /** @type {number} */ at) => nearestTo(seconds.map((each) => ({ seconds: each })), at).seconds,
  intervals: (/** @type {(number | null)[]} */ samples, /** @type {number} */ rate, /** @type {number[]} */ peaks) => Array.from(intervalsOf(Float32Array.from(samples, (value) => value ?? NaN), rate, peaks), (value) => (Number.isNaN(value) ? NONE : value)),
  summary: (/** @type {(number | null)[]} */ intervals) => summaryOf(numbers(intervals)),
  line: (/** @type {number[]} */ times, /** @type {(number | null)[]} */ intervals, /** @type {number} */ length, /** @type {number} */ width) => lineOf(numbers(times), numbers(intervals), scale(0, length, 0, width), scale(0, 3, 100, 0)),
  runs: (/** @type {number} */ length, /** @type {number} */ width, /** @type {number[]} */ moments, /** @type {number[] | undefined} */ until) => runsOf(scale(0, length, 0, width), moments, until),
};

/** @type {[string, ...unknown[]][]} */
const calls = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(calls.map(([name, ...given]) => CALLS[name](...given))));
