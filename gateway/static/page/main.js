/** The page: what is open, and which of its views shows it. */

import { BeatView } from "./views/beat-view.js";
import { modelCard } from "./views/card.js";
import { Client, Failure } from "./gateway/client.js";
import { CompareView } from "./views/compare.js";
import { fill, found } from "./shared/dom.js";
import { doubts } from "./beats/headline.js";
import { ApiKey } from "./gateway/key.js";
import { Labelling } from "./views/labelling.js";
import { ListView } from "./views/list-view.js";
import { Links } from "./opening/links.js";
import { Marks } from "./shared/marks.js";
import { Opening } from "./opening/opening.js";
import { predictAll } from "./gateway/predicting.js";
import { cut, signalOf } from "./opening/recording.js";
import { RhythmView } from "./views/rhythm-view.js";
import { seldom } from "./shared/seldom.js";
import { Sheet } from "./views/sheet.js";
import { Steps } from "./views/steps.js";
import { StripView } from "./views/strip.js";
import { Trouble } from "./views/trouble.js";
import { count, counted } from "./shared/words.js";

const client = new Client(new ApiKey(), versionSeen);
const facts = { model: null, marks: new Marks([]), classes: { labels: [] }, baseline: null, examples: [] };
const beatView = new BeatView();
const compareView = new CompareView(show);
const labelling = new Labelling(corrected, select);
const listView = new ListView(select, show, labelling);
const stripView = new StripView(select, recut, beside);
const rhythmView = new RhythmView(select, (seconds) => stripView.goTo(seconds));
stripView.onmove = (seen) => rhythmView.mark(seen);
const steps = new Steps(select);
const trouble = new Trouble();
const links = new Links(facts, { select, recut, wrong });
const opening = new Opening(facts, open, wrong, links, ({ name }) => labelling.mayReplace(name));
const versions = new Set(); // that have answered
const showSeldom = seldom(showAnswers, 1000); // milliseconds; what looks at all beats leaves much for the browser to clear away
let collection = null;
let running = new AbortController();
let explaining = new AbortController();
let explained = null; // the beat whose explanation is on its way

/** Ask what is served; until that is known, nothing can be opened. */
async function start() {
  opening.allow(false);
  fill(found("served"), "Asking which model is served …");
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
  Object.assign(facts, { model, marks, classes, baseline, examples });
  fill(found("served"), `${model.name}, version ${model.version}`);
  fill(found("card"), ...modelCard(model, marks).filter(Boolean));
  opening.showExamples();
}

/** A version that is new here has answered: the card may have to follow. */
function versionSeen(version) {
  const follow = facts.model && !versions.has(version);
  versions.add(version);
  if (follow) renew();
}

/** Beats that are open were cut by the names of the former version's features. */
async function renew() {
  const before = String(facts.model.features.names);
  try {
    await meet();
  } catch (failure) {
    return trouble.say("model", failure, renew);
  }
  trouble.over("model");
  show();
  if (!collection || before === String(facts.model.features.names)) return;
  trouble.say("version", new Failure("Another version of the model answers", "It takes other features than the beats that are open have. Open them again."));
}

/** Look at these beats instead of what was open. */
function open(opened, handles) {
  links.arrived(opened, handles);
  look(opened);
  found("beat-name").focus();
}

function look(opened) {
  collection = opened;
  trouble.over("opening", "answers", "explanation", "version", "beside");
  fill(found("status"), opened.understood);
  show();
  predict();
}

/** Look at the same recording by another lead, or the other side up; the focus stays where that was chosen. */
async function recut(source, lead, inverted) {
  const stillOpen = () => collection.recording?.source === source;
  opening.reading.begin();
  try {
    const beats = Object.assign(await cut(source, lead, inverted, (done) => opening.reading.tell(done)), { origin: collection.origin });
    if (!stillOpen()) return;
    beats.corrections.carry(collection.corrections, beats.beats);
    links.arrived(beats);
    look(beats);
  } catch (failure) {
    if (!stillOpen()) return;
    show();
    if (failure.name !== "AbortError") wrong(failure);
  } finally {
    if (!opening.working) opening.reading.end();
  }
}

/** The samples of another lead of a recording; null where they cannot be read, which is said. */
async function beside(source, place) {
  try {
    const signal = await signalOf(source, place);
    trouble.over("beside");
    return signal;
  } catch (failure) {
    if (failure.name !== "AbortError") trouble.say("beside", failure);
    return null;
  }
}

async function predict() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  found("go-on").hidden = true;
  found("progress").hidden = collection.beats.length < 2;
  progress();
  try {
    await predictAll(collection, client, signal, () => signal.aborted || answered());
    finished();
  } catch (failure) {
    if (signal !== running.signal) return; // something else is open by now
    interrupted();
    if (failure.name !== "AbortError") trouble.say("answers", failure, predict);
  }
}

/** Some answers have come; what looks at all beats waits for some more. */
function answered() {
  trouble.over("answers");
  progress();
  showSeldom();
}

function showAnswers() {
  show();
  explain();
}

function progress() {
  const [done, all] = [collection.done, collection.beats.length];
  Object.assign(found("done"), { value: done, max: all });
  fill(found("done-text"), `${count(done)} of ${counted(all, "beat")}`);
}

function finished() {
  trouble.over("answers");
  showSeldom.now();
  found("progress").hidden = true;
  if (collection.beats.length < 2) return;
  const doubtful = doubts(collection.beats).map(({ text }) => text);
  fill(found("status"), [...doubtful, collection.understood, "All are answered."].join(" "));
}

function interrupted() {
  found("progress").hidden = true;
  found("go-on").hidden = collection.beats.length < 2;
  fill(found("go-on-text"), `${count(collection.done)} of ${counted(collection.beats.length, "beat")} answered.`);
}

function select(beat) {
  collection.selected = beat;
  listView.reveal();
  show();
  explain();
}

/** A label was corrected. */
function corrected() {
  collection.relabelled();
  show();
}

function show() {
  if (!collection) return;
  collection.compareWith(facts.classes);
  beatView.show(collection, facts);
  labelling.show(collection, facts);
  compareView.show(collection, facts);
  stripView.show(collection, facts);
  rhythmView.show(collection, facts);
  steps.show(collection);
  links.show(collection);
  listView.show(collection, facts);
}

/** Ask which part of the selected beat decided, unless that is known or not wanted. */
async function explain() {
  const beat = collection.selected;
  if (!found("explaining").checked || !beat.answer || beat.explanation !== undefined) return trouble.over("explanation");
  if (beat === explained) return;
  explaining.abort();
  explaining = new AbortController();
  explained = beat;
  const { signal } = explaining;
  try {
    beat.explanation = await client.explain(beat, signal);
    trouble.over("explanation");
    if (beat === collection.selected) beatView.show(collection, facts);
  } catch (failure) {
    if (failure.name !== "AbortError") trouble.say("explanation", failure, explain);
  } finally {
    if (signal === explaining.signal) explained = null;
  }
}

/** Say what is wrong with a file, or take it back. */
function wrong(failure) {
  if (failure) trouble.say("opening", failure);
  else trouble.over("opening");
}

new Sheet(() => ({ collection, facts: facts.model && facts }));
found("cancel").addEventListener("click", () => running.abort());
found("resume").addEventListener("click", predict);
found("explaining").addEventListener("change", () => {
  show();
  if (collection) explain();
});
start();
