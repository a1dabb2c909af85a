/** Work that is asked for often and done seldom. */

/**
 * A function that does `work` at once, but not again within so many milliseconds: then once, after them.
 *
 * @param {() => void} work
 * @param {number} pause
 * @returns {(() => void) & {now: () => void}} `now` does it at once in any case
 */
export function seldom(work, pause) {
  let last = -Infinity;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const now = () => {
    clearTimeout(timer);
    timer = undefined;
    work();
    last = performance.now(); // after the work, so that it never takes most of the time
  };
  const ask = () => {
    timer ??= setTimeout(now, Math.max(0, last + pause - performance.now()));
  };
  return Object.assign(ask, { now });
}
