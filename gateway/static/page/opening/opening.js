/** The ways to open beats: a file, pasted text, an example. */

import { Background } from "./background.js";
import { Failure } from "../gateway/failure.js";
import { fill, found } from "../shared/dom.js";
import { listenForFiles } from "./choosing.js";
import { openFiles, openText } from "./files.js";
import { markOf } from "./links.js";
import { examplesOf, showExamples } from "./examples.js";
import { ReadingView } from "./reading-progress.js";

/**
 * @import { Collection } from "../beats/collection.js"
 * @import { Origin } from "../beats/link.js"
 * @import { Facts } from "../shared/shapes.js"
 * @import { Handles } from "./choosing.js"
 * @import { Links } from "./links.js"
 * @import { Progress } from "./tasks.js"
 */

/** Reads what people give. */
export class Opening {
  /**
   * @param {(collection: Collection, handles: Handles) => void} open is called for what can be read
   * @param {(failure: unknown) => void} wrong for what cannot, and with null before it is known
   * @param {Links} links name the requested lead
   * @param {(collection: Collection) => boolean} mayOpen may keep what was read from taking the place of what is open
   */
  constructor(open, wrong, links, mayOpen) {
    /** @type {Facts | null} */
    this.facts = null; // until the served model is known
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
    listenForFiles((files, handles) => this.read(files, null, handles), wrong);
  }

  /** Take files and text from now on, when what reads them is there, or not yet. @param {boolean} allowed */
  async allow(allowed) {
    if (allowed) await this.next.ready;
    /** @type {NodeListOf<HTMLButtonElement | HTMLInputElement | HTMLTextAreaElement>} */
    const controls = found("open").querySelectorAll("button, input, textarea");
    for (const control of controls) control.disabled = !allowed;
  }

  /** Open beats for this model from now on. @param {Facts} facts */
  meet(facts) {
    this.facts = facts;
    showExamples(facts, (place) => this.example(facts, place));
  }

  /**
   * @param {Facts} facts
   * @param {number} place
   */
  example(facts, place) {
    this.attempt(() => examplesOf(facts, place));
  }

  /** @param {Event} event */
  pasted(event) {
    event.preventDefault();
    const features = this.facts?.model.features;
    const text = found("text").value;
    if (!features) return;
    /** @type {Origin} */
    const origin = { kind: "text", name: "pasted text", mark: String(text.length) };
    this.attempt(async (background) => Object.assign(await openText(text, features, background), { origin }));
  }

  /**
   * Read files.
   *
   * @param {File[]} files
   * @param {number | null} [rate] samples per second, if the files do not have them
   * @param {Handles} [handles]
   */
  async read(files, rate = null, handles = []) {
    const features = this.facts?.model.features;
    if (!files.length || !features) return;
    found("rate").hidden = true;
    Object.assign(this, { files, handles });
    const link = this.links.wantedOf(files);
    const told = rate ?? link?.origin.rate ?? null;
    /** @type {(collection: Collection) => Collection} */
    const origin = (collection) => Object.assign(collection, { origin: { kind: "file", name: collection.name, mark: markOf(files), rate: told } });
    const [{ name }] = files;
    const progress = (/** @type {Progress} */ done) => this.reading.tell(done);
    await this.attempt(async (background) => {
      fill(found("status"), `Reading ${name} …`);
      return origin(await openFiles(files, features, told, background, progress, link));
    }, handles);
  }

  /** @param {Event} event */
  rated(event) {
    event.preventDefault();
    this.read(this.files, Number(found("rate-number").value), this.handles);
  }

  /**
   * Open the result of `make` in a new worker, and stop any other reading.
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

  /** @param {unknown} failure */
  refused(failure) {
    this.working = null;
    this.reading.end();
    fill(found("status"), "");
    this.wrong(failure);
    if (!(failure instanceof Failure && failure.needsRate)) return;
    found("rate").hidden = false;
    found("rate-number").focus();
  }
}
