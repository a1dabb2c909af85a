/** The ways to open beats: a file, pasted text, an example. */

import { Failure } from "./client.js";
import { Collection } from "./collection.js";
import { element, fill, found } from "./dom.js";
import { readFile, readText } from "./reading.js";
import { areRecording, openRecording } from "./recording.js";
import { sparkline } from "./trace.js";

const MOST_BYTES = 200 * 2 ** 20;
const SIGNALS = /\.(csv|tsv|txt)$/i;

/** Calls `open(collection)` for what can be read, `wrong(failure)` for what cannot. */
export class Opening {
  constructor(facts, open, wrong) {
    Object.assign(this, { facts, open, wrong, files: [], turn: 0 });
    found("files").addEventListener("change", (event) => {
      this.read([...event.target.files]);
      event.target.value = ""; // so that the same file can be chosen again
    });
    found("paste").addEventListener("submit", (event) => this.pasted(event));
    found("rate").addEventListener("submit", (event) => this.rated(event));
    this.listen();
  }

  /** Take files and text from now on, or not yet. */
  allow(allowed) {
    for (const control of found("open").querySelectorAll("button, input, textarea")) control.disabled = !allowed;
  }

  /** A button for each example beat that came with the model. */
  showExamples() {
    const { examples, marks } = this.facts;
    found("no-examples").hidden = examples.length > 0;
    fill(found("examples"), examples.map((example, place) => {
      const words = marks.chip(example.label ?? example.predicted_class);
      return element("li", {}, element("button", { type: "button", onclick: () => this.example(place) }, sparkline(example.features, 92, 30), words));
    }));
  }

  example(place) {
    const beats = this.facts.examples.map(({ features, label }, i) => ({
      number: i + 1, features: Float64Array.from(features), label: label === undefined || label === null ? null : String(label),
    }));
    const collection = new Collection({ name: "examples", beats, understood: "Held-back beats that came with the model." });
    collection.selected = beats[place];
    this.attempt(() => collection);
  }

  pasted(event) {
    event.preventDefault();
    this.attempt(async () => new Collection({ name: "pasted text", ...readText(found("text").value, this.width, this.names) }));
  }

  async read(files, rate) {
    if (!files.length) return;
    found("rate").hidden = true;
    this.files = files;
    await this.attempt(async () => {
      const large = files.find(({ size }) => size > MOST_BYTES);
      if (large) throw new Failure(`${large.name} is too large for this page`, "It takes files up to 200 MiB. For more there is: python -m data predict");
      fill(found("status"), `Reading ${files[0].name} …`);
      if (rate || areRecording(files)) return openRecording(files, this.width, rate);
      if (files.length > 1) throw new Failure("More than one file", "Give one CSV of beats, or all files of one recording.");
      return this.table(files[0]);
    });
  }

  /** Beats of a CSV; where its rows are no beats, it may be a recording's signals. */
  async table(file) {
    try {
      return new Collection({ name: file.name, ...(await readFile(file, this.width, this.names)) });
    } catch (failure) {
      if (!failure.signals || !SIGNALS.test(file.name)) throw failure;
      return openRecording([file], this.width);
    }
  }

  rated(event) {
    event.preventDefault();
    this.read(this.files, Number(found("rate-number").value));
  }

  /** Open what `make` reads, unless something else was asked for in the meantime. */
  async attempt(make) {
    this.turn += 1;
    const { turn } = this;
    try {
      const collection = await make();
      if (turn === this.turn) this.open(collection);
    } catch (failure) {
      if (turn === this.turn) this.refused(failure);
    }
  }

  refused(failure) {
    fill(found("status"), "");
    this.wrong(failure);
    if (!failure.needsRate) return;
    found("rate").hidden = false;
    found("rate-number").focus();
  }

  get width() {
    return this.facts.model.features.count;
  }

  get names() {
    return this.facts.model.features.names;
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
      if (this.facts.model && event.dataTransfer?.files.length) this.read([...event.dataTransfer.files]);
    });
  }
}
