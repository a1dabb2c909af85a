/** The metadata above a recording's samples: its rate, unit, lead and columns; as data/recordings/text/metadata.py reads it. */

import { NUMBER, hertz, isHertz, millivoltsIn, secondsIn, toFloat } from "./units.js";

/** @import { Columns, Metadata } from "./shapes.js" */

// in the languages that watches and loggers write
const RATE_KEY = new RegExp(
  "sampl\\w*[ _-]*(rate|freq\\w*|hz)|^(fs|sr|sf|srate|hz)\\b|samples? ?(per|/) ?s|(abtast|mess)[ -]?(rate|freq\\w*)|samplefreq" +
    "|sampling(rate|s?frek\\w*|shastighed)|[ée]chantillonnage|muestreo|campionamento|amostragem|bemonstering\\w*freq" +
    "|näytteenotto|próbkowani|vzorkov|mintavétel|örnekleme|δειγματοληψ|дискретизац" +
    "|(サンプル|サンプリング)(レート|周波数)|[采取採]样?樣?(速率|率|频率|頻率|速度)|샘플",
  "i",
);
const INTERVAL_KEY = /interval|period|\bdt\b/i;
const PER_SAMPLE = new RegExp(`${NUMBER}\\s*(\\w+)\\s*/\\s*sample`, "i");
const NOT_RATE = /filt|notch|pass|cut|mains|netz|bandwidth|bandbreite|heart|puls|bpm/i;
const LEAD_KEY = /^(leads?|channel|kanal|canale?|ableitung|d[ée]rivation|derivaci[óo]n|derivazione|derivação|afleiding|avledning|afledning|kytkentä|odprowadzenie|svod|отведение|誘導|导联|導程|導聯|유도)$/i;
const SEPARATOR = /\s*[=:;,\t]\s*/;
const ECG = /ecg|ekg/i;
const STARTS_WITH_NUMBER = new RegExp(`^${NUMBER}`);

/**
 * @param {string[]} lines those above the samples, without their comment signs
 * @returns {Metadata} the likeliest rate
 */
export function readMetadata(lines) {
  /** @type {Metadata} */
  const metadata = { rate: null, unit: "", lead: "", columns: lines.map(openSignals).find(Boolean) ?? null };
  /** @type {{rate: number, isEcg: boolean}[][]} */
  const [named, others] = [[], []];
  let before = "";
  for (const line of lines) {
    const { key, value } = keyAndValue(line);
    const rate = rateOf(line, key, value);
    if (rate) (RATE_KEY.test(key) ? named : others).push({ rate, isEcg: ECG.test(line) });
    if (LEAD_KEY.test(key) && value) metadata.lead = value;
    else if (!metadata.unit && value && millivoltsIn(value) !== null) {
      // a watch has the lead in the line before the unit's, in any language
      Object.assign(metadata, { unit: value, lead: metadata.lead || before });
    }
    before = value;
  }
  const rates = named.length ? named : others;
  metadata.rate = metadata.columns?.rate ?? (rates.find(({ isEcg }) => isEcg) ?? rates[0])?.rate ?? null;
  return metadata;
}

/** Does a line have the rate, the unit or the lead, so that it is not a row of names? @param {string} line */
export function isMetadata(line) {
  const { key, value } = keyAndValue(line.replace(/[[(][^\])]*[\])]/g, ""));
  if (!value) return isHertz(line) || PER_SAMPLE.test(line);
  const whole = keyAndValue(line);
  if (STARTS_WITH_NUMBER.test(value) && rateOf(line, whole.key, whole.value)) return true;
  return LEAD_KEY.test(key) || (millivoltsIn(value) !== null && !/[;,\t]/.test(value));
}

/** @param {string} line */
function keyAndValue(line) {
  const text = line.trim();
  const match = SEPARATOR.exec(text);
  const trimmed = (/** @type {string} */ part) => part.replace(/^[ \t;,"']+|[ \t;,"']+$/g, "");
  return match ? { key: trimmed(text.slice(0, match.index)), value: trimmed(text.slice(match.index + match[0].length)) } : { key: trimmed(text), value: "" };
}

/** @param {string} line @param {string} key @param {string} value */
function rateOf(line, key, value) {
  const interval = PER_SAMPLE.exec(line);
  const unit = interval && secondsIn(interval[2]);
  if (unit) return 1 / (toFloat(interval[1]) * unit);
  if (NOT_RATE.test(line) && !RATE_KEY.test(key)) return null;
  const number = STARTS_WITH_NUMBER.exec(value);
  if (number && RATE_KEY.test(key)) return hertz(value) ?? toFloat(number[1]);
  const seconds = INTERVAL_KEY.test(key) ? secondsIn(value) ?? secondsIn(key) : null;
  return number && seconds ? 1 / (toFloat(number[1]) * seconds) : hertz(line);
}

/**
 * The header of OpenSignals is JSON: the columns, which of them are channels, and the sensors of these.
 * @param {string} line @returns {Columns|null}
 */
function openSignals(line) {
  if (!line.startsWith("{")) return null;
  try {
    const [device] = Object.values(JSON.parse(line));
    const { column: names, label: channels = [], sensor: sensors = [], "sampling rate": rate } = device;
    if (!Array.isArray(names)) return null;
    const known = new Map(channels.map((/** @type {string} */ channel, /** @type {number} */ place) => [channel, sensorName(sensors, place) ?? channel]));
    return { names: names.map((name) => known.get(name) ?? name), channels: names.map((name) => known.has(name)), rate: Number(rate) || null };
  } catch {
    return null;
  }
}

/** What a channel measures, where only one channel measures it. @param {string[]} sensors @param {number} place */
function sensorName(sensors, place) {
  const sensor = sensors[place];
  return sensor && sensor !== "RAW" && sensors.filter((each) => each === sensor).length === 1 ? sensor : null;
}
