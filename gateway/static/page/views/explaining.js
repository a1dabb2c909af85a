/** Asks which part of the selected beat decided, where people want to know it. */

import { isAbort } from "../gateway/failure.js";
import { found } from "../shared/dom.js";

/**
 * @import { Beat } from "../beats/beat.js"
 * @import { Collection } from "../beats/collection.js"
 * @import { Client } from "../gateway/client.js"
 * @import { Trouble } from "./trouble.js"
 */

export class Explaining {
  /**
   * @param {Client} client
   * @param {Trouble} trouble
   * @param {() => void} explained is called when the selected beat is explained
   */
  constructor(client, trouble, explained) {
    this.client = client;
    this.trouble = trouble;
    this.explained = explained;
    this.running = new AbortController();
    /** @type {Beat | null} */
    this.beat = null; // whose explanation is on its way
    /** @type {Collection | null} */
    this.collection = null;
  }

  /** Ask, unless that is known or not wanted. @param {Collection} collection */
  async ask(collection) {
    this.collection = collection;
    const beat = collection.selected;
    if (!found("explaining").checked || !beat.answer || beat.explanation !== undefined) return this.trouble.over("explanation");
    if (beat === this.beat) return;
    this.running.abort();
    this.running = new AbortController();
    this.beat = beat;
    const { signal } = this.running;
    try {
      beat.explanation = await this.client.explain(beat, signal);
      this.trouble.over("explanation");
      if (beat === this.collection.selected) this.explained();
    } catch (failure) {
      if (!isAbort(failure)) this.trouble.say("explanation", failure, () => this.again());
    } finally {
      if (signal === this.running.signal) this.beat = null;
    }
  }

  again() {
    if (this.collection) this.ask(this.collection);
  }
}
