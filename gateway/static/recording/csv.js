/** A recording as text: one line per sample, a column per lead, perhaps one of times; as data/recordings/text/signal_table.py reads it. */

import { blocksOf } from "../tables/lines.js";
import { SAY_RATE, findClock } from "./csv-clock.js";
import { readHead } from "./csv-head.js";
import { Rows, refuseThousands } from "./csv-rows.js";
import { Numbers, Times } from "./csv-times.js";
import { withoutDoubles } from "./doubles.js";
import { RecordingError } from "./errors.js";

/** @import { Clock, Gap, Head, Opened, Progress } from "./shapes.js" */

const LOOKED_AT = 2000; // lines
const LIST = /^\[\s*-?\d[^:\]]*,[^:\]]*\]$/;
const MOST_LEADS = 16; // that alternate
const TURNS = 3; // of each lead
const LEAD_NAME = /^[A-Za-z][^:]*$/;
const OTHERWISE = "windows-1252"; // the encoding of what is not UTF-8
/** @type {Clock} */
const NO_CLOCK = { kind: null, others: new Set(), place: -1, seconds: () => NaN, quantum: 0 };

/**
 * @param {File} file
 * @param {number} [rate] samples per second, if its reader knows it
 * @returns {Promise<Opened>}
 */
export async function openCsv(file, rate) {
  const whole = readHead(file.name, await firstLines(file));
  refuseLists(whole, file.name);
  refuseTurns(whole, file.name);
  const head = withoutDoubles(whole, findClock(file.name, whole));
  const clock = findClock(file.name, head);
  const places = head.names.map((_, place) => place).filter((place) => isLead(head, clock, place));
  if (!places.length) throw new RecordingError(`${file.name}: no column of a lead beside the times`);
  const isUntimed = !rate && !head.rate && clock.kind !== "times";
  if (isUntimed) refuseThousands(file.name, head);
  if (isUntimed) throw new RecordingError(`${file.name}: ${SAY_RATE}`, { needsRate: true });
  return {
    leads: places.map((place) => ({ name: head.names[place], unit: head.units[place] })),
    said: [],
    isTable: true,
    read: (lead, progress) => readColumn(file, head, clock, places[lead], rate, progress),
  };
}

/** Some watches write a whole list of samples into one field. @param {Head} head @param {string} what */
function refuseLists({ names, sample: [row] }, what) {
  const place = row?.fields.findIndex((field) => LIST.test(field)) ?? -1;
  if (place < 0) return;
  throw new RecordingError(`${what}, line ${row.number}, column ${place + 1} (${names[place]}): a list of numbers in one field; write a line per sample, in a file for each list`);
}

/** Several leads alternate, a line for each at every time, with their names in a column. @param {Head} head @param {string} what */
function refuseTurns({ names, sample, width }, what) {
  for (let place = 0; place < width; place++) {
    const texts = sample.map(({ fields }) => fields[place]);
    const leads = texts.indexOf(texts[0], 1);
    if (leads < 2 || leads > MOST_LEADS || texts.length < TURNS * leads || !texts.every((text) => LEAD_NAME.test(text))) continue;
    const isTurn = texts.every((text, row) => row < leads || text === texts[row - leads]);
    if (!isTurn || ![0, 1, 2].some((other) => other < width && isTimeOfTurns(sample.map(({ fields }) => fields[other]), leads))) continue;
    const named = names[place] ? ` (${names[place]})` : "";
    throw new RecordingError(`${what}, line ${sample[0].number}, column ${place + 1}${named}: ${texts.slice(0, leads).join(", ")} alternate line by line; write a column per lead, or keep the lines of one`);
  }
}

/** Is a column the same in all lines of a turn, and another in the next one? @param {string[]} texts @param {number} leads */
function isTimeOfTurns(texts, leads) {
  const whole = texts.slice(0, texts.length - (texts.length % leads));
  return whole.every((text, row) => (row % leads ? text === whole[row - 1] : row === 0 || text !== whole[row - 1]));
}

/** @param {Head} head @param {Clock} clock @param {number} place */
function isLead({ isMeasured, metadata }, { others }, place) {
  return isMeasured[place] && !others.has(place) && (metadata.columns?.channels[place] ?? true);
}

/** @param {File} file */
async function firstLines(file) {
  const found = [];
  for await (const { first, lines } of blocksOf(file, { otherwise: OTHERWISE })) {
    for (const [index, line] of lines.entries()) if (line.trim()) found.push({ number: first + index, line });
    if (found.length >= LOOKED_AT) break;
  }
  return found.slice(0, LOOKED_AT);
}

/**
 * @param {File} file
 * @param {Head} head
 * @param {Clock} clock
 * @param {number} place
 * @param {number|undefined} rate
 * @param {Progress} progress
 */
async function readColumn(file, head, clock, place, rate, progress) {
  const rows = new Rows(file.name, head, rate && clock.kind === "times" ? NO_CLOCK : clock, place);
  const timing = timingOf(rows);
  /** @type {Gap[]} */
  const gaps = [];
  for await (const { first, lines } of blocksOf(file, { progress, otherwise: OTHERWISE })) {
    for (let index = Math.max(head.dataLine - first, 0); index < lines.length; index++) rows.add(lines[index], first + index);
    if (timing) gaps.push(...timing.add(rows.takenTimes(), false));
  }
  const said = rows.ended();
  gaps.push(...(timing?.add(new Float64Array(0), true) ?? []));
  if (timing instanceof Numbers && !timing.isCounting) gaps.length = 0;
  const samples = rows.values.taken(gaps);
  const ownRate = timing instanceof Times ? timing.rate : null; // by all times
  const known = /** @type {number} */ (rate ?? ownRate ?? head.rate); // openCsv refuses a file without any
  return { rate: known, samples, said: [...said, ...(timing?.said() ?? []), ...(ownRate ? gapsSaid(gaps) : [])] };
}

/** The column that shows missing samples; null if there is none. @param {Rows} rows */
function timingOf(rows) {
  if (rows.clock.kind === "times") return Times.of(rows);
  return rows.clock.kind === "counter" ? new Numbers() : null;
}

/** @param {Gap[]} gaps */
function gapsSaid(gaps) {
  const missing = gaps.reduce((sum, { samples }) => sum + samples, 0);
  if (!missing) return [];
  return [`${gaps.length} ${gaps.length === 1 ? "gap" : "gaps"} in the times, where ${missing} ${missing === 1 ? "sample is" : "samples are"} missing`];
}
