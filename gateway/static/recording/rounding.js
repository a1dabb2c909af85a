/** Places of times that are rounded about as coarsely as samples follow each other, where single ones are lost; as data/recordings/text/rounding.py. */

import { clipped, largest, mean, median, rounded, smallest, steps } from "./numbers.js";

/** @import { Grid } from "./shapes.js" */

const FINE = 0.02; // of a step: times with finer digits identify each sample
const HOLE = 6; // usual steps: a longer gap is counted elsewhere, as its length is not known to a sample here
const STEPS = range(0.88, 0.0025, 53); // of the mean step, which losses make too long
const FINE_STEPS = range(0.94, 0.0005, 127); // where a sample is about as long as the last digit
const PHASES = range(-0.4, 0.1, 9); // of the last digit, by which the first time may be rounded
const FOLLOW = 0.02; // of how far a time is off: what is expected follows it, as the step is a guess
const MOST_LOST = 0.2; // of the samples
const ROUNDED = 0.55; // of the last digit: rounded times are off by half of it, and the least squares by a little
const ABOUT = 1.15; // digits
const SAME = 1e-5; // of a step
const SLOW = 0.75; // of the last digit, where the rounding goes round so slowly that the least squares follow it,
const CLEAR = 0.3; // if that is less than this part of a step
const FEW_EXPLAINED = 3.5; // longer steps; so few may as well be samples that are lost
const MOST_REGULAR = 0.055; // of the steps, where one sample in so many is lost
const ROUNDS = 4; // in which the least squares and the places set each other right
const DOUBTFUL = 0.015; // of the samples lost, where one is shorter than
const SHORT = 1.35; // digits: another rate, of which more or fewer are lost, may then explain the times nearly as well
const FEW = 32; // times, too few for a step

/**
 * A line through times at these places, and how far they are above and below it.
 * @typedef {{step: number, first: number, places: Float64Array, most: number, least: number, length: number}} Line
 */

/**
 * The grid that explains times, rounded to that resolution, with the fewest samples lost; or null.
 *
 * Where a sample is as long as the last digit, and one in so many is left out exactly regularly, a lower rate explains the
 * times as well: the round rate is taken, and the answer is ambiguous.
 *
 * @param {Float64Array} times in seconds
 * @param {number} resolution seconds
 * @returns {Grid|null} its `start` is NaN if that is unknown
 */
export function place(times, resolution) {
  const differences = steps(times);
  if (differences.length < FEW || smallest(differences) <= resolution / 2) return null;
  const usual = median(differences);
  const [begin, end] = longestRun(differences, HOLE * usual + 2 * resolution);
  if (end - begin < FEW) return null;
  const found = placeRun(times.subarray(begin, end), usual, resolution);
  return found && begin ? { ...found, start: NaN } : found;
}

/** From which time to which no step is longer than `most`. @param {Float64Array} differences @param {number} most */
function longestRun(differences, most) {
  let [best, from] = [[0, 0], 0];
  for (let index = 0; index <= differences.length; index++) {
    if (index < differences.length && differences[index] <= most) continue;
    if (index + 1 - from > best[1] - best[0]) best = [from, index + 1];
    from = index + 1;
  }
  return best;
}

/** @param {Float64Array} times @param {number} usual @param {number} resolution @returns {Grid|null} */
function placeRun(times, usual, resolution) {
  const differences = steps(times);
  const usualOnes = mean(differences.filter((step) => step <= 3 * usual + 2 * resolution));
  if (!(FINE * usualOnes < resolution && resolution <= 1.01 * usualOnes)) return null;
  const parts = usualOnes < ABOUT * resolution ? FINE_STEPS : STEPS;
  const guesses = [...parts.map((part) => usualOnes * part), resolution].filter((step) => step > resolution * 0.999);
  const found = bestOf(guesses, times, resolution);
  if (found && found.step > resolution * (1 + SAME) && mayBeLost(differences, found.step, resolution)) {
    return { step: resolution, spread: 0, start: 0, isAmbiguous: true };
  }
  return found;
}

