/** Beats with their labels as a file that `python -m training --data` reads. */

import { count, counted } from "../shared/words.js";
import { FORMULA } from "./results.js";

const AT_ONCE = 100; // rows of 140 values take some 15 ms, so the page never freezes

/**
 * Write the beats that have a label as CSV: a note, the names of the values and `label`, and a row a beat. Numbers are
 * written so that reading them as float32 gives the same values.
 *
 * @param {import("./collection.js").Collection} collection
 * @param {{count: number, names: string[]|null}} features of the model
 * @param {string|null} meaning of the labels, for the note
 * @returns {Promise<(string|Blob)[]>} parts of the text; the browser has the rows already, so that saving does not copy all at once
 */
export async function trainingFile({ beats, corrections }, features, meaning) {
  const labelled = beats.filter((beat) => corrections.labelOf(beat) !== null);
  /** @type {(string|Blob)[]} */
  const parts = [`# ${noteOf(labelled.length, corrections)}\n`, meaning ? `# ${meaning}\n` : "", `${line([...namesOf(beats[0].features, features), "label"])}\n`];
  const written = new Written();
  for (let from = 0; from < labelled.length; from += AT_ONCE) {
    const rows = labelled.slice(from, from + AT_ONCE);
    parts.push(new Blob(rows.map((beat) => `${numbers(beat.features)},${written.of(corrections.labelOf(beat))}\n`)));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return parts;
}

/**
 * What the file has in it, for people.
 *
 * @param {import("./collection.js").Collection} collection
 */
export function contentOf({ beats, corrections }) {
  const labelled = beats.filter((beat) => corrections.labelOf(beat) !== null).length;
  const without = beats.length - labelled;
  const left = without ? ` ${counted(without, "beat")} without a label ${without === 1 ? "is" : "are"} left out.` : "";
  return `The file has ${counted(labelled, "beat")} in it, one in each row: the model's input values and the current label, corrected or not.${left} It lacks columns that the page did not read, such as one with the person.`;
}

/**
 * @param {number} rows
 * @param {import("./corrections.js").Corrections} corrections
 */
function noteOf(rows, corrections) {
  const corrected = [...corrections.labels.values()].filter((label) => label !== null).length;
  return `${count(corrected)} of the ${count(rows)} labels here ${corrected === 1 ? "was" : "were"} given or corrected by hand`;
}

/**
 * @param {Float32Array|Float64Array} values
 * @param {{count: number, names: string[]|null}} features
 */
function namesOf(values, { count: width, names }) {
  return names && width === values.length ? names : Array.from(values, (_, place) => `F${place + 1}`);
}

/** @param {Float32Array|Float64Array} values */
function numbers(values) {
  // nine digits identify a float32
  const written = values instanceof Float32Array ? Array.from(values, (value) => Number(value.toPrecision(9))) : values;
  return written.join(",");
}

/** Labels as fields of CSV; there are few different ones. */
class Written {
  constructor() {
    /** @type {Map<string|null, string>} */
    this.known = new Map();
  }

  /** @param {string|null} label */
  of(label) {
    const text = this.known.get(label) ?? line([label]);
    this.known.set(label, text);
    return text;
  }
}

/** @param {(string|null)[]} fields */
function line(fields) {
  return Papa.unparse([fields], { escapeFormulae: FORMULA });
}
