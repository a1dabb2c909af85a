/** The mark of a class: a colour and a shape, so that neither is needed alone. */

import { element } from "./dom.js";

const SHAPES = ["●", "▲", "■", "◆", "▼", "★", "✚", "✦"];

/** Knows the order of the class labels. */
export class Marks {
  constructor(labels) {
    this.labels = labels.map(String);
  }

  /** The name of the CSS class that has the colour of a class label. */
  colour(label) {
    return `class-${this.place(label)}`;
  }

  /** The character that stands for a class label. */
  shape(label) {
    return SHAPES[this.place(label)];
  }

  /** An element: shape, and label in words. */
  chip(label, words = `Class ${label}`) {
    const shape = element("span", { class: `shape ${this.colour(label)}`, "aria-hidden": "true" }, this.shape(label));
    return element("span", { class: "chip" }, shape, words);
  }

  place(label) {
    return Math.max(0, this.labels.indexOf(String(label))) % SHAPES.length;
  }
}
