/** The answers as a CSV file. */

import { element } from "../shared/dom.js";

// A label is somebody else's text, and a spreadsheet would run it; negative numbers are left alone.
const FORMULA = /^[=@\t\r]|^[-+](?![\d.])/;

/** Write the answers of these beats as CSV; a class's probability has the column `probability_LABEL`. */
export function resultsOf(beats, labels) {
  const data = beats.filter((beat) => beat.answer).map((beat) => rowOf(beat, labels));
  const fields = Object.keys(data[0]).filter((name) => data.some((row) => row[name] !== null));
  return Papa.unparse({ fields, data }, { newline: "\n", escapeFormulae: FORMULA }) + "\n";
}

/** Every column in its order; null where there is nothing to say. */
function rowOf({ number, label, seconds, answer }, labels) {
  return {
    beat: number,
    seconds: seconds?.toFixed(3) ?? null,
    label,
    predicted_class: answer.predicted,
    probability: answer.probability,
    abstain: answer.abstain,
    unusual: answer.unusual,
    unusual_score: answer.unusualScore,
    ...Object.fromEntries(labels.map((one) => [`probability_${one}`, answer.probabilities?.[one] ?? null])),
    model_version: answer.version,
  };
}

/** Let the browser save a text as a file. */
export function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
