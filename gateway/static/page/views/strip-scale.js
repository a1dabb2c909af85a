/** How a strip is drawn: millimetres for a mV and for a second, kept in this tab. */

import { MM } from "../drawing/paper.js";
import { found, options } from "../shared/dom.js";

const GAINS = [5, 10, 20]; // millimetres for one mV
const SPEEDS = [12.5, 25, 50]; // millimetres a second
const ZOOMS = [6.25, ...SPEEDS, 100, 200]; // what can be reached by zooming, too
const OWN_UNITS = ["half", "usual", "double"]; // heights of a lead without a voltage
const [GAIN, SPEED] = ["ecg-gain", "ecg-speed"];

/** `gain` and `speed` are as ECG paper's: 10 mm/mV and 25 mm/s unless people choose others; then `changed()` is called. */
export class StripScale {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.gain = stored(GAIN, GAINS, 10);
    this.speed = stored(SPEED, ZOOMS, 25);
    found("gain").addEventListener("change", () => this.choose({ gain: Number(found("gain").value) }));
    found("speed").addEventListener("change", () => this.choose({ speed: Number(found("speed").value) }));
  }

  /** Pixels for one second. */
  get perSecond() {
    return this.speed * MM;
  }

  /**
   * Show what is chosen.
   * @param {boolean} isVoltage does any of the leads have a voltage?
   */
  show(isVoltage) {
    const speeds = SPEEDS.includes(this.speed) ? SPEEDS : [...SPEEDS, this.speed].sort((one, other) => one - other);
    options(found("gain"), GAINS.map((gain, place) => [String(gain), isVoltage ? `${gain} mm/mV` : OWN_UNITS[place]]), String(this.gain));
    options(found("speed"), speeds.map((speed) => [String(speed), `${speed} mm/s`]), String(this.speed));
  }

  /**
   * The scale in words, for people who cannot see the drawing.
   *
   * @param {import("../drawing/strip.js").Shown[]} shown
   * @param {boolean} isClipped
   */
  words(shown, isClipped) {
    const { gain, speed } = this;
    const own = shown.filter(({ lane }) => !lane.scale.isVoltage).map(({ signal }) => {
      return `${signal.name} ${signal.unit ? `is in ${signal.unit}, not in volts` : "has no unit"}: it has its own scale and no ECG paper.`;
    });
    const real = own.length < shown.length ? `${gain} mm/mV and ${speed} mm/s` : `${speed} mm/s`;
    const cut = isClipped ? " It is clipped at the red marks: choose a smaller gain." : "";
    return `${[`${real}, the same in the whole recording; 0 is the median of the visible part.`, ...own].join(" ")}${cut}`;
  }

  /**
   * Take a faster or a slower paper.
   * @param {number} steps
   */
  zoom(steps) {
    const place = Math.max(0, Math.min(ZOOMS.length - 1, ZOOMS.indexOf(this.speed) + steps));
    if (ZOOMS[place] !== this.speed) this.choose({ speed: ZOOMS[place] });
  }

  /** @param {{gain?: number, speed?: number}} change */
  choose({ gain = this.gain, speed = this.speed }) {
    Object.assign(this, { gain, speed });
    store(GAIN, gain);
    store(SPEED, speed);
    this.changed();
  }
}

/**
 * @param {string} name
 * @param {number[]} allowed
 * @param {number} otherwise
 */
function stored(name, allowed, otherwise) {
  try {
    const value = Number(sessionStorage.getItem(name));
    return allowed.includes(value) ? value : otherwise;
  } catch {
    return otherwise; // storage is forbidden: a choice lasts as long as the page
  }
}

/**
 * @param {string} name
 * @param {number} value
 */
function store(name, value) {
  try {
    sessionStorage.setItem(name, String(value));
  } catch {
    // as above
  }
}
