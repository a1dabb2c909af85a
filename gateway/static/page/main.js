/** The page: what is open, and which of its views shows it. */

import { Answering } from "./views/answering.js";
import { BeatView } from "./views/beat-view.js";
import { modelCard } from "./views/card.js";
import { Client } from "./gateway/client.js";
import { CompareView } from "./views/compare.js";
import { Failure, isAbort } from "./gateway/failure.js";
import { Explaining } from "./views/explaining.js";
import { fill, found } from "./shared/dom.js";
import { ApiKey } from "./gateway/key.js";
import { Labelling } from "./views/labelling.js";
import { ListView } from "./views/list-view.js";
import { Links } from "./opening/links.js";
import { Marks } from "./shared/marks.js";
import { Opening } from "./opening/opening.js";
import { cut, signalOf } from "./opening/recording.js";
import { RhythmView } from "./views/rhythm-view.js";
import { Sheet } from "./views/sheet.js";
import { Steps } from "./views/steps.js";
import { StripView } from "./views/strip.js";
import { Trouble } from "./views/trouble.js";

/**
 * @import { Beat } from "./beats/beat.js"
 * @import { Collection } from "./beats/collection.js"
 * @import { Handles } from "./opening/choosing.js"
 * @import { Signal } from "./opening/tasks.js"
 * @import { Facts, Source } from "./shared/shapes.js"
 */

const client = new Client(new ApiKey(), versionSeen);
const beatView = new BeatView();
const compareView = new CompareView(show);
const labelling = new Labelling(corrected, select);
const listView = new ListView(select, show, labelling);
const stripView = new StripView(select, recut, beside);
const rhythmView = new RhythmView(select, (seconds) => stripView.goTo(seconds));
stripView.onmove = (seen) => rhythmView.mark(seen);
const steps = new Steps(select);
const trouble = new Trouble();
const answering = new Answering(client, trouble, () => { show(); explain(); });
const explaining = new Explaining(client, trouble, () => collection && facts && beatView.show(collection, facts));
const links = new Links({ select, recut, wrong });
const opening = new Opening(open, wrong, links, ({ name }) => labelling.mayReplace(name));
/** @type {Set<string>} */
const versions = new Set(); // that have answered
/** @type {Facts | null} */
let facts = null; // of what is served, when that is known
/** @type {Collection | null} */
let collection = null;

/** Ask what is served; until that is known, nothing can be opened. */
async function start() {
  opening.allow(false);
  fill(found("served"), "Loading the model's description …");
  try {
    await meet();
    await opening.allow(true);
    trouble.over("model");
  } catch (failure) {
    fill(found("served"), "No model");
    return trouble.say("model", failure, start);
  }
  links.follow(opening).catch(wrong);
}

async function meet() {
  const model = await client.model();
  const { examples, baseline } = await client.examples();
  const marks = new Marks(model.classes ?? Object.keys(model.metrics?.classes ?? {}), model.class_names);
  const classes = { labels: marks.labels, names: model.class_names, note: model.data?.note };
  facts = { model, marks, classes, baseline, examples };
  fill(found("served"), `${model.name}, version ${model.version}`);
  fill(found("card"), ...modelCard(model, marks));
  opening.meet(facts);
}

/** A version that is new here has answered: the card may have to follow. @param {string} version */
function versionSeen(version) {
  const follow = facts && !versions.has(version);
  versions.add(version);
  if (follow) renew();
}

/** Beats that are open were cut by the names of the former version's features. */
async function renew() {
  const before = JSON.stringify(facts?.model.features);
  try {
    await meet();
  } catch (failure) {
    return trouble.say("model", failure, renew);
  }
  trouble.over("model");
  show();
  if (!collection || before === JSON.stringify(facts?.model.features)) return;
  trouble.say("version", new Failure("Another model version answers", "The open beats have other features than it expects. Open them again."));
}

/** Look at these beats instead of what was open. @param {Collection} opened @param {Handles} handles */
function open(opened, handles) {
  links.arrived(opened, handles);
  look(opened);
  found("beat-name").focus();
}

/** @param {Collection} opened */
function look(opened) {
  collection = opened;
  trouble.over("opening", "answers", "explanation", "version", "beside");
  fill(found("status"), opened.understood);
  showBeat();
  // what looks at all beats is another task, or the page would stand still for long
  setTimeout(() => {
    if (collection !== opened) return;
    show();
    answering.ask(opened);
  });
}

/**
 * Look at the same recording by another lead, or the other side up; the focus stays where that was chosen.
 *
 * @param {Source} source
 * @param {Signal} lead
 * @param {boolean} inverted
 */
async function recut(source, lead, inverted) {
  const stillOpen = () => collection?.recording?.source === source;
  opening.reading.begin();
  try {
    const beats = await cut(source, lead, inverted, (done) => opening.reading.tell(done));
    if (!collection || !stillOpen()) return;
    beats.origin = collection.origin;
    beats.corrections.carry(collection.corrections, beats.beats);
    links.arrived(beats);
    look(beats);
  } catch (failure) {
    if (!stillOpen()) return;
    show();
    if (!isAbort(failure)) wrong(failure);
  } finally {
    if (!opening.working) opening.reading.end();
  }
}

/** The samples of another lead of a recording; null if they cannot be read, which is reported. @param {Source} source @param {number} place */
async function beside(source, place) {
  try {
    const signal = await signalOf(source, place);
    trouble.over("beside");
    return signal;
  } catch (failure) {
    if (!isAbort(failure)) trouble.say("beside", failure);
    return null;
  }
}

/** @param {Beat} beat */
function select(beat) {
  if (!collection) return;
  collection.selected = beat;
  listView.reveal();
  show();
  explain();
}

/** A label was corrected. */
function corrected() {
  collection?.relabelled();
  show();
}

function show() {
  if (!collection || !facts) return;
  showBeat();
  steps.show(collection);
  links.show(collection);
  listView.show(collection, facts);
}

/** The recording, and the beat that is selected. */
function showBeat() {
  if (!collection || !facts) return;
  collection.compareWith(facts.classes);
  beatView.show(collection, facts);
  labelling.show(collection, facts);
  compareView.show(collection, facts);
  stripView.show(collection, facts);
  rhythmView.show(collection, facts);
}

function explain() {
  if (collection) explaining.ask(collection);
}

/** Say what is wrong with a file, or take it back. @param {unknown} failure */
function wrong(failure) {
  if (failure) trouble.say("opening", failure);
  else trouble.over("opening");
}

new Sheet(() => ({ collection, facts }));
found("explaining").addEventListener("change", () => {
  show();
  explain();
});
start();
