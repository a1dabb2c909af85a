/** The ways to open beats: a file, pasted text, an example. */

import { Background } from "./background.js";
import { Failure } from "../gateway/client.js";
import { beatsOf } from "../beats/beat.js";
import { Collection } from "../beats/collection.js";
import { element, fill, found } from "../shared/dom.js";
import { traceOf } from "../beats/features.js";
import { areRecording, openRecording } from "./recording.js";
import { sparkline } from "../drawing/trace.js";
import { ReadingView } from "../views/reading.js";

const SIGNALS = /\.(csv|tsv|txt)(\.gz)?$/i;

/** Calls `open(collection)` for what can be read, `wrong(failure)` for what cannot, and `wrong(null)` before it is known. */
export class Opening {
  constructor(facts, open, wrong) {
    Object.assign(this, { facts, open, wrong, files: [], working: null, kept: null, next: new Background() });
    this.reading = new ReadingView(() => this.cancel());
    found("files").addEventListener("change", (event) => {
      this.read([...event.target.files]);
      event.target.value = ""; // so that the same file can be chosen again
    });
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
    const { examples, model } = this.facts;
    const values = Float64Array.from(examples.flatMap(({ features }) => features));
    const labels = examples.map(({ label }) => (label === undefined || label === null ? null : String(label)));
    const beats = beatsOf({ values, width: model.features.count }, labels);
    const collection = new Collection({ name: "examples", beats, understood: "Held-back beats that came with the model." });
    collection.selected = beats[place];
    this.attempt(() => collection);
  }

  pasted(event) {
    event.preventDefault();
    const text = found("text").value;
    this.attempt(async (background) => tabulated("pasted text", await background.ask("text", { text, ...this.wanted })));
  }

  async read(files, rate) {
    if (!files.length) return;
    found("rate").hidden = true;
    this.files = files;
    const [{ name }] = files;
    const progress = (done) => this.reading.tell(done);
    await this.attempt((background) => {
      fill(found("status"), `Reading ${name} …`);
      if (rate || areRecording(files)) return openRecording(files, this.facts.model.features, rate, background, progress);
      if (files.length > 1) throw new Failure("More than one file", "Give one CSV of beats, or all files of one recording.");
      return this.table(files[0], background, progress);
    });
  }

  /** Beats of a CSV; where its rows are no beats, it may be a recording's signals. */
  async table(file, background, progress) {
    try {
      return tabulated(file.name, await background.ask("table", { file, ...this.wanted }, progress));
    } catch (failure) {
      if (!failure.signals || !SIGNALS.test(file.name)) throw failure;
      return openRecording([file], this.facts.model.features, null, background, progress).catch((other) => {
        // what tells neither times nor a rate may still be beats of another model
        throw other.needsRate && failure.isTable ? failure : other;
      });
    }
  }

  rated(event) {
    event.preventDefault();
    this.read(this.files, Number(found("rate-number").value));
  }

  /** Open what `make` reads in a worker of its own, and stop whatever else is being read. */
  async attempt(make) {
    this.working?.stop();
    const background = (this.working = this.next);
    this.next = new Background();
    this.wrong(null);
    this.reading.begin();
    try {
      const collection = await make(background);
      if (background === this.working) this.opened(collection, background);
    } catch (failure) {
      if (background === this.working) this.refused(failure);
      background.stop();
    }
  }

  /** Stop reading a file, or another lead of the recording that is open, which stays as it was. */
  cancel() {
    this.reading.end();
    if (!this.working) return this.kept?.refresh();
    this.working.stop();
    this.working = null;
    fill(found("status"), "Reading was stopped.");
  }

  /** A recording keeps its worker for as long as it is open, as another lead of it may be asked for. */
  opened(collection, background) {
    this.working = null;
    this.reading.end();
    this.kept?.stop();
    this.kept = collection.recording ? background : null;
    if (this.kept) background.refresh();
    else background.stop();
    this.open(collection);
  }

  refused(failure) {
    this.working = null;
    this.reading.end();
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
      if (this.facts.model && event.dataTransfer?.files.length) this.read([...event.dataTransfer.files]);
    });
  }
}

/** The beats of a table as the worker gives them. */
function tabulated(name, { values, width, labels, understood }) {
  return new Collection({ name, beats: beatsOf({ values, width }, labels), understood });
}
