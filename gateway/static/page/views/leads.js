/** Which leads of a recording are seen: the one that is cut into beats, and others that people add. */

import { Failure } from "../gateway/client.js";
import { signalOf } from "../opening/recording.js";
import { element, fill, found } from "../shared/dom.js";

/** @typedef {import("../drawing/lane.js").Signal} Signal */

/** Reads another lead when it is shown, and forgets it when it is not; `changed()` is called then. */
export class Leads {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.source = null; // of the recording that is open
    this.cut = -1; // the place of the lead that is cut into beats
    /** @type {Map<number, Signal | null>} */
    this.others = new Map(); // by their places; null while they are read
    this.list = found("leads-shown");
    found("leads-all").addEventListener("click", () => this.all());
  }

  /**
   * @param {object} source
   * @param {object} lead that is cut
   */
  show(source, lead) {
    const cut = source.signals.indexOf(lead);
    if (source === this.source && cut === this.cut) return;
    if (source !== this.source) this.others.clear();
    this.others.delete(cut);
    Object.assign(this, { source, cut });
    found("more-leads").hidden = source.signals.length < 2;
    fill(found("leads-problem"), "");
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
    const all = places.map((place) => ({ signal: place === this.cut ? signal : this.others.get(place), isCut: place === this.cut }));
    return all.filter((each) => each.signal);
  }

  offer() {
    const boxes = this.source.signals.map(({ name }, place) => {
      const isCut = place === this.cut;
      const box = element("input", { type: "checkbox", checked: isCut || this.others.has(place), disabled: isCut });
      box.addEventListener("change", () => (box.checked ? this.add(place) : this.leave(place)));
      return element("label", {}, box, ` ${name}`);
    });
    fill(this.list, boxes);
  }

  /** Show each channel; differences of two are left to be chosen. */
  all() {
    const { signals } = this.source;
    const missing = signals.flatMap(({ places }, place) => (places.length === 1 && place !== this.cut && !this.others.has(place) ? [place] : []));
    for (const place of missing) this.add(place);
    this.offer();
  }

  /** @param {number} place */
  async add(place) {
    const { source } = this;
    const isWanted = () => source === this.source && this.others.has(place);
    this.others.set(place, null);
    try {
      const signal = await signalOf(source, place);
      if (!isWanted()) return;
      this.others.set(place, signal);
      this.changed();
    } catch (failure) {
      if (isWanted()) this.refused(place, failure);
    }
  }

  /**
   * @param {number} place
   * @param {Error} failure
   */
  refused(place, failure) {
    if (!(failure instanceof Failure)) console.error(failure);
    this.others.delete(place);
    this.offer();
    fill(found("leads-problem"), failure.message);
  }

  /** @param {number} place */
  leave(place) {
    this.others.delete(place);
    this.changed();
  }
}
