/** Which class of the model a label means: decided here alone, for the list, the beat and the downloads. */

import { isNumber } from "../../tables/fields.js";
import { counted, listed } from "../shared/words.js";

const SHOWN = 6; // labels that a sentence names

// AAMI EC57, as `python -m data beats` joins WFDB's symbols (data/recordings/annotations.py)
const AAMI = { N: "NLRBejn", S: "AaJS", V: "VEr", F: "F", Q: "/fQ?" };
const AAMI_OF = new Map(Object.entries(AAMI).flatMap(([name, symbols]) => [...symbols].map((symbol) => [symbol, name])));
const BY_AAMI = /by AAMI EC57/i; // in the note of the training's data (training/dataset/classes.py)
const ANY_OTHER = "any other"; // than N, of `python -m data beats --labels binary`

/**
 * What is known of a model's classes.
 *
 * @typedef {object} Classes
 * @property {string[]} labels
 * @property {Record<string, string>|null} [names] by label
 * @property {string|null} [note] of the data that it was trained on
 */

/**
 * A label as it is compared: a number as it is written shortest, so that 1.0 and 1 are the same.
 *
 * @param {string} label
 */
export function plainLabel(label) {
  const text = label.trim();
  return isNumber(text) ? String(Number(text)) : text;
}

/** The labels of some beats beside the classes of a model. */
export class Labels {
  /**
   * @param {(string|null)[]} labels of the beats, as in the file
   * @param {Classes} classes
   */
  constructor(labels, classes) {
    const counts = countsOf(labels);
    const known = [...counts.keys()];
    this.names = classes.names ?? {};
    /** @type {Map<string, string>} the class that each label means */
    this.classOf = new Map();
    for (const label of known) {
      const found = meant(label, classes);
      if (found !== null) this.classOf.set(label, found);
    }
    const others = known.filter((label) => !this.classOf.has(label));
    const numbers = others.filter((label) => isNumber(label));
    // one number that is not a class shows that the numbers are not classes
    if (numbers.length) this.classOf.clear();
    /** @type {string|null} why labels and classes cannot be compared; null where they can, or where there are none */
    this.why = known.length && !this.classOf.size ? whyNot(known, numbers, classes) : null;
    /** @type {string|null} by which grouping symbols are compared with classes */
    this.grouping = groupingOf(known.filter((label) => this.isGrouped(label)), (label) => this.nameOf(label));
    /** @type {string|null} which labels are left out of the comparison */
    this.leftOut = this.classOf.size && others.length ? without(others, counts) : null;
  }

  /** Can any of the labels be compared with the classes? */
  get comparable() {
    return this.classOf.size > 0;
  }

  /**
   * A label for people: a number with the name of its class, such as `1 (V)`, a symbol with its group, else unchanged.
   *
   * @param {string} label
   */
  worded(label) {
    const plain = plainLabel(label);
    if (this.isGrouped(plain)) return `${plain} (${this.nameOf(plain)} by AAMI EC57)`;
    return this.classOf.get(plain) === plain && this.nameOf(plain) ? `${plain} (${this.nameOf(plain)})` : label;
  }

  /**
   * Does a symbol mean its class by AAMI's grouping alone?
   *
   * @param {string} plain
   */
  isGrouped(plain) {
    return this.classOf.has(plain) && AAMI_OF.has(plain) && this.nameOf(plain) !== plain;
  }

  /**
   * The name of the class that a label means.
   *
   * @param {string} plain
   * @returns {string|undefined}
   */
  nameOf(plain) {
    return this.names[this.classOf.get(plain) ?? ""];
  }

  /**
   * The class that a beat's label means; null where it has none, or one that cannot be compared.
   *
   * @param {{label: string|null}} beat
   * @returns {string|null}
   */
  classOfBeat({ label }) {
    if (label === null || !this.comparable) return null;
    return this.classOf.get(label) ?? this.classOf.get(plainLabel(label)) ?? null;
  }

  /**
   * Does the model predict the class that the label means? Null without an answer, or if they cannot be compared.
   *
   * @param {{label: string|null, answer?: {predicted: string}|null}} beat
   * @returns {boolean|null}
   */
  agrees(beat) {
    const label = this.classOfBeat(beat);
    return beat.answer && label !== null ? label === beat.answer.predicted : null;
  }
}

/**
 * @param {(string|null)[]} labels
 * @returns {Map<string, number>}
 */
function countsOf(labels) {
  const counts = new Map();
  for (const label of labels) {
    if (label === null) continue;
    const plain = plainLabel(label);
    counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  return counts;
}

/**
 * A number is the label of a class. A text is its name, or one of WFDB's symbols where the model was trained by AAMI's
 * classes. Capitals count in single letters alone, as WFDB's N is not its n.
 *
 * @param {string} label
 * @param {Classes} classes
 * @returns {string|null}
 */
function meant(label, { labels, names, note }) {
  if (isNumber(label)) return labels.includes(label) ? label : null;
  const named = Object.entries(names ?? {});
  const byName = (/** @type {string} */ text) => named.find(([, name]) => name === text)?.[0];
  const group = BY_AAMI.test(note ?? "") ? AAMI_OF.get(label) : undefined;
  const found = byName(label) ?? (group && (byName(group) ?? byName(ANY_OTHER)));
  if (found !== undefined || label.length < 2) return found ?? null;
  const alike = named.filter(([, name]) => name.toLowerCase() === label.toLowerCase());
  return alike.length === 1 ? alike[0][0] : null;
}

/**
 * @param {string[]} known
 * @param {string[]} numbers that are not classes
 * @param {Classes} classes
 */
function whyNot(known, numbers, { labels, names }) {
  const its = `The labels are ${some(known)}, and the model's classes are ${listed(labels.map((label) => (names?.[label] ? `${label} (${names[label]})` : label)))}`;
  if (!labels.length) return `The model does not list its classes, so labels and classes cannot be compared.`;
  if (numbers.length) return `${its}. The labels are other numbers, so labels and classes cannot be compared.`;
  if (!names) return `${its}, for which it has no names. So labels and classes cannot be compared.`;
  return `${its}. No label is the name of a class, so labels and classes cannot be compared.`;
}

/**
 * @param {string[]} symbols that mean a class by their group
 * @param {(symbol: string) => string|undefined} nameOf the class
 */
function groupingOf(symbols, nameOf) {
  if (!symbols.length) return null;
  const names = [...new Set(symbols.map(nameOf))];
  const parts = names.map((name) => `${listed(symbols.filter((symbol) => nameOf(symbol) === name))} as ${name}`);
  return `Labels are compared with classes by AAMI EC57, which counts ${parts.join(", ")}.`;
}

/**
 * @param {string[]} others
 * @param {Map<string, number>} counts
 */
function without(others, counts) {
  const beats = others.reduce((sum, label) => sum + (counts.get(label) ?? 0), 0);
  const [those, are] = others.length === 1 ? ["no class", "it is"] : ["no classes", "they are"];
  return `${counted(beats, "beat")} with the ${others.length === 1 ? "label" : "labels"} ${some(others)} cannot be compared: ${are} ${those} of this model.`;
}

/** @param {string[]} labels */
function some(labels) {
  const more = labels.length - SHOWN;
  return more > 0 ? `${labels.slice(0, SHOWN).join(", ")} and ${more} more` : listed(labels);
}
