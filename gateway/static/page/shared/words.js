/** Numbers as people read them. */

const whole = new Intl.NumberFormat("en");
const GAP = "\u00a0"; // at which no line is broken

/** 4500 -> "4,500" @param {number} number */
export function count(number) {
  return whole.format(number);
}

/** (1, "beat") -> "1 beat", (4500, "beat") -> "4,500 beats" @param {number} number @param {string} noun */
export function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** 0.9731 -> "97.3 %"; what is not certain is never rounded to certainty. @param {number} share */
export function percent(share) {
  if (share > 0 && share < 0.001) return `<${GAP}0.1${GAP}%`;
  if (share < 1 && share > 0.999) return `>${GAP}99.9${GAP}%`;
  return `${(100 * share).toFixed(1)}${GAP}%`;
}

/** A value of a beat, or a score. @param {number} number */
export function decimal(number, digits = 2) {
  return number.toFixed(digits).replace("-", "−");
}

/** A moment of a recording: 75.3 seconds -> "0:01:15.3" @param {number} seconds */
export function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  const minutes = String(Math.floor(tenths / 600) % 60).padStart(2, "0");
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return `${Math.floor(tenths / 36000)}:${minutes}:${rest}`;
}

/** How long something takes: 13.9 seconds -> "13.9 s", 75.3 -> "1 min 15.3 s", 5400 -> "1 h 30 min" @param {number} seconds */
export function duration(seconds) {
  const tenths = Math.round(seconds * 10);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}${GAP}s`;
  if (tenths < 36000) return `${Math.floor(tenths / 600)}${GAP}min ${((tenths % 600) / 10).toFixed(1)}${GAP}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}${GAP}h ${minutes % 60}${GAP}min`;
}

/** ["a", "b", "c"] -> "a, b and c" @param {string[]} words */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/**
 * -83.333 -> "−83 ms"
 *
 * @param {number} time
 */
export function milliseconds(time) {
  return `${decimal(Math.round(time) || 0, 0)}${GAP}ms`;
}
