/** The ways to open beats: a file, pasted text, an example. */

import { Background } from "./background.js";
import { Failure } from "../gateway/failure.js";
import { beatsOf } from "../beats/beat.js";
import { Collection } from "../beats/collection.js";
import { fill, found } from "../shared/dom.js";
import { listenForFiles } from "./choosing.js";
import { markOf } from "./links.js";
import { examplesOf, showExamples } from "./examples.js";
import { areRecording, openRecording } from "./recording.js";
import { ReadingView } from "./reading-progress.js";

/**
 * @import { Link, Origin } from "../beats/link.js"
 * @import { Facts } from "../shared/shapes.js"
 * @import { Handles } from "./choosing.js"
 * @import { Links } from "./links.js"
 * @typedef {(progress: {step: string, share: number}) => void} Progress
 */

const SIGNALS = /\.(csv|tsv|txt)(\.gz)?$/i;

/** Reads what people give. */
export class Opening {
  /**
   * @param {Facts} facts
   * @param {(collection: Collection, handles: Handles) => void} open is called for what can be read
   * @param {(failure: unknown) => void} wrong for what cannot, and with null before it is known
   * @param {Links} links tell which lead is wanted
   * @param {(collection: Collection) => boolean} mayOpen may keep what was read from taking the place of what is open
   */
  constructor(facts, open, wrong, links, mayOpen) {
    this.facts = facts;
    this.open = open;
    this.wrong = wrong;
    this.links = links;
    this.mayOpen = mayOpen;
    /** @type {File[]} */
    this.files = [];
    /** @type {Handles} */
    this.handles = [];
    /** @type {Background | null} */
    this.working = null;
    /** @type {Background | null} */
    this.kept = null;
    this.next = new Background();
    this.reading = new ReadingView(() => this.cancel());
    found("paste").addEventListener("submit", (event) => this.pasted(event));
    found("rate").addEventListener("submit", (event) => this.rated(event));
    listenForFiles((files, handles) => this.facts.model && this.read(files, null, handles), wrong);
  }

  /** Take files and text from now on, when what reads them is there, or not yet. */
  async allow(allowed) {
    if (allowed) await this.next.ready;
    for (const control of found("open").querySelectorAll("button, input, textarea")) control.disabled = !allowed;
  }

  /** A button for each example beat that came with the model. */
  showExamples() {
    showExamples(this.facts, (place) => this.example(place));
  }

  example(place) {
    this.attempt(() => examplesOf(this.facts, place));
  }

  /** @param {Event} event */
  pasted(event) {
    event.preventDefault();
    const text = found("text").value;
    /** @type {Origin} */
    const origin = { kind: "text", name: "pasted text", mark: String(text.length) };
    this.attempt(async (background) => Object.assign(tabulated("pasted text", await background.ask("text", { text, ...this.wanted })), { origin }));
  }

  /**
   * Read files.
   *
   * @param {File[]} files
   * @param {number | null} [rate] samples per second, where the files do not tell them
   * @param {Handles} [handles]
   */
  async read(files, rate = null, handles = []) {
    if (!files.length) return;
    found("rate").hidden = true;
    Object.assign(this, { files, handles });
    const link = this.links.wantedOf(files);
    const told = rate ?? link?.origin.rate ?? null;
    /** @type {(collection: Collection) => Collection} */
    const origin = (collection) => Object.assign(collection, { origin: { kind: "file", name: collection.name, mark: markOf(files), rate: told } });
    const [{ name }] = files;
    /** @type {Progress} */
    const progress = (done) => this.reading.tell(done);
    await this.attempt(async (background) => {
      fill(found("status"), `Reading ${name} …`);
      if (told || areRecording(files)) return origin(await openRecording(files, this.facts.model.features, told, background, progress, link));
      if (files.length > 1) throw new Failure("More than one file", "Give one CSV of beats, or all files of one recording.");
      return origin(await this.table(files[0], background, progress, link));
    }, handles);
  }

  /**
   * Beats of a CSV; where its rows are no beats, it may be a recording's signals.
   *
   * @param {File} file
   * @param {Background} background
   * @param {Progress} progress
   * @param {Link | null} link
   */
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

  /** @param {Event} event */
  rated(event) {
    event.preventDefault();
    this.read(this.files, Number(found("rate-number").value), this.handles);
  }

  /**
   * Open what `make` reads in a worker of its own, and stop whatever else is being read.
   *
   * @param {(background: Background) => Collection | Promise<Collection>} make
   * @param {Handles} [handles]
   */
  async attempt(make, handles = []) {
    this.working?.stop();
    const background = (this.working = this.next);
    this.next = new Background();
    this.wrong(null);
    this.reading.begin();
    try {
      const collection = await make(background);
      if (background === this.working) this.opened(collection, background, handles);
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

  /**
   * A recording keeps its worker for as long as it is open, as another lead of it may be asked for.
   *
   * @param {Collection} collection
   * @param {Background} background
   * @param {Handles} handles
   */
  opened(collection, background, handles) {
    this.working = null;
    this.reading.end();
    if (!this.mayOpen(collection)) {
      fill(found("status"), "");
      return background.stop();
    }
    this.kept?.stop();
    this.kept = collection.recording ? background : null;
    if (this.kept) background.refresh();
    else background.stop();
    this.open(collection, handles);
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
}

/** The beats of a table as the worker gives them. */
function tabulated(name, { values, width, labels, understood }) {
  return new Collection({ name, beats: beatsOf({ values, width }, labels), understood });
}
