/** The ways to open beats: a file, pasted text, an example. */

import { Background } from "./background.js";
import { Failure } from "../gateway/client.js";
import { Collection } from "../beats/collection.js";
import { element, fill, found } from "../shared/dom.js";
import { traceOf } from "../beats/features.js";
import { canPick, handlesOf, pick } from "./handles.js";
import { markOf } from "./links.js";
import { areRecording, openRecording } from "./recording.js";
import { sparkline } from "../drawing/trace.js";
import { percent } from "../shared/words.js";

const SIGNALS = /\.(csv|tsv|txt)(\.gz)?$/i;

/** Calls `open(collection, handles)` for what can be read, `wrong(failure)` for what cannot; `links` tell which lead is wanted. */
export class Opening {
  constructor(facts, open, wrong, links) {
    Object.assign(this, { facts, open, wrong, links, files: [], working: null, kept: null, next: new Background() });
    found("files").addEventListener("change", (event) => {
      this.read([...event.target.files]);
      event.target.value = ""; // so that the same file can be chosen again
    });
    found("files").addEventListener("click", (event) => this.choose(event));
    found("paste").addEventListener("submit", (event) => this.pasted(event));
    found("rate").addEventListener("submit", (event) => this.rated(event));
    this.listen();
  }

  /** Take files and text from now on, when what reads them is there, or not yet. */
  async allow(allowed) {
    if (allowed) await this.next.ready;
    for (const control of found("open").querySelectorAll("button, input, textarea")) control.disabled = !allowed;
  }

  /** A button for each example beat that came with the model. */
  showExamples() {
    const { examples, marks, model } = this.facts;
    found("no-examples").hidden = examples.length > 0;
    fill(found("examples"), examples.map((example, place) => {
      const words = marks.chip(example.label ?? example.predicted_class);
      return element("li", {}, element("button", { type: "button", onclick: () => this.example(place) }, sparkline(traceOf(example.features, model.features), 92, 30), words));
    }));
  }

  example(place) {
    const beats = this.facts.examples.map(({ features, label }, i) => ({
      number: i + 1, features: Float64Array.from(features), label: label === undefined || label === null ? null : String(label),
    }));
    const collection = new Collection({ name: "examples", beats, understood: "Held-back beats that came with the model.", origin: this.exampleOrigin });
    collection.selected = beats[place];
    this.attempt(() => collection);
  }

  /** @returns {import("../beats/link.js").Origin} */
  get exampleOrigin() {
    const { name, version } = this.facts.model;
    return { kind: "examples", name, mark: String(version) };
  }

  pasted(event) {
    event.preventDefault();
    const text = found("text").value;
    const origin = { kind: "text", name: "pasted text", mark: String(text.length) };
    this.attempt(async (background) => Object.assign(tabulated("pasted text", await background.ask("text", { text, ...this.wanted })), { origin }));
  }

  /**
   * Where the browser can, choose files so that a link can open them again.
   *
   * @param {Event} event
   */
  async choose(event) {
    if (!canPick()) return;
    event.preventDefault();
    try {
      const handles = await pick();
      this.read(await Promise.all(handles.map((handle) => handle.getFile())), null, handles);
    } catch (failure) {
      this.wrong(failure);
    }
  }

  /**
   * Read files.
   *
   * @param {File[]} files
   * @param {number | null} [rate] samples per second, where the files do not tell them
   * @param {import("./handles.js").Handle[] | Promise<import("./handles.js").Handle[]>} [handles] of the same files
   */
  async read(files, rate = null, handles = []) {
    if (!files.length) return;
    found("rate").hidden = true;
    Object.assign(this, { files, handles });
    const link = this.links.wantedOf(files);
    const told = rate ?? link?.origin.rate ?? null;
    const origin = (collection) => Object.assign(collection, { origin: { kind: "file", name: collection.name, mark: markOf(files), rate: told } });
    const [{ name }] = files;
    const progress = ({ step, share }) => this.progress(`${step}${step === "Reading" ? ` ${name}` : ""}`, share);
    await this.attempt(async (background) => {
      fill(found("status"), `Reading ${name} …`);
      if (told || areRecording(files)) return origin(await openRecording(files, this.facts.model.features, told, background, progress, link));
      if (files.length > 1) throw new Failure("More than one file", "Give one CSV of beats, or all files of one recording.");
      return origin(await this.table(files[0], background, progress, link));
    }, handles);
  }

  /** Beats of a CSV; where its rows are no beats, it may be a recording's signals. */
  async table(file, background, progress, link) {
    try {
      return tabulated(file.name, await background.ask("table", { file, ...this.wanted }, progress));
    } catch (failure) {
      if (!failure.signals || !SIGNALS.test(file.name)) throw failure;
      return openRecording([file], this.facts.model.features, null, background, progress, link).catch((other) => {
        // what tells neither times nor a rate may still be beats of another model
        throw other.needsRate && failure.isTable ? failure : other;
      });
    }
  }

  progress(step, share) {
    fill(found("status"), `${step} … ${share ? percent(share) : ""}`);
  }

  rated(event) {
    event.preventDefault();
    this.read(this.files, Number(found("rate-number").value), this.handles);
  }

  /** Open what `make` reads in a worker of its own, and stop whatever else is being read. */
  async attempt(make, handles = []) {
    this.working?.stop();
    const background = (this.working = this.next);
    this.next = new Background();
    try {
      const collection = await make(background);
      if (background === this.working) this.opened(collection, background, handles);
    } catch (failure) {
      if (background === this.working) this.refused(failure);
      background.stop();
    }
  }

  /** A recording keeps its worker for as long as it is open, as another lead of it may be asked for. */
  opened(collection, background, handles) {
    this.working = null;
    this.kept?.stop();
    this.kept = collection.recording ? background : null;
    if (!this.kept) background.stop();
    this.open(collection, handles);
  }

  refused(failure) {
    fill(found("status"), "");
    this.wrong(failure);
    if (!failure.needsRate) return;
    found("rate").hidden = false;
    found("rate-number").focus();
  }

  /** What a table's rows must fit. */
  get wanted() {
    const { count, names } = this.facts.model.features;
    return { width: count, names };
  }

  listen() {
    const zone = found("drop");
    const over = (is) => (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // a file that misses the zone must not replace the page
      zone.classList.toggle("over", is);
    };
    document.addEventListener("dragover", over(true));
    document.addEventListener("dragleave", over(false));
    document.addEventListener("drop", (event) => {
      over(false)(event);
      if (this.facts.model && event.dataTransfer?.files.length) this.read([...event.dataTransfer.files], null, handlesOf(event.dataTransfer));
    });
  }
}

/** The beats of a table as the worker gives them. */
function tabulated(name, { values, width, labels, understood }) {
  const beats = labels.map((label, place) => ({ number: place + 1, features: values.subarray(place * width, (place + 1) * width), label }));
  return new Collection({ name, beats, understood });
}
