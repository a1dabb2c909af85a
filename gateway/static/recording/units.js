/** Units and rates as people write them in columns' names, rows of units and metadata; as data/recordings/text/units.py has them. */

/** @type {Record<string, number>} */
const PREFIXES = { "": 1000, m: 1, u: 1e-3, n: 1e-6 }; // of a volt, in millivolts
/** @type {Record<string, string>} */
const LONG_PREFIXES = { milli: "m", mili: "m", micro: "u", mikro: "u", nano: "n" };
const MICRO = /^(?:[^\x00-\x7f]|\?)v(?:olts?)?$/i; // the micro sign, or what a program without it wrote instead
const VOLTS = /^(milli|mili|micro|mikro|nano|[mun])?[ -]?(?:v|vol(?!tage|ume)[a-z]*)$/i;
/** @type {Record<string, number>} */
const SECONDS = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9, min: 60, h: 3600 };
/** @type {[RegExp, string][]} */
const TIME_WORDS = [
  [/^(ns|nsecs?|nanos?|nanose[ckg]\w*)$/, "ns"],
  [/^(us|usecs?|micros?|micro[- ]?se[ckg]\w*|mikrosek\w*)$/, "us"],
  [/^(ms|msecs?|millis?|mill?i[- ]?se[ckg]\w*)$/, "ms"],
  [/^(s|secs?|seconds?|se[ck]und\w*|secondes?|segundos?|secondi|sek)$/, "s"],
  [/^(min|mins|minutes?|minuten?)$/, "min"],
  [/^(h|hours?|hrs?)$/, "h"],
];
export const NUMBER = "(\\d+(?:[.,]\\d+)?)";
const HERTZ_WORDS = "(k?)[ _]?(?:hz|hertz|hercio\\S*|гц|герц\\S*|ヘルツ|赫兹|赫茲|赫|헤르츠|sps\\b|samples? ?/ ?s|samples? per s)";
const HERTZ = new RegExp(`${NUMBER}[ _]*${HERTZ_WORDS}`, "i");
const HERTZ_ALONE = new RegExp(`^${HERTZ.source}\\S*$`, "i");
const BRACKETS = /^(.*?)\s*[[(]([^\])]*)[\])]\s*$/;
const NAMED_VOLTS = /(?:^|[_ ./-])((?:[mun]|milli|micro|mikro)[ -]?(?:v|volts?))$/i;
const COUNTED = /^(|-|adu|nu|a\.u\.|au|bpm|g|n\/a|none|samples?|#|%|[hmsdyt:./\- ]*)$/;

/** How many millivolts one of this unit is, or null if it is not a voltage. @param {string} unit */
export function millivoltsIn(unit) {
  const match = VOLTS.exec(plain(unit));
  if (!match && MICRO.test(unit.trim())) return PREFIXES.u;
  const prefix = (match?.[1] ?? "").toLowerCase();
  return match ? PREFIXES[LONG_PREFIXES[prefix] ?? prefix] : null;
}

/**
 * How many seconds the unit of time is in a column's name or a unit's name, the last word first; or null.
 * @param {string} text @returns {number|null}
 */
export function secondsIn(text) {
  const [, whole, parts] = /^[([ ]*([a-z]+) ?\/ ?(\d+)/i.exec(text) ?? []; // s/256
  const ofWhole = parts ? secondsIn(whole) : null;
  if (ofWhole) return ofWhole / Number(parts);
  for (const word of (plain(text).toLowerCase().match(/[a-z]+/g) ?? []).reverse()) {
    const unit = TIME_WORDS.find(([pattern]) => pattern.test(word));
    if (unit) return SECONDS[unit[1]];
  }
  return null;
}

/** The samples per second that a text such as `ecg_250Hz` or `512,4 hertz` has, or null. @param {string} text */
export function hertz(text) {
  const match = HERTZ.exec(text);
  return match ? toFloat(match[1]) * (match[2] ? 1000 : 1) : null;
}

/** Is this text a rate and nothing else? @param {string} text */
export function isHertz(text) {
  return HERTZ_ALONE.test(text.trim());
}

/** A column's name and its unit: `ecg [uV]` is `ecg` and `uV`; an unknown bracket stays. @param {string} text */
export function splitName(text) {
    const [, before = "", inside = ""] = BRACKETS.exec(text) ?? [];
  const parts = inside.split(/[,;@]/).map((part) => part.trim());
  const isUnit = (/** @type {string} */ part) => millivoltsIn(part) !== null || secondsIn(part) !== null;
  if (parts.some((part) => isUnit(part) || hertz(part) || ["adu", "a.u."].includes(part))) {
    return { name: before || text, unit: parts.find(isUnit) ?? "" };
  }
  return { name: text, unit: NAMED_VOLTS.exec(plain(text))?.[1] ?? "" };
}

/** Could this field be one of a row of units? @param {string} text */
export function isUnit(text) {
  const bare = plain(text).toLowerCase();
  return COUNTED.test(bare) || millivoltsIn(bare) !== null || TIME_WORDS.some(([pattern]) => pattern.test(bare));
}

/** A number that may have a decimal comma. @param {string} text */
export function toFloat(text) {
  return Number(text.replace(",", "."));
}

/** The unit that samples have once they are in millivolts. @param {string} unit */
export function unitName(unit) {
  return millivoltsIn(unit) === null ? unit.trim() : "mV";
}

/**
 * The samples in millivolts, changed in place, with the unit's name; unchanged if it is not a voltage.
 * @template {Float32Array} S
 * @param {S} samples @param {string} unit
 */
export function inMillivolts(samples, unit) {
  const factor = millivoltsIn(unit);
  if (factor === null) return { samples, unit: unit.trim() };
  if (factor !== 1) for (let index = 0; index < samples.length; index++) samples[index] *= factor;
  return { samples, unit: "mV" };
}

/** @param {string} text */
function plain(text) {
  return text.trim().replace(/^[()[\] ]+|[()[\] ]+$/g, "").replace(/[µμ]/g, "u");
}
