/** The filters that neurokit2 cleans an ECG with, both run forwards and backwards so that nothing is delayed. */

const CUTOFF = 0.5; // hertz: slower is breathing and electrodes
const MAINS = 50; // hertz: its period is averaged over

/**
 * Return the signal without drift and mains hum, as neurokit2.ecg_clean does with method "neurokit".
 *
 * @param {Float64Array} signal longer than a second
 * @param {number} rate samples per second
 * @returns {Float64Array}
 */
export function clean(signal, rate) {
  const sections = highPass(CUTOFF / rate);
  const taps = rate >= 2 * MAINS ? Math.floor(rate / MAINS) : 2;
  const level = bothWays(signal, 18, (values) => cascade(sections, values));
  return bothWays(level, 3 * taps, (values) => average(values, taps));
}

/** Return the mean of `size` samples about each; beyond the ends the signal goes on as it ends. */
export function smooth(signal, size) {
  const smoothed = new Float64Array(signal.length);
  const at = (index) => signal[Math.min(Math.max(index, 0), signal.length - 1)];
  const before = Math.floor(size / 2);
  let sum = 0;
  for (let index = -before; index < size - before; index++) sum += at(index);
  for (let index = 0; index < signal.length; index++) {
    smoothed[index] = sum / size;
    sum += at(index - before + size) - at(index - before);
  }
  return smoothed;
}

/** A Butterworth filter of order five in sections of second order, the first of them of first order. */
function highPass(frequency) {
  const k = Math.tan(Math.PI * frequency);
  const first = { b: [1 / (1 + k), -1 / (1 + k), 0], a: [(k - 1) / (k + 1), 0] };
  const others = [1, 2].map((pair) => {
    const damping = 2 * k * Math.cos((pair * Math.PI) / 5);
    const scale = 1 / (1 + damping + k * k);
    return { b: [scale, -2 * scale, scale], a: [2 * (k * k - 1) * scale, (1 - damping + k * k) * scale] };
  });
  return [first, ...others];
}

/** Filter in place, from the state of having seen the first value for ever. */
function cascade(sections, values) {
  let level = values[0];
  for (const { b, a } of sections) {
    let [one, two] = [(b[1] + b[2]) * level, b[2] * level];
    for (let index = 0; index < values.length; index++) {
      const input = values[index];
      const output = b[0] * input + one;
      one = b[1] * input - a[0] * output + two;
      two = b[2] * input - a[1] * output;
      values[index] = output;
    }
    level = 0; // what a high pass makes of a constant
  }
  return values;
}

/** The mean of each value and those before it, `size` together. */
function average(values, size) {
  const averaged = new Float64Array(values.length);
  let sum = size * values[0];
  for (let index = 0; index < values.length; index++) {
    sum += values[index] - values[Math.max(index - size, 0)];
    averaged[index] = sum / size;
  }
  return averaged;
}

/** Filter forwards and backwards, with both ends lengthened by the signal turned about them. */
function bothWays(signal, padding, filter) {
  const pad = Math.min(padding, signal.length - 1);
  const last = signal.length - 1;
  const long = new Float64Array(signal.length + 2 * pad);
  long.set(signal, pad);
  for (let step = 1; step <= pad; step++) {
    long[pad - step] = 2 * signal[0] - signal[step];
    long[pad + last + step] = 2 * signal[last] - signal[last - step];
  }
  return filter(filter(long).reverse()).reverse().subarray(pad, pad + signal.length);
}
