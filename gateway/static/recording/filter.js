/** Moving averages, and the filter that leaves what is as fast as a QRS complex, as in data/recordings/peaks.py. */

const MAINS = [50, 60]; // hertz: averages over a period of each leave neither
const DRIFT_SECONDS = 0.2; // averages over it are taken away where deflections are measured
const SLOW_SECONDS = 0.08; // the same where energy is, so that little below 7 Hz is left

/**
 * Return the lead without hum and drift, and its band-pass for QRS complexes.
 *
 * @param {Float64Array} signal
 * @param {number} rate samples per second
 * @returns {{lead: Float64Array, band: Float64Array}}
 */
export function filtered(signal, rate) {
  const humless = average(average(signal, rate / MAINS[0]), rate / MAINS[1], true);
  const band = withoutSlow(withoutSlow(humless, SLOW_SECONDS * rate), SLOW_SECONDS * rate);
  return { lead: withoutSlow(humless, DRIFT_SECONDS * rate), band };
}

/** @param {Float64Array} signal @param {number} size */
function withoutSlow(signal, size) {
  const rest = average(average(signal, size), size, true);
  for (let index = 0; index < rest.length; index++) rest[index] = signal[index] - rest[index];
  return rest;
}

/**
 * Return the mean of `size` samples about each; beyond the ends, the last samples are repeated.
 *
 * An even size leans to the earlier side, or to the later one. Sums are those of numpy.cumsum, to the last bit.
 *
 * @param {Float64Array} values
 * @param {number} size
 * @param {boolean} [late]
 */
export function average(values, size, late = false) {
  const samples = whole(size);
  const before = Math.floor((late ? samples - 1 : samples) / 2);
  const last = values.length - 1;
  const sums = new Float64Array(values.length + samples);
  let [sum, place] = [0, 1];
  while (place <= before) sums[place++] = sum += values[0];
  for (let index = 0; index <= last; index++) sums[place++] = sum += values[index];
  while (place < sums.length) sums[place++] = sum += values[last];
  for (let index = 0; index <= last; index++) sums[index] = (sums[index + samples] - sums[index]) / samples;
  return sums.subarray(0, values.length);
}

/**
 * Return the median of each value and `half` to either side; the larger of two middle ones.
 * @param {Float64Array} values @param {number} half
 */
export function runningMedian(values, half) {
  return values.map((_, index) => {
    const about = values.slice(Math.max(index - half, 0), index + half + 1).sort();
    return about[about.length >> 1];
  });
}

/** Round to at least one sample. @param {number} samples */
export function whole(samples) {
  return Math.max(Math.floor(samples + 0.5), 1);
}
