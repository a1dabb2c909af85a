// What the page's modules make of files: a list of requests comes as JSON, and their answers go out as JSON.
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { text } from "node:stream/consumers";

import { deciding } from "../../gateway/static/page/beats/deciding.js";
import { besideOf } from "../../gateway/static/page/beats/features.js";
import { Marks } from "../../gateway/static/page/shared/marks.js";
import { readFile } from "../../gateway/static/page/opening/reading.js";
import {
  chooseLead,
  cutBeats,
  cutOf,
  findPeaks,
  openRecording,
  readLead,
} from "../../gateway/static/recording/recording.js";
import { FileError } from "../../gateway/static/tables/errors.js";

/**
 * @import { Explanation, Features } from "../../gateway/static/page/shared/model.js"
 * @typedef {{features?: Features, options?: {rate?: number, channel?: string}}} Wanted
 */

/**
 * By their names; each is given its files, and what its test writes as JSON.
 *
 * @type {Record<string, (files: File[], more: any) => unknown>}
 */
const TASKS = { cut: cutOrError, deciding: decidingOf, recording: recordingOf, table: tableOf, damage: damaged };
const SHOWN = 1000; // samples

/** @type {{task: string, paths: string[]}[]} */
const requests = JSON.parse(await text(process.stdin));
const answers = [];
for (const { task, paths, ...more } of requests) {
  const files = await Promise.all(paths.map(async (path) => new File([await openAsBlob(path)], basename(path))));
  answers.push(await TASKS[task](files, more));
}
process.stdout.write(JSON.stringify(answers));

/** @param {File[]} files @param {{width: number, names: string[] | null}} wanted */
async function tableOf([file], { width, names }) {
  return orError(async () => {
    const { beats, understood } = await readFile(file, width, names);
    const [{ features }] = beats;
    return { rows: beats.length, features: features.length, first: Array.from(features), labels: beats.map(({ label }) => label), understood };
  });
}

/** @param {File[]} _ @param {{explanation: Explanation, features: Features}} given */
function decidingOf(_, { explanation, features }) {
  return deciding(explanation, new Marks([0, 1]), besideOf(explanation.attributions, features));
}

/** @param {File[]} _ @param {{features: Features}} wanted */
async function cutOrError(_, { features }) {
  return orError(() => cutOf(features));
}

/** @param {File[]} files @param {Wanted} [wanted] */
async function recordingOf(files, { features = { count: 140, names: null }, options = {} } = {}) {
  return orError(async () => {
    const recording = await openRecording(files, options);
    const { name, unit, rate, samples, said } = await readLead(recording, chooseLead(recording, options.channel));
    const peaks = findPeaks(samples, rate);
    const beats = cutBeats(samples, rate, peaks, cutOf(features));
    const measured = samples.filter((value) => !Number.isNaN(value));
    return {
      leads: recording.leads.map(({ name, rate = null, unit }) => ({ name, rate, unit })),
      said: [...recording.said, ...said],
      lead: name,
      unit,
      rate,
      samples: samples.length,
      gaps: samples.length - measured.length,
      mean: measured.reduce((sum, value) => sum + value, 0) / measured.length,
      first: Array.from(samples.subarray(0, SHOWN)),
      peaks: Array.from(peaks),
      beats: beats.map(({ peak, values }) => ({ peak, values: Array.from(values) })),
    };
  });
}

/**
 * @template T
 * @param {() => T | Promise<T>} make
 * @returns {Promise<T | {error: string, needsRate: boolean, signals: boolean}>}
 */
async function orError(make) {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { error: [error.title, error.message].filter(Boolean).join(": "), needsRate: Boolean(error.needsRate), signals: Boolean(error.signals) };
  }
}

/** Break each file in many ways, the same ones each time; every way must end in signals or in a FileError. @param {File[]} files */
async function damaged(files) {
  let seed = 1;
  const random = (/** @type {number} */ below) => (seed = (seed * 48271) % 2147483647) % below;
  const contents = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
  const seen = { read: 0, refused: 0 };
  for (let round = 0; round < 400; round++) {
    const broken = contents.map((bytes) => {
      const copy = Uint8Array.from(bytes);
      for (let change = random(4); change >= 0; change--) copy[random(Math.min(copy.length, 1000))] = random(256);
      return random(3) ? copy : copy.subarray(0, random(copy.length));
    });
    const read = await recordingOf(broken.map((bytes, place) => new File([bytes], files[place].name)));
    seen["error" in read ? "refused" : "read"]++;
  }
  return seen;
}
