/** The answers as a CSV file. */

import { element } from "./dom.js";

/** Write the answers of these beats as CSV; a class's probability has the column `probability_LABEL`. */
export function resultsOf(beats, labels) {
  const rows = beats.filter((beat) => beat.answer).map((beat) => rowOf(beat, labels));
  return Papa.unparse(rows, { newline: "\n" }) + "\n";
}

function rowOf({ number, label, seconds, answer }, labels) {
  return {
    beat: number,
    ...(seconds === undefined ? {} : { seconds: seconds.toFixed(3) }),
    ...(label === null ? {} : { label }),
    predicted_class: answer.predicted,
    probability: answer.probability,
    ...(answer.unusual === null ? {} : { abstain: answer.abstain, unusual: answer.unusual, unusual_score: answer.unusualScore }),
    ...Object.fromEntries(labels.map((one) => [`probability_${one}`, answer.probabilities?.[one] ?? ""])),
    model_version: answer.version,
  };
}

/** Let the browser save a text as a file. */
export function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
