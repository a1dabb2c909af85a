/** Which labels a beat can be given, so that a training reads the file. */

import { isInteger, isNumber } from "../../tables/fields.js";
import { plainLabel } from "./labels.js";

const MOST = 50; // labels to choose from
// as data/tables/class_names.py has them: how programs write a value that is missing
const MISSING = ["#N/A", "#NA", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null"];
// in the note of a file that `python -m data beats` wrote, and of a model that was trained on it
const BY_AAMI = /labels by AAMI EC57: \d+ \w[\w ]*(?:, \d+ \w[\w ]*)*/;

/** The labels of a collection, by those that its file has and by the model's classes. */
export class Vocabulary {
  /**
   * @param {(string|null)[]} labels of the beats, as in the file
   * @param {import("./labels.js").Labels} compared
   * @param {import("./labels.js").Classes} classes
   */
  constructor(labels, compared, classes) {
    const own = [...new Set(labels.filter((label) => label !== null).map(plainLabel))].sort(byNumber);
    const names = Object.values(classes.names ?? {});
    const [noted] = BY_AAMI.exec(classes.note ?? "") ?? [];
    /** Are labels whole numbers? Training takes no texts among them, and no numbers among texts. */
    this.isNumeric = own.length ? own.every((label) => isNumber(label)) : !names.length || Boolean(noted);
    const models = this.isNumeric ? classes.labels : names;
    const known = own.length && !compared.comparable ? own : [...own, ...models.filter((label) => !own.includes(label))];
    /** @type {[string, string][]} labels to choose from, each with words for people */
    this.choices = known.slice(0, MOST).map((label) => [label, compared.comparable || !own.length ? worded(label, classes) : label]);
    /** @type {string|null} what the numbers mean, for the file's head: only where they are the model's own */
    this.note = this.isNumeric && !own.length ? (noted ?? null) : null;
  }

  /**
   * Why a text cannot be a label here; null where it can.
   *
   * @param {string} text
   */
  refusal(text) {
    if (this.isNumeric) return isInteger(text) ? null : "The labels of these beats are whole numbers, and training takes nothing else among them.";
    if (isNumber(text)) return "The labels of these beats are texts, and training takes no number among them.";
    return MISSING.includes(text) ? `Programs read “${text}” as a value that is missing. Give another label.` : null;
  }
}

/**
 * @param {string} label
 * @param {import("./labels.js").Classes} classes
 */
function worded(label, { names }) {
  return names?.[label] === undefined ? label : `${label} (${names[label]})`;
}

/**
 * @param {string} one
 * @param {string} other
 */
function byNumber(one, other) {
  return isNumber(one) && isNumber(other) ? Number(one) - Number(other) : one < other ? -1 : 1;
}
