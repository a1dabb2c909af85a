/** Which leads of a recording are seen: the one that is cut into beats, and others that people add. */

import { element, fill, found } from "../shared/dom.js";

/**
 * @typedef {import("../drawing/lane.js").Signal} Signal
 * @typedef {import("../shared/shapes.js").Source} Source
 * @typedef {(source: Source, place: number) => Promise<Signal | null>} Read null if a lead cannot be read, which is then reported
 */

/** Reads another lead when it is shown, and forgets it when it is not; `changed()` is called then. */
export class Leads {
  /**
   * @param {Read} read
   * @param {() => void} changed
   */
  constructor(read, changed) {
    this.read = read;
    this.changed = changed;
    /** @type {Source | null} */
    this.source = null; // of the recording that is open
    this.cut = -1; // the place of the lead that is cut into beats
    /** @type {Map<number, Signal | null>} */
    this.others = new Map(); // by their places; null while they are read
    this.list = found("leads-shown");
    found("leads-all").addEventListener("click", () => this.all());
  }

  /**
   * @param {Source} source
   * @param {{name: string, places: number[]}} lead that is cut
   */
  show(source, lead) {
    const cut = source.signals.indexOf(lead);
    if (source === this.source && cut === this.cut) return;
    if (source !== this.source) this.others.clear();
    this.others.delete(cut);
    Object.assign(this, { source, cut });
    found("more-leads").hidden = source.signals.length < 2;
    this.offer();
  }

  /**
   * The leads that are there to be drawn, in the recording's order.
   *
   * @param {Signal} signal of the lead that is cut
   * @returns {{signal: Signal, isCut: boolean}[]}
   */
  shown(signal) {
    const places = [...this.others.keys(), this.cut].sort((one, other) => one - other);
    return places.flatMap((place) => {
      const other = place === this.cut ? signal : this.others.get(place);
      return other ? [{ signal: other, isCut: place === this.cut }] : [];
    });
  }

  offer() {
    const boxes = this.source?.signals.map(({ name }, place) => {
      const isCut = place === this.cut;
      const box = element("input", { type: "checkbox", checked: isCut || this.others.has(place), disabled: isCut });
      box.addEventListener("change", () => (box.checked ? this.add(place) : this.leave(place)));
      return element("label", {}, box, ` ${name}`);
    });
    fill(this.list, boxes);
  }

  /** Show each channel; differences of two are left to be chosen. */
  all() {
    const signals = this.source?.signals ?? [];
    const missing = signals.flatMap(({ places }, place) => (places.length === 1 && place !== this.cut && !this.others.has(place) ? [place] : []));
    for (const place of missing) this.add(place);
    this.offer();
  }

  /** @param {number} place */
  async add(place) {
    const { source } = this;
    if (!source) return;
    this.others.set(place, null);
    const signal = await this.read(source, place);
    if (source !== this.source || !this.others.has(place)) return;
    if (signal) this.others.set(place, signal);
    else this.others.delete(place);
    this.offer();
    this.changed();
  }

  /** @param {number} place */
  leave(place) {
    this.others.delete(place);
    this.changed();
  }
}