/**
 * Go along the times, leaving places free where one is late; one that was left free too early is taken back by a later time.
 * @param {Float64Array} times @param {number} step @param {number} phase @param {number} resolution
 */
function walk(times, step, phase, resolution) {
  const tolerance = clipped(resolution / step / 2 + 0.05, 0.5, 0.9);
  const places = new Float64Array(times.length);
  let expected = times[0] + phase;
  for (let row = 1; row < times.length; row++) {
    expected += step;
    const late = (times[row] - expected) / step;
    const missing = Math.abs(late) > tolerance ? rounded(late) : 0;
    places[row] = places[row - 1] + missing + 1;
    expected += step * (missing + FOLLOW * (late - missing));
  }
  return places;
}

/**
 * The grid that leaves out the fewest, of those near the guesses that rounding explains.
 * @param {number[]} guesses @param {Float64Array} times @param {number} resolution
 */
function bestOf(guesses, times, resolution) {
  const passed = times.map((time) => time - times[0]);
  const longest = (times.length - 1) / (1 - MOST_LOST);
  /** @type {Line|null} */
  let best = null;
  for (const guess of guesses) {
    for (const phase of PHASES) {
      const grid = settled(walk(times, guess, phase * resolution, resolution), passed);
      if (grid && grid.length <= longest && (!best || grid.length < best.length) && isExplained(grid, resolution)) best = grid;
    }
  }
  if (!best) return null;
  const { step, first, most, least, places, length } = best;
  const lost = length + 1 - times.length;
  const isAmbiguous = (lost > 0 && step < (1 + SAME) * resolution) || (lost > DOUBTFUL * times.length && step < SHORT * resolution);
  return { step, spread: (most - least) / 2, start: first + step * places[0] + (most + least) / 2, isAmbiguous };
}

/**
 * The least squares and the places set each other right; null where the line falls.
 * @param {Float64Array} places @param {Float64Array} passed @returns {Line|null}
 */
function settled(places, passed) {
  let line = lineOf(places, passed);
  for (let round = 0; round < ROUNDS; round++) {
    for (let row = 0; row < places.length; row++) places[row] = rounded((passed[row] - line.first) / line.step);
    line = lineOf(places, passed);
  }
  const off = passed.map((time, row) => time - line.first - line.step * places[row]);
  return line.step > 0 ? { ...line, places, most: largest(off), least: smallest(off), length: places[places.length - 1] - places[0] } : null;
}

/** @param {Line} line @param {number} resolution */
function isExplained({ step, most, least, places }, resolution) {
  const isNear = most - least <= 2 * Math.max(ROUNDED * resolution, Math.min(SLOW * resolution, CLEAR * step));
  return isNear && step > (1 - SAME) * resolution && places.every((each, row) => row === 0 || each - places[row - 1] >= 1);
}

/** The step and the time of place 0 by least squares. @param {Float64Array} places @param {Float64Array} passed */
function lineOf(places, passed) {
  const [middle, half] = [mean(places), mean(passed)];
  let [products, squares] = [0, 0];
  for (let row = 0; row < places.length; row++) {
    const away = places[row] - middle;
    products += away * (passed[row] - half);
    squares += away * away;
  }
  const step = products / squares;
  return { step, first: half - step * middle };
}

/**
 * Do samples as long as the last digit explain the times as well as the longer step that was found? They do where all steps
 * are of one digit but for few of two at one distance, or where the longer step explains next to none of them.
 *
 * @param {Float64Array} differences
 * @param {number} step
 * @param {number} resolution
 */
function mayBeLost(differences, step, resolution) {
  const digits = differences.map((difference) => rounded(difference / resolution));
  const longer = Array.from(digits.keys()).filter((index) => digits[index] > 1);
  const span = differences.reduce((sum, difference) => sum + difference, 0);
  const isRegular = longer.every((index) => digits[index] === 2) && new Set(steps(longer)).size <= 1;
  return span / resolution - span / step < FEW_EXPLAINED || (isRegular && longer.length <= MOST_REGULAR * digits.length);
}

/** @param {number} start @param {number} step @param {number} count */
function range(start, step, count) {
  return Array.from({ length: count }, (_, index) => start + step * index);
}
