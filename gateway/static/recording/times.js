/** From the times of samples to their places: an even rate, and gaps where samples are missing; as data/recordings/text/time_grid.py finds them. */

import { RecordingError } from "./errors.js";

const REGULAR = 0.7; // of the steps are alike: samples were lost where one is longer, else the times jitter
const ALIKE = 0.1; // of a step
const JITTER = 2.5; // samples that a time may be off where they jitter, or go back
const EXACT = 0.9; // samples that a time is at most off where the steps are alike, whatever its rounding
const FOLLOW = 0.05; // of how far a time is off: what is expected follows it, as a clock drifts
const MOST_GAPS = 0.2; // of all samples: more of them are another rate
const OTHER_RATE = 0.02; // that a long stretch may be off
const LONG_STRETCH = 100; // samples
const LOOKED_AT = 20_000; // times, for the first guess of the step
const WINDOW = 16; // samples, over which jitter is small
const LONGEST_GAP = 86400; // seconds

/**
 * @param {Float64Array} times in seconds
 * @param {number} quantum seconds, to which they were rounded
 * @param {(index: number) => string} where the file and the line of a sample
 * @returns {{rate: number, places: Int32Array|null, length: number, gaps: number}} the place of each sample among `length`,
 *   null where none is missing
 * @throws {RecordingError}
 */
export function placesOf(times, quantum, where) {
  const groups = groupsOf(times);
  let { step, isRegular } = firstStep(groups, quantum);
  if (!(step > 0)) throw uneven(where(0));
  const tolerance = isRegular ? Math.max(0.5, Math.min(quantum / step / 2 + 0.1, EXACT)) : Math.max(JITTER, groups.largest);
  const sure = quantum / (times[times.length - 1] - times[0]); // how far the rounding may move the rate
  if (!isRegular && isEven(groups, tolerance)) return { rate: nice(1 / fittedStep(groups, groups.before), sure), places: null, length: times.length, gaps: 0 };
  let walked = walk(groups, step, tolerance, where);
  for (let round = 0; round < 2; round++) {
    step = stepOf(groups, walked.stretches, step, where);
    walked = walk(groups, step, tolerance, where);
  }
  const gaps = walked.stretches.length - 1;
  if (gaps > MOST_GAPS * times.length) throw uneven(where(0));
  const fitted = fittedStep(groups, (index) => walked.starts[index]);
  return { rate: nice(1 / fitted, sure), places: gaps ? spread(groups, walked.starts) : null, length: walked.length, gaps };
}

/** Samples that came in one packet share its time: the time of each packet, and how many samples came before it. */
function groupsOf(times) {
  const isPacked = countSteps(times, (step) => step === 0) > times.length / 2;
  if (!isPacked) return { times, before: (index) => index, count: times.length, largest: 1, samples: times.length };
  const starts = [0];
  for (let index = 1; index < times.length; index++) if (times[index] !== times[index - 1]) starts.push(index);
  const largest = starts.reduce((most, start, place) => Math.max(most, (starts[place + 1] ?? times.length) - start), 1);
  return { times: Float64Array.from(starts, (start) => times[start]), before: (index) => starts[index] ?? times.length, count: starts.length, largest, samples: times.length };
}

function countSteps(times, test) {
  let count = 0;
  for (let index = 1; index < times.length; index++) if (test(times[index] - times[index - 1])) count++;
  return count;
}

function firstStep({ times, before, count: all, largest }, quantum) {
  const count = Math.min(all, LOOKED_AT);
  if (count < 3) return { step: NaN, isRegular: false };
  const steps = Float64Array.from({ length: count - 1 }, (_, index) => (times[index + 1] - times[index]) / (before(index + 1) - before(index)));
  const middle = median(steps);
  const alike = steps.filter((step) => Math.abs(step - middle) <= ALIKE * middle + quantum);
  if (largest === 1 && alike.length >= REGULAR * steps.length) return { step: alike.reduce((sum, step) => sum + step, 0) / alike.length, isRegular: true };
  const reach = Math.min(WINDOW, count - 1);
  const wide = Float64Array.from({ length: count - reach }, (_, index) => (times[index + reach] - times[index]) / (before(index + reach) - before(index)));
  return { step: median(wide), isRegular: false };
}

