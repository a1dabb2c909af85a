/** The mark of a class: a colour and a shape, so that neither is needed alone; and its name, where it has one. */

import { element } from "./dom.js";

const SHAPES = ["●", "▲", "■", "◆", "▼", "★", "✚", "✦"];
const BRIEF = 7; // characters that have room above an R peak

/** Knows the order of the class labels, and their names. */
export class Marks {
  /**
   * @param {(string|number)[]} labels
   * @param {Record<string, string>|null} [names] by label, for people
   */
  constructor(labels, names = null) {
    /** @type {string[]} */
    this.labels = labels.map(String);
    /** @type {Record<string, string>} */
    this.names = names ?? {};
  }

  /**
   * The name of the CSS class that has the colour of a class label.
   *
   * @param {string|number} label
   */
  colour(label) {
    return `class-${this.place(label)}`;
  }

  /**
   * The character of a class label.
   *
   * @param {string|number} label
   */
  shape(label) {
    return SHAPES[this.place(label)];
  }

  /**
   * A class label with its name, such as `1 (V)`, or alone.
   *
   * @param {string|number} label
   */
  named(label) {
    return this.names[label] === undefined ? `${label}` : `${label} (${this.names[label]})`;
  }

  /**
   * The name alone, or the label where there is none, for places with little room.
   *
   * @param {string|number} label
   */
  brief(label) {
    const name = `${this.names[label] ?? label}`;
    return name.length > BRIEF ? `${name.slice(0, BRIEF - 1)}…` : name;
  }

  /**
   * The same as `named` in brackets, for a class that is not to be relied on.
   *
   * @param {string|number} label
   */
  doubted(label) {
    return this.names[label] === undefined ? `(${label})` : `(${label}, ${this.names[label]})`;
  }

  /**
   * An element: shape, and label in words.
   *
   * @param {string|number} label
   * @param {string} [words]
   */
  chip(label, words = `Class ${this.named(label)}`) {
    const shape = element("span", { class: `shape ${this.colour(label)}`, "aria-hidden": "true" }, this.shape(label));
    return element("span", { class: "chip" }, shape, words);
  }

  /** @param {string|number} label */
  place(label) {
    return Math.max(0, this.labels.indexOf(String(label))) % SHAPES.length;
  }
}
