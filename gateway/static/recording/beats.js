/** Cuts beats as data/recordings/windows.py does: the two are held together by a test, so change both. */

export const BEFORE_PEAK = 0.025; // of the RR interval: where ECG5000's beats begin
export const LONGEST_SECONDS = 3; // from one peak to the next; beyond it beats were missed

/**
 * Cut the beat of each peak, from a fortieth of an RR interval before it to as much before the next peak.
 *
 * @param {Float32Array} samples one lead, NaN in gaps
 * @param {number} rate samples per second
 * @param {ArrayLike<number>} peaks sample numbers, ascending
 * @param {number} length values per beat, as the model takes
 * @returns {{peak: number, start: number, end: number, values: Float32Array}[]}
 *   values with mean 0 and deviation 1; start and end are sample numbers and not whole. There is no beat of the last peak,
 *   of one before a pause of over three seconds, and of one with a gap.
 */
export function cutBeats(samples, rate, peaks, length) {
  const beats = [];
  for (let index = 0; index + 1 < peaks.length; index++) {
    const [peak, next] = [peaks[index], peaks[index + 1]];
    if (next - peak > LONGEST_SECONDS * rate) continue;
    const start = peak - BEFORE_PEAK * (next - peak);
    const values = cut(samples, start, next - peak, length);
    if (values) beats.push({ peak, start, end: start + next - peak, values });
  }
  return beats;
}

/** Each value is the mean of the samples about its place, so that many samples become few without aliasing. */
function cut(samples, start, span, length) {
  const step = span / (length - 1);
  const width = Math.max(step, 1);
  const first = Math.floor(start - width / 2) - 1;
  const last = Math.ceil(start + span + width / 2) + 1;
  if (first < 0 || last >= samples.length) return null;
  const sums = new Float64Array(last - first + 2); // sums[i]: of the samples before first + i
  for (let at = first; at <= last; at++) sums[at - first + 1] = sums[at - first] + samples[at];
  if (Number.isNaN(sums[last - first + 1])) return null;
  const sumUpTo = (place) => {
    const whole = Math.floor(place - first + 0.5);
    return sums[whole] + (place - first + 0.5 - whole) * samples[first + whole];
  };
  const values = new Float64Array(length);
  for (let index = 0; index < length; index++) {
    const place = start + index * step;
    values[index] = (sumUpTo(place + width / 2) - sumUpTo(place - width / 2)) / width;
  }
  return normalised(values);
}

/** As the rows of the UCR archive: the deviation is that of a sample, with n - 1. */
function normalised(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (values.length - 1));
  return deviation > 0 ? Float32Array.from(values, (value) => (value - mean) / deviation) : null;
}
