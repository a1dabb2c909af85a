// What the page makes of labels and answers: a list of requests comes as JSON, and their answers go out as JSON.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

import { Collection } from "../../gateway/static/page/beats/collection.js";
import { Corrections } from "../../gateway/static/page/beats/corrections.js";
import { agreement, classCounts, doubts } from "../../gateway/static/page/beats/headline.js";
import { wilson } from "../../gateway/static/page/beats/interval.js";
import { Labels } from "../../gateway/static/page/beats/labels.js";
import { trainingFile } from "../../gateway/static/page/beats/training-file.js";
import { Vocabulary } from "../../gateway/static/page/beats/vocabulary.js";

globalThis.Papa = createRequire(import.meta.url)("../../gateway/static/vendor/papaparse/papaparse.min.js");

const TASKS = {
  labels({ labels, classes }) {
    const found = new Labels(labels, classes);
    const means = labels.map((label) => found.classOfBeat({ label }));
    return { means, comparable: found.comparable, why: found.why, leftOut: found.leftOut };
  },
  headline({ answers, labels, classes }) {
    const beats = answers.map((answer, place) => ({ number: place + 1, label: labels?.[place] ?? null, answer }));
    const collection = new Collection({ name: "x", beats });
    collection.compareWith(classes);
    const { reliable, doubtful } = classCounts(beats);
    return { doubts: doubts(beats), agreement: agreement(collection), reliable: Object.fromEntries(reliable), doubtful: Object.fromEntries(doubtful) };
  },
  wilson: ({ found, all }) => wilson(found, all),
  vocabulary({ labels, classes, texts }) {
    const { choices, isNumeric, note, ...vocabulary } = new Vocabulary(labels, new Labels(labels, classes), classes);
    return { choices, isNumeric, note, refused: texts.map((each) => Vocabulary.prototype.refusal.call({ isNumeric, ...vocabulary }, each)) };
  },
  // corrections of one lead's beats, carried to another's, and back
  carry({ from, to, corrected }) {
    const [one, other, again] = [from, to, from].map((seconds) => seconds.map((at, place) => ({ number: place + 1, label: null, seconds: at })));
    const [first, second, third] = [new Corrections(), new Corrections(), new Corrections()];
    for (const [place, label] of Object.entries(corrected)) first.set(one[place], label);
    second.carry(first, other);
    third.carry(second, again);
    const labels = (corrections, beats) => beats.map((beat) => corrections.labelOf(beat));
    return { there: labels(second, other), back: labels(third, again), elsewhere: second.elsewhere.length, unsaved: [first, second, third].map(({ unsaved }) => unsaved) };
  },
  async file({ rows, labels, corrected, names, float32 }) {
    const beats = rows.map((values, place) => ({ number: place + 1, label: labels?.[place] ?? null, features: (float32 ? Float32Array : Float64Array).from(values) }));
    const collection = new Collection({ name: "x", beats });
    for (const [place, label] of Object.entries(corrected)) collection.corrections.set(beats[place], label);
    const parts = await trainingFile(collection, { count: rows[0].length, names }, null);
    return new Blob(parts).text();
  },
};

const answers = [];
for (const { task, ...input } of JSON.parse(await text(process.stdin))) answers.push(await TASKS[task](input));
process.stdout.write(JSON.stringify(answers));
