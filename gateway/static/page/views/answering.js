/** Requests the answers to the open beats, and shows the progress, with buttons to stop and to resume. */

import { doubts } from "../beats/headline.js";
import { isAbort } from "../gateway/failure.js";
import { predictAll } from "../gateway/predicting.js";
import { fill, found } from "../shared/dom.js";
import { seldom } from "../shared/seldom.js";
import { count, counted } from "../shared/words.js";

/**
 * @import { Collection } from "../beats/collection.js"
 * @import { Client } from "../gateway/client.js"
 * @import { Trouble } from "./trouble.js"
 */

const PAUSE = 1000; // milliseconds; what looks at all beats leaves much for the browser to clear away

export class Answering {
  /**
   * @param {Client} client
   * @param {Trouble} trouble
   * @param {() => void} answered is called when answers have come
   */
  constructor(client, trouble, answered) {
    this.client = client;
    this.trouble = trouble;
    this.answered = seldom(answered, PAUSE);
    this.running = new AbortController();
    /** @type {Collection | null} */
    this.collection = null;
    found("cancel").addEventListener("click", () => this.running.abort());
    found("resume").addEventListener("click", () => this.again());
  }

  /** Ask for what has no answer yet, instead of what was asked for before. @param {Collection} collection */
  async ask(collection) {
    this.collection = collection;
    this.running.abort();
    this.running = new AbortController();
    const { signal } = this.running;
    found("go-on").hidden = true;
    found("progress").hidden = collection.beats.length < 2;
    progress(collection);
    try {
      await predictAll(collection, this.client, signal, () => signal.aborted || this.came(collection));
      this.finished(collection);
    } catch (failure) {
      if (signal !== this.running.signal) return; // something else is open by now
      interrupted(collection);
      if (!isAbort(failure)) this.trouble.say("answers", failure, () => this.again());
    }
  }

  again() {
    if (this.collection) this.ask(this.collection);
  }

  /** Some answers have come. @param {Collection} collection */
  came(collection) {
    this.trouble.over("answers");
    progress(collection);
    this.answered();
  }

  /** @param {Collection} collection */
  finished(collection) {
    this.trouble.over("answers");
    this.answered.now();
    found("progress").hidden = true;
    if (collection.beats.length < 2) return;
    const doubtful = doubts(collection.beats).map(({ text }) => text);
    fill(found("status"), [...doubtful, collection.understood, "All are answered."].join(" "));
  }
}

/** @param {Collection} collection */
function progress({ done, beats }) {
  Object.assign(found("done"), { value: done, max: beats.length });
  fill(found("done-text"), `${count(done)} of ${counted(beats.length, "beat")}`);
}

/** @param {Collection} collection */
function interrupted({ done, beats }) {
  found("progress").hidden = true;
  found("go-on").hidden = beats.length < 2;
  fill(found("go-on-text"), `${count(done)} of ${counted(beats.length, "beat")} answered.`);
}
