/** Curves: values with the place of each, as lines and by place. */

/** @typedef {{at: ArrayLike<number>, values: ArrayLike<number>}} Curve the places ascend */
/** @typedef {(value: number) => number} Scale */

/**
 * The path through a curve; where values are NaN, there is a gap.
 *
 * @param {Curve} curve
 * @param {Scale} x
 * @param {Scale} y
 */
export function pathOf({ at, values }, x, y) {
  return through(Array.from(values, (value, place) => [at[place], value]), x, y);
}

/**
 * The path through a part of a curve.
 *
 * @param {Curve} curve
 * @param {number} from
 * @param {number} to
 * @param {Scale} x
 * @param {Scale} y
 */
export function partOf(curve, from, to, x, y) {
  const points = [[from, valueAt(curve, from)]];
  for (let place = after(curve, from); curve.at[place] < to; place += 1) points.push([curve.at[place], curve.values[place]]);
  return through([...points, [to, valueAt(curve, to)]], x, y);
}

/**
 * @param {number[][]} points
 * @param {Scale} x
 * @param {Scale} y
 */
function through(points, x, y) {
  let pen = "M";
  return points.map(([at, value]) => {
    const piece = Number.isNaN(value) ? "" : `${pen}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = piece ? "L" : "M";
    return piece;
  }).join("");
}

/**
 * The value of a curve between its points; at its ends beyond them.
 *
 * @param {Curve} curve
 * @param {number} at
 */
export function valueAt(curve, at) {
  const last = curve.values.length - 1;
  const next = Math.min(last, after(curve, at));
  const before = Math.max(0, next - 1);
  const span = curve.at[next] - curve.at[before];
  const share = span ? Math.max(0, Math.min(1, (at - curve.at[before]) / span)) : 0;
  return curve.values[before] + share * (curve.values[next] - curve.values[before]);
}

/**
 * The number of the place that is nearest.
 *
 * @param {ArrayLike<number>} places
 * @param {number} at
 */
export function nearest(places, at) {
  const next = Math.min(places.length - 1, after({ at: places, values: places }, at));
  return next > 0 && at - places[next - 1] < places[next] - at ? next - 1 : next;
}

/**
 * The number of the first point beyond a place; as many as there are if none is.
 *
 * @param {Curve} curve
 * @param {number} place
 */
function after({ at }, place) {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] > place) high = middle;
    else low = middle + 1;
  }
  return low;
}
