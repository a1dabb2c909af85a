/** The RR intervals beside a beat as ratios; as data/recordings/rhythm.py, which says why, so change both. */

export const LONGEST_SECONDS = 3; // from one peak to the next; beyond it beats were missed
const NEAR = 10; // RR intervals to either side of a beat whose median is the usual one
const MOST = 5; // times the usual interval, or its share: what is beyond says no more

/**
 * The ratios of each peak, by their names; 1 where an interval is none.
 *
 * @param {Float32Array} samples one lead, NaN in gaps
 * @param {number} rate samples per second
 * @param {ArrayLike<number>} peaks sample numbers, ascending
 * @returns {{rr_previous: number, rr_next: number, rr_local: number}[]}
 */
export function rhythmOf(samples, rate, peaks) {
  const intervals = Array.from(peaks).slice(1).map((next, place) => interval(samples, rate, peaks[place], next));
  return Array.from(peaks, (_, beat) => {
    const near = intervals.slice(Math.max(beat - NEAR, 0), beat + NEAR).filter((each) => !Number.isNaN(each));
    const usual = median(near);
    const [previous, next] = [intervals[beat - 1] ?? NaN, intervals[beat] ?? NaN];
    return { rr_previous: ratio(previous, usual), rr_next: ratio(next, usual), rr_local: ratio(previous, next) };
  });
}

/** An RR interval in seconds; NaN if it is too long, or has a gap. */
function interval(samples, rate, peak, next) {
  const seconds = (next - peak) / rate;
  return seconds > LONGEST_SECONDS || samples.subarray(peak, next).some(Number.isNaN) ? NaN : seconds;
}

function ratio(one, other) {
  const share = one / other;
  return Number.isNaN(share) ? 1 : Math.min(Math.max(share, 1 / MOST), MOST);
}

/** The median, of two middle values their mean; NaN of none. */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
