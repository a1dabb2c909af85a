/** Links to beats: the address of the page names the selected one, and a page that begins with such an address goes there. */

import { fragmentOf, isSame, linkIn } from "../beats/link.js";
import { fill, found } from "../shared/dom.js";
import { count } from "../shared/words.js";
import { allow, areAllowed, keep, kept } from "./handles.js";

const PAUSE = 400; // milliseconds: browsers refuse many changes of the address in a short time

/** @typedef {import("../beats/link.js").Link} Link */

/** Follows a link when the page begins or its address is changed, and writes one for the selected beat. */
export class Links {
  /**
   * @param {{model: any, examples: any[]}} facts
   * @param {{select: Function, recut: Function, wrong: Function}} page what can be done with beats that are open
   */
  constructor(facts, page) {
    Object.assign(this, { facts, page, opening: null, collection: null, handles: null, timer: 0 });
    /** @type {Link | null} that is followed: its beats are not open yet */
    this.pending = null;
    found("linked-open").addEventListener("click", () => this.allowed().catch((failure) => page.wrong(failure)));
    addEventListener("hashchange", () => this.changed());
  }

  /** Go to the beat that the address names, as far as the page can. */
  async follow(opening) {
    this.opening = opening;
    this.pending = linkIn(location.hash);
    found("linked").hidden = true;
    if (!this.pending) return;
    const { origin } = this.pending;
    if (origin.kind === "examples") return this.followExample(origin);
    const handles = origin.kind === "file" ? await kept(keyOf(origin)) : null;
    if (handles && await areAllowed(handles)) return this.reopen(handles);
    this.ask(handles);
  }

  followExample({ name, mark }) {
    const { model, examples } = this.facts;
    if (isSame(this.pending.origin, this.opening.exampleOrigin) && examples.length) return this.opening.example(0);
    this.say(`This link is to an example of ${name}, version ${mark}. Now ${model.name}, version ${model.version}, is served, which came with other beats.`, false);
    this.pending = null;
  }

  /** Say which file or text to open, with a button where the browser knows where it is. */
  ask(handles) {
    this.handles = handles;
    const { origin, lead, inverted, beat } = this.pending;
    const which = lead === null ? "" : `, lead ${lead}${inverted ? " upside down" : ""}`;
    const to = `This link is to beat ${count(beat)} of ${origin.kind === "file" ? origin.name : "a text that was pasted"}${which}`;
    if (handles) this.say(`${to}. The browser asks whether this page may read the file again.`, true);
    else if (origin.kind === "file") this.say(`${to}: open that file again, and the page goes there. It cannot open it by itself.`, false);
    else this.say(`${to}: paste that text again, and the page goes there. Pasted text is kept nowhere.`, false);
  }

  say(words, canOpen) {
    found("linked").hidden = false;
    fill(found("linked-text"), words);
    found("linked-open").hidden = !canOpen;
  }

  async allowed() {
    if (await allow(this.handles)) await this.reopen(this.handles);
  }

  async reopen(handles) {
    try {
      const files = await Promise.all(handles.map((handle) => handle.getFile()));
      if (this.wantedOf(files)) return this.opening.read(files, null, handles);
    } catch {
      // the file is not there any more
    }
    this.ask(null);
  }

  /**
   * The link that is followed, if it is to one of these files.
   *
   * @param {File[]} files
   * @returns {Link | null}
   */
  wantedOf(files) {
    const origin = this.pending?.origin;
    const isIt = origin?.kind === "file" && origin.mark === markOf(files) && files.some(({ name }) => name === origin.name);
    return isIt ? this.pending : null;
  }

  /** Beats are open: select the one that the link is to. Their handles are kept for the next time. */
  arrived(collection, handles = []) {
    const link = this.pending;
    this.pending = null;
    found("linked").hidden = true;
    if (collection.origin.kind === "file") keep(keyOf(collection.origin), handles);
    if (!link) return;
    const said = isSame(link.origin, collection.origin) ? goTo(link, collection) : differently(link, collection);
    if (said) collection.understood = `${collection.understood} ${said}`;
  }

  /** Name the selected beat in the address, at once or after a pause. */
  show(collection) {
    this.collection = collection;
    if (this.timer) return;
    this.write();
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.write();
    }, PAUSE);
  }

  write() {
    if (!this.collection || this.pending) return;
    const { origin, selected, recording } = this.collection;
    const fragment = fragmentOf({ origin, lead: recording?.lead.name ?? null, inverted: Boolean(recording?.inverted), beat: selected.number });
    if (fragment !== location.hash) history.replaceState(history.state, "", fragment);
  }

  /** Somebody changed the address. What is open already is not opened again. */
  async changed() {
    const link = linkIn(location.hash);
    if (!link || !this.opening) return this.write(); // as after the link that skips to the beats
    const { origin, recording, beats } = this.collection ?? {};
    if (!isSame(link.origin, origin)) return this.follow(this.opening);
    const lead = recording?.source.signals.find(({ name }) => name === link.lead);
    if (lead && (lead !== recording.lead || link.inverted !== recording.inverted)) {
      this.pending = link;
      await this.page.recut(recording.source, lead, link.inverted);
      this.pending = null;
    } else this.page.select(beats[link.beat - 1] ?? this.collection.selected);
  }
}

/**
 * What tells files of the same names apart: the size of the largest, which has the signal.
 *
 * @param {File[]} files
 * @returns {string}
 */
export function markOf(files) {
  return String(Math.max(...files.map(({ size }) => size)));
}

function keyOf({ name, mark }) {
  return `${name} ${mark}`;
}

/** Select a link's beat; what is not there is said. */
function goTo({ beat, lead }, collection) {
  const { beats, recording } = collection;
  if (recording && lead !== recording.lead.name) return `The link is to the lead ${lead}, which is not here.`;
  if (!beats[beat - 1]) return `The link is to beat ${count(beat)}, which is not here.`;
  collection.selected = beats[beat - 1];
  return "";
}

function differently({ origin }, { origin: { kind, name } }) {
  return kind === "file" && name === origin.name ? "The link was to a file of this name and another size." : "";
}
