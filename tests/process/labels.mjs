// What the page makes of labels and answers: a list of requests comes as JSON, and their answers go out as JSON.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

import { beatsOf } from "../../gateway/static/page/beats/beat.js";
import { Collection } from "../../gateway/static/page/beats/collection.js";
import { Corrections } from "../../gateway/static/page/beats/corrections.js";
import { agreement, classCounts, doubts } from "../../gateway/static/page/beats/headline.js";
import { wilson } from "../../gateway/static/page/beats/interval.js";
import { Labels } from "../../gateway/static/page/beats/labels.js";
import { trainingFile } from "../../gateway/static/page/beats/training-file.js";
import { Vocabulary } from "../../gateway/static/page/beats/vocabulary.js";

Object.assign(globalThis, { Papa: createRequire(import.meta.url)("../../gateway/static/vendor/papaparse/papaparse.min.js") });

/**
 * @import { Answer } from "../../gateway/static/page/beats/answer.js"
 * @import { Classes } from "../../gateway/static/page/beats/labels.js"
 * @typedef {(string | null)[]} Given labels
 */

/**
 * By their names; each is given what its test writes as JSON.
 *
 * @type {Record<string, (input: any) => unknown>}
 */
const TASKS = {
  labels(/** @type {{labels: Given, classes: Classes}} */ { labels, classes }) {
    const found = new Labels(labels, classes);
    const means = labels.map((label) => found.classOfBeat({ label }));
    return { means, comparable: found.comparable, why: found.why, leftOut: found.leftOut, grouping: found.grouping, words: labels.map((label) => label && found.worded(label)) };
  },
  headline(/** @type {{answers: (Answer | null)[], labels?: Given, classes: Classes}} */ { answers, labels, classes }) {
    const beats = beatsOf({ values: new Float64Array(answers.length), width: 1 }, labels);
    beats.forEach((beat, place) => { beat.answer = answers[place]; });
    const collection = new Collection({ name: "x", beats });
    collection.compareWith(classes);
    const { reliable, doubtful } = classCounts(beats);
    return { doubts: doubts(beats), agreement: agreement(collection), reliable: Object.fromEntries(reliable), doubtful: Object.fromEntries(doubtful) };
  },
  wilson: (/** @type {{found: number, all: number}} */ { found, all }) => wilson(found, all),
  vocabulary(/** @type {{labels: Given, classes: Classes, texts: string[]}} */ { labels, classes, texts }) {
    const vocabulary = new Vocabulary(labels, new Labels(labels, classes), classes);
    const { choices, isNumeric, note } = vocabulary;
    return { choices, isNumeric, note, refused: texts.map((each) => vocabulary.refusal(each)) };
  },
  // corrections of one lead's beats, carried to another's, and back
  carry(/** @type {{from: number[], to: number[], corrected: Record<number, string | null>}} */ { from, to, corrected }) {
    const [one, other, again] = [from, to, from].map((seconds) => seconds.map((at, place) => ({ number: place + 1, label: null, seconds: at })));
    const [first, second, third] = [new Corrections(), new Corrections(), new Corrections()];
    for (const [place, label] of Object.entries(corrected)) first.set(one[Number(place)], label);
    second.carry(first, other);
    third.carry(second, again);
    const labels = (/** @type {Corrections} */ corrections, /** @type {typeof one} */ beats) => beats.map((beat) => corrections.labelOf(beat));
    return { there: labels(second, other), back: labels(third, again), elsewhere: second.elsewhere.length, unsaved: [first, second, third].map(({ unsaved }) => unsaved) };
  },
  async file(/** @type {{rows: number[][], labels?: Given, corrected: Record<number, string | null>, names: string[] | null, float32?: boolean}} */ { rows, labels, corrected, names, float32 }) {
    const beats = beatsOf({ values: (float32 ? Float32Array : Float64Array).from(rows.flat()), width: rows[0].length }, labels);
    const collection = new Collection({ name: "x", beats });
    for (const [place, label] of Object.entries(corrected)) collection.corrections.set(beats[Number(place)], label);
    const parts = await trainingFile(collection, { count: rows[0].length, names }, null);
    return parts.join("");
  },
};

/** @type {{task: string}[]} */
const requests = JSON.parse(await text(process.stdin));
const answers = [];
for (const { task, ...input } of requests) answers.push(await TASKS[task](input));
process.stdout.write(JSON.stringify(answers));
