/** Which channel of a recording is the lead: the one asked for, or the likeliest ECG; as data/recordings/channels.py has it. */

import { RecordingError } from "./errors.js";

/** @import { Lead } from "./shapes.js" */

export const LOWEST_RATE = 40; // samples per second; below, R peaks fall between the samples and beats are missed
const OF_A_HEART_RATE = ["bpm", "/min", "1/min", "beats/min", "hz", "ms", "s", "%"]; // units
const ECG = /ecg|ekg/i;
const NO_ECG = new RegExp(
  "^(hr|rr|label)|(^|[^a-z])(marker|event|trig|status|annotation|counter|packet|button|heart ?rate|pulse|bpm|resp" +
    "|breath|temp|acc|gyro|magn|imu|ppg|pleth|spo2|sao2|batt|eda|gsr|emg|eeg|eog|abp|pressure|quality|steps)" +
    "|(^|[^a-z])(hr|rr|bp|flow|red|ir|green|[agm]?[xyz])([^a-z]|$)",
  "i",
); // words in names of other signals
const LIKELY = /lead|volt|value|signal|(^|[^a-z])(mv|uv|[av]?i{1,3}|av[rlf]|ml ?i{1,3}|mcl ?\d|v\d|ch ?\d)([^a-z]|$)/i; // of what may be one

/**
 * The places of the lead among the channels, or of the two of which the first is taken less the second.
 *
 * @param {{name: string, leads: Lead[]}} recording
 * @param {string} [channel] a name, a number from 0, or A-B of channels that are called A and B or, against one reference,
 *   A-Ref and B-Ref; without it the first that is called an ECG, where one that is fast enough and of a voltage goes first
 * @throws {RecordingError} which says what channels there are
 */
export function chooseLead(recording, channel) {
  const chosen = channel === undefined ? [likeliest(recording.leads)] : askedFor(recording, channel);
  check(recording, chosen);
  return chosen;
}

/**
 * What may be chosen: each channel that can be read, and the difference of each two ECGs against one reference.
 * @param {{leads: Lead[]}} recording
 */
export function choices({ leads }) {
  const single = leads.map((_, place) => [place]).filter(([place]) => isUsable(leads[place]));
  const pairs = single.flatMap(([one]) => single.filter(([other]) => other > one).map(([other]) => [one, other]));
  return [...single, ...pairs.filter(([one, other]) => fit(leads[one], leads[other]) && haveOneReference(leads[one], leads[other]))];
}

/** What a channel, or a difference of two, is called. @param {{leads: Lead[]}} recording @param {number[]} places */
export function nameOf({ leads }, places) {
  return places.map((place) => leads[place].name).join("-");
}

/** May beats be cut from it, as far as is known before it is read? @param {Lead} lead */
function isUsable({ rate, problem }) {
  return !problem && (rate === undefined || rate >= LOWEST_RATE);
}

/** @param {Lead} one @param {Lead} other */
function haveOneReference(one, other) {
  const [first, second] = [one, other].map(({ name }) => /^(.*(?:ecg|ekg).*)(-[^-]+)$/i.exec(name)?.[2].toLowerCase());
  return first !== undefined && first === second;
}

/** @param {Lead} one @param {Lead} other */
function fit(one, other) {
  return one.rate === other.rate && one.unit === other.unit;
}

/** @param {Lead[]} leads */
function likeliest(leads) {
  const places = leads.map((_, place) => place);
  return places.sort((one, other) => unlikeness(leads[one]) - unlikeness(leads[other]) || one - other)[0];
}

/** Doubts about a channel that was chosen automatically, in sentences. @param {{leads: Lead[]}} recording */
export function doubts({ leads }) {
  const place = likeliest(leads);
  const { name } = leads[place];
  const same = placesCalled(leads.map((lead) => lead.name.toLowerCase()), name.toLowerCase());
  const doubled = same.length > 1 ? [`channels ${same.join(" and ")} have the name ${name}; ${place} is taken, unless you choose another`] : [];
  const isOther = !ECG.test(name) && NO_ECG.test(name);
  return isOther ? [...doubled, `no channel is called an ECG; ${name} is taken, unless you choose another`] : doubled;
}

/** What speaks against a channel being the ECG, the most important in the highest bit. @param {Lead} lead */
function unlikeness({ name, unit, rate, problem }) {
  const isDescribed = rate !== undefined; // by a header, unlike a column
  const isUnnamed = !ECG.test(name) || (isDescribed && OF_A_HEART_RATE.includes(unit.toLowerCase()));
  const isOther = isUnnamed && NO_ECG.test(name);
  const isUnlikely = isUnnamed && unit !== "mV" && !LIKELY.test(name);
  const isOtherUnit = unit !== "mV" && !(isDescribed && unit === "");
  return [Boolean(problem), isDescribed && rate < LOWEST_RATE, isUnnamed, isOther, isUnlikely, isOtherUnit].reduce((bits, bit) => 2 * bits + Number(bit), 0);
}

/** @param {string[]} names @param {string} wanted */
function placesCalled(names, wanted) {
  return names.flatMap((name, place) => (name === wanted ? [place] : []));
}

/** @param {{name: string, leads: Lead[]}} recording @param {string} channel */
function askedFor({ name, leads }, channel) {
  const names = leads.map((lead) => lead.name.toLowerCase());
  const wanted = channel.trim().toLowerCase();
  const same = placesCalled(names, wanted);
  if (same.length > 1) throw new RecordingError(`${name}: channels ${same.join(" and ")} have the name ${leads[same[0]].name}; give the number ${same[0]}`);
  if (same.length) return same;
  if (/^\d+$/.test(wanted) && Number(wanted) < leads.length) return [Number(wanted)];
  const both = difference(names, wanted);
  if (both) return both;
  throw new RecordingError(`${name}: no channel '${channel}'; its channels are ${listed(leads)}`);
}

/** @param {string[]} names @param {string} wanted */
function difference(names, wanted) {
  const references = ["", ...names.filter((name) => name.includes("-")).map((name) => name.slice(name.lastIndexOf("-")))];
  for (let at = wanted.indexOf("-"); at >= 0; at = wanted.indexOf("-", at + 1)) {
    for (const reference of references) {
      const both = [wanted.slice(0, at), wanted.slice(at + 1)].map((part) => names.indexOf(`${part.trim()}${reference}`));
      if (!both.includes(-1)) return both;
    }
  }
  return null;
}

/** @param {{name: string, leads: Lead[]}} recording @param {number[]} chosen */
function check({ name, leads }, chosen) {
  const wrong = chosen.map((place) => leads[place]).find((lead) => lead.problem);
  if (wrong) {
    const others = listed(leads, ({ problem }) => !problem);
    throw new RecordingError(`${name}: ${wrong.name} ${wrong.problem}; ${others ? `channels that can be read are ${others}` : "none of its channels can be read"}`);
  }
  const [one, other = one] = chosen.map((place) => leads[place]);
  if (fit(one, other)) return;
  const kinds = [one, other].map((lead) => `${lead.name} has ${lead.rate} Hz and the unit ${lead.unit || "none"}`).join(" and ");
  throw new RecordingError(`${name}: ${kinds}; only signals of one rate and unit can be subtracted`);
}

/** @param {Lead[]} leads @param {(lead: Lead) => boolean} [test] */
function listed(leads, test = () => true) {
  return leads.map((lead, place) => (test(lead) ? `${place} ${lead.name}` : null)).filter(Boolean).join(", ");
}
