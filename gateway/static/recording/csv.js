/** A recording as text: one line per sample, a column per lead, perhaps one of times; as data/recordings/text/signal_table.py reads it. */

import { refuseOthers } from "../tables/kinds.js";
import { blocksOf } from "../tables/lines.js";
import { SAY_RATE, findClock } from "./csv-clock.js";
import { readHead } from "./csv-head.js";
import { Rows } from "./csv-rows.js";
import { RecordingError } from "./errors.js";
import { placesOf } from "./times.js";

const LOOKED_AT = 1200; // lines
const OTHERWISE = "windows-1252"; // the encoding of what is not UTF-8
const OTHER_RATE = 0.05; // that may be told beside times, as devices round it

/**
 * @param {File} file
 * @param {number} [rate] samples per second, where its reader tells
 * @returns {Promise<object>} as openWfdb gives it
 */
export async function openCsv(file, rate) {
  await refuseOthers(file);
  const head = readHead(file.name, await firstLines(file));
  const clock = findClock(file.name, head);
  const places = head.names.map((_, place) => place).filter((place) => isLead(head, clock, place));
  if (!places.length) throw new RecordingError(`${file.name}: no column of a lead beside the times`);
  if (!rate && !head.rate && clock.kind !== "times") throw new RecordingError(`${file.name}: ${SAY_RATE}`, { needsRate: true });
  return {
    leads: places.map((place) => ({ name: head.names[place], unit: head.units[place] })),
    said: [],
    isTable: true,
    read: (lead, progress) => readColumn(file, head, clock, places[lead], rate, progress),
  };
}

function isLead({ isMeasured, metadata }, { others }, place) {
  return isMeasured[place] && !others.has(place) && (metadata.columns?.channels[place] ?? true);
}

async function firstLines(file) {
  const found = [];
  for await (const { first, lines } of blocksOf(file, { otherwise: OTHERWISE })) {
    for (const [index, line] of lines.entries()) if (line.trim()) found.push({ number: first + index, line });
    if (found.length >= LOOKED_AT) break;
  }
  return found.slice(0, LOOKED_AT);
}

async function readColumn(file, head, clock, place, rate, progress) {
  const rows = new Rows(file.name, head, clock, place);
  for await (const { first, lines } of blocksOf(file, { progress, otherwise: OTHERWISE })) {
    for (let index = Math.max(head.dataLine - first, 0); index < lines.length; index++) rows.add(lines[index], first + index);
  }
  const said = rows.ended();
  const samples = rows.values.held.slice();
  const isCounted = clock.kind === "counter" && rows.isCounting();
  if (rate || clock.kind !== "times") return { rate: rate ?? head.rate, ...(isCounted ? counted(samples, rows) : { samples }), said };
  const where = (index) => `${file.name}, line ${rows.lineOf(index)}, column ${clock.place + 1} (${head.names[clock.place]})`;
  const { rate: found, places, length, gaps } = placesOf(rows.times.held, clock.quantum, where);
  if (head.rate && Math.abs(head.rate - found) > OTHER_RATE * found) {
    throw new RecordingError(`${file.name}: ${head.rate} samples per second are told, but the times tell ${Number(found.toPrecision(6))}; ${SAY_RATE}`, { needsRate: true });
  }
  return { rate: found, samples: places ? placed(samples, places, length) : samples, said: gaps ? [...said, gapsSaid(gaps, length - samples.length)] : said };
}

/** The samples by their numbers: those that were left out are a gap. */
function counted(samples, rows) {
  const [first] = rows.times.held;
  const places = Int32Array.from(rows.times.held, (number) => number - first);
  return { samples: placed(samples, places, places.at(-1) + 1) };
}

function placed(samples, places, length) {
  const spread = new Float32Array(length).fill(NaN);
  places.forEach((place, index) => (spread[place] = samples[index]));
  return spread;
}

function gapsSaid(gaps, missing) {
  return `${gaps} ${gaps === 1 ? "gap" : "gaps"} in the times, where ${missing} ${missing === 1 ? "sample is" : "samples are"} missing`;
}
