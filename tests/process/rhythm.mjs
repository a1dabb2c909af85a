// What the page's modules make of rhythms and links: a list of calls comes as JSON, and their results go out as JSON.
import { text } from "node:stream/consumers";

import { fragmentOf, isSame, linkIn } from "../../gateway/static/page/beats/link.js";
import { intervalsOf, nearestTo, summaryOf } from "../../gateway/static/page/beats/rhythm.js";
import { lineOf, runsOf } from "../../gateway/static/page/drawing/tachogram.js";
import { scale } from "../../gateway/static/page/drawing/scale.js";
import { clock, duration } from "../../gateway/static/page/shared/words.js";

const NONE = null; // stands for NaN in JSON
const numbers = (values) => Float64Array.from(values, (value) => value ?? NaN);

const CALLS = {
  clock,
  duration,
  fragment: fragmentOf,
  link: linkIn,
  same: isSame,
  nearest: (seconds, at) => nearestTo(seconds.map((each) => ({ seconds: each })), at).seconds,
  intervals: (samples, rate, peaks) => Array.from(intervalsOf(Float32Array.from(samples, (value) => value ?? NaN), rate, peaks), (value) => (Number.isNaN(value) ? NONE : value)),
  summary: (intervals) => summaryOf(numbers(intervals)),
  line: (times, intervals, length, width) => lineOf(times, numbers(intervals), scale(0, length, 0, width), scale(0, 3, 100, 0)),
  runs: (length, width, ...moments) => runsOf(scale(0, length, 0, width), ...moments),
};

const calls = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(calls.map(([name, ...given]) => CALLS[name](...given))));
