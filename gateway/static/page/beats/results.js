/** The answers as a CSV file. */

/**
 * @import { AnsweredBeat } from "./beat.js"
 * @import { Collection } from "./collection.js"
 * @import { Marks } from "../shared/marks.js"
 * @typedef {Record<string, string|number|boolean|null>} Row
 */

import { element } from "../shared/dom.js";

// A label is somebody else's text, and a spreadsheet would run it; negative numbers are left alone.
export const FORMULA = /^[=@\t\r]|^[-+](?![\d.])/;

/**
 * Write the answers of a collection as CSV; a class's probability has the column `probability_LABEL`.
 *
 * @param {Collection} collection
 * @param {Marks} marks
 */
export function resultsOf(collection, marks) {
  const data = collection.answered.map((beat) => rowOf(beat, collection, marks));
  const fields = Object.keys(data[0]).filter((name) => data.some((row) => row[name] !== null));
  return Papa.unparse({ fields, data }, { newline: "\n", escapeFormulae: FORMULA }) + "\n";
}

/**
 * Every column in its order; null where there is nothing to say.
 *
 * @param {AnsweredBeat} beat
 * @param {Collection} collection
 * @param {Marks} marks
 * @returns {Row}
 */
function rowOf(beat, { labels, corrections }, marks) {
  const { number, label, seconds, answer } = beat;
  return {
    beat: number,
    seconds: seconds?.toFixed(3) ?? null,
    label,
    corrected_label: corrections.has(beat) ? (corrections.labelOf(beat) ?? "(none)") : null,
    predicted_class: answer.predicted,
    class_name: marks.names[answer.predicted] ?? null,
    agrees_with_label: labels.agrees(beat),
    probability: answer.probability,
    abstain: answer.abstain,
    unusual: answer.unusual,
    unusual_score: answer.unusualScore,
    ...Object.fromEntries(marks.labels.map((one) => [`probability_${one}`, answer.probabilities?.[one] ?? null])),
    model_version: answer.version,
  };
}

/**
 * Let the browser save a text as a file.
 *
 * @param {string} name
 * @param {...(string|Blob)} parts of the text
 */
export function save(name, ...parts) {
  const url = URL.createObjectURL(new Blob(parts, { type: "text/csv" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