function meanStep({ times, before, count }) {
  return (times[count - 1] - times[0]) / before(count - 1);
}

/** The step by least squares, as single times are off; `placeOf` is the place of a group's first sample. */
function fittedStep({ times, count }, placeOf) {
  const middle = placeOf(count - 1) / 2;
  let [products, squares, places] = [0, 0, 0];
  for (let index = 0; index < count; index++) places += placeOf(index) - middle;
  const mean = middle + places / count;
  for (let index = 0; index < count; index++) {
    products += (placeOf(index) - mean) * (times[index] - times[0]);
    squares += (placeOf(index) - mean) ** 2;
  }
  return products / squares;
}

function isEven(groups, tolerance) {
  const { times, before } = groups;
  const step = meanStep(groups);
  return times.every((time, index) => Math.abs(time - times[0] - before(index) * step) <= tolerance * step);
}

/** Go along the times and leave places free where one comes too late. */
function walk({ times, before, count, samples }, step, tolerance, where) {
  const starts = new Int32Array(count); // the place of each group's first sample
  const stretches = [0]; // the groups before which something is missing
  let expected = times[0];
  for (let index = 1; index < count; index++) {
    const size = before(index) - before(index - 1);
    expected += size * step;
    const late = (times[index] - expected) / step;
    const missing = late > tolerance ? Math.round(late) : 0;
    if (missing * step > LONGEST_GAP) throw new RecordingError(`${where(before(index))}: the times jump by ${Math.round((missing * step) / 86400)} days; split the recording there`);
    if (late < -Math.max(tolerance, JITTER)) throw times[index] < times[index - 1] ? back(where(before(index)), Number((times[index - 1] - times[index]).toPrecision(4))) : uneven(where(before(index)));
    if (missing) stretches.push(index);
    starts[index] = starts[index - 1] + size + missing;
    expected = missing ? times[index] : expected + FOLLOW * (times[index] - expected);
  }
  return { starts, stretches, length: starts[count - 1] + samples - before(count - 1) };
}

/** The step within the stretches, which are as long as they can be; each long one must have the same. */
function stepOf({ times, before, count }, stretches, guess, where) {
  const spans = stretches.map((first, place) => {
    const last = (stretches[place + 1] ?? count) - 1;
    return { first, span: times[last] - times[first], samples: before(last) - before(first) };
  });
  const total = spans.reduce((sum, { span, samples }) => ({ span: sum.span + span, samples: sum.samples + samples }), { span: 0, samples: 0 });
  if (!(total.samples > 0)) throw uneven(where(0));
  const step = total.span / total.samples;
  const other = spans.find(({ span, samples }) => samples > LONG_STRETCH && Math.abs(span / samples - step) > OTHER_RATE * step);
  if (other || Math.abs(step - guess) > guess / 2) throw uneven(where(before(other?.first ?? 0)));
  return step;
}

function spread({ before, count, samples }, starts) {
  const places = new Int32Array(samples);
  for (let group = 0; group < count; group++) {
    for (let index = before(group); index < (group + 1 < count ? before(group + 1) : samples); index++) places[index] = starts[group] + index - before(group);
  }
  return places;
}

function median(values) {
  return values.slice().sort()[values.length >> 1];
}

/** A rate that is as good as whole is whole. */
function nice(rate, sure) {
  return Math.abs(rate - Math.round(rate)) <= Math.max(1e-4, sure) * rate ? Math.round(rate) : rate;
}

function uneven(where) {
  return new RecordingError(`${where}: the times do not go on in even steps`, { needsRate: true });
}

function back(where, seconds) {
  return new RecordingError(`${where}: the times do not go on in even steps, they go back by ${seconds} s; split the recording there`, { needsRate: true });
}
