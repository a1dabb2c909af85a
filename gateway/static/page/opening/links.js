/** Links to beats: the address of the page names the selected one, and a page that begins with such an address goes there. */

import { arrive, fragmentOf, isSame, linkIn } from "../beats/link.js";
import { fill, found } from "../shared/dom.js";
import { count } from "../shared/words.js";
import { originOf } from "./examples.js";
import { allow, areAllowed, keep, kept } from "./handles.js";

/**
 * @import { Collection } from "../beats/collection.js"
 * @import { Link, Origin } from "../beats/link.js"
 * @import { Beat } from "../beats/beat.js"
 * @import { Source } from "../shared/shapes.js"
 * @import { Handle } from "./handles.js"
 * @import { Opening } from "./opening.js"
 * @import { Signal } from "./tasks.js"
 */

/**
 * What can be done with beats that are open.
 *
 * @typedef {object} Page
 * @property {(beat: Beat) => void} select
 * @property {(source: Source, lead: Signal, inverted: boolean) => Promise<void>} recut
 * @property {(failure: unknown) => void} wrong
 */

const PAUSE = 400; // milliseconds: browsers refuse many changes of the address in a short time

/** Follows a link when the page begins or its address is changed, and writes one for the selected beat. */
export class Links {
  /**
   * @param {Page} page
   */
  constructor(page) {
    this.page = page;
    /** @type {Opening | null} */
    this.opening = null;
    /** @type {Collection | null} */
    this.collection = null; // that is open
    /** @type {Link | null} */
    this.pending = null; // that is followed: its beats are not open yet
    /** @type {Handle[]} */
    this.handles = []; // of the files that it is to
    this.timer = 0;
    found("linked-open").addEventListener("click", () => this.allowed().catch(page.wrong));
    addEventListener("hashchange", () => this.changed());
  }

  /**
   * Go to the beat that the address names, as far as the page can.
   *
   * @param {Opening} opening
   */
  async follow(opening) {
    this.opening = opening;
    const link = (this.pending = linkIn(location.hash));
    found("linked").hidden = true;
    if (!link) return;
    const { origin } = link;
    if (origin.kind === "examples") return this.followExample(opening, origin);
    const handles = (origin.kind === "file" && await kept(keyOf(origin))) || [];
    const allowed = handles.length > 0 && await areAllowed(handles);
    if (this.pending !== link) return; // people have opened something meanwhile, or another link is followed
    this.handles = handles;
    if (allowed) await this.reopen();
    else this.ask(link);
  }

  /**
   * @param {Opening} opening
   * @param {Origin} origin
   */
  followExample(opening, origin) {
    const { facts } = opening;
    if (!facts) return;
    const { model, examples } = facts;
    if (isSame(origin, originOf(model)) && examples.length) return opening.example(facts, 0);
    this.say(`This link is to an example of ${origin.name}, version ${origin.mark}. Now ${model.name}, version ${model.version}, is served, which has other examples.`);
    this.pending = null;
  }

  /**
   * Say which file or text to open, with a button where the browser knows where it is.
   *
   * @param {Link} link
   */
  ask({ origin, lead, inverted, beat }) {
    const which = lead === null ? "" : `, lead ${lead}${inverted ? " inverted" : ""}`;
    const to = `This link is to beat ${count(beat)} of ${origin.kind === "file" ? origin.name : "a text that was pasted"}${which}`;
    if (this.handles.length) this.say(`${to}. The browser asks whether this page may read the file again.`);
    else if (origin.kind === "file") this.say(`${to}: open that file again to go there. The page cannot open it without you.`);
    else this.say(`${to}: paste that text again to go there. Pasted text is not stored.`);
    found("linked-open").hidden = !this.handles.length;
  }

  /** @param {string} words */
  say(words) {
    found("linked").hidden = false;
    found("linked-open").hidden = true;
    fill(found("linked-text"), words);
  }

  async allowed() {
    if (await allow(this.handles)) await this.reopen();
  }

  async reopen() {
    const { handles, pending } = this;
    const files = await Promise.all(handles.map((handle) => handle.getFile())).catch(() => []); // they may be gone
    if (this.wantedOf(files)) return this.opening?.read(files, null, handles);
    this.handles = [];
    if (pending) this.ask(pending);
  }

  /**
   * The link that is followed, if it is to one of these files.
   *
   * @param {File[]} files
   */
  wantedOf(files) {
    const origin = this.pending?.origin;
    const isIt = origin?.kind === "file" && origin.mark === markOf(files) && files.some(({ name }) => name === origin.name);
    return isIt ? this.pending : null;
  }

  /**
   * Beats are open: select the one that the link is to. Their handles are kept for the next time.
   *
   * @param {Collection} collection
   * @param {Handle[] | Promise<Handle[]>} [handles]
   */
  arrived(collection, handles = []) {
    const { origin } = collection;
    const link = this.pending;
    this.pending = null;
    found("linked").hidden = true;
    if (origin?.kind === "file") keep(keyOf(origin), handles);
    const said = link && arrive(link, collection);
    if (said) collection.understood = `${collection.understood} ${said}`;
  }

  /**
   * Name the selected beat in the address, at once or after a pause.
   *
   * @param {Collection} collection
   */
  show(collection) {
    this.collection = collection;
    if (this.timer) return;
    this.write();
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.write();
    }, PAUSE);
  }

  write() {
    if (!this.collection?.origin || this.pending) return;
    const { origin, selected, recording } = this.collection;
    const fragment = fragmentOf({ origin, lead: recording?.lead.name ?? null, inverted: Boolean(recording?.inverted), beat: selected.number });
    if (fragment !== location.hash) history.replaceState(history.state, "", fragment);
  }

  /** Somebody changed the address. What is open already is not opened again. */
  async changed() {
    const link = linkIn(location.hash);
    if (!link || !this.opening) return this.write(); // as after the link that skips to the beats
    if (!this.collection || !isSame(link.origin, this.collection.origin)) return this.follow(this.opening);
    const { recording, beats, selected } = this.collection;
    const lead = recording?.source.signals.find(({ name }) => name === link.lead);
    if (recording && lead && (lead !== recording.lead || link.inverted !== recording.inverted)) {
      this.pending = link;
      await this.page.recut(recording.source, lead, link.inverted);
      this.pending = null;
    } else this.page.select(beats[link.beat - 1] ?? selected);
  }
}

/**
 * A mark to distinguish files of the same names: the size of the largest, which has the signal.
 *
 * @param {File[]} files
 */
export function markOf(files) {
  return String(Math.max(...files.map(({ size }) => size)));
}

/** @param {Origin} origin */
function keyOf({ name, mark }) {
  return `${name} ${mark}`;
}
