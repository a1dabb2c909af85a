/** Files that cannot be read as a recording, with their kind and the remedy; as data/recordings/others.py. */

import { kindOf, startOf } from "../tables/kinds.js";
import { RecordingError } from "./errors.js";

const EXPORT = "export its samples as CSV or EDF from the program that made it, and give that";
/** @type {[RegExp, string][]} words of what a file is, and what to do */
const REMEDIES = [
  [/packed|zip/, "unpack it and give the recording that is in it"],
  [/EDF or BDF/, "give it with the ending .edf or .bdf if it is such a one, else export it as EDF or CSV"],
  [/workbook|spreadsheet/, "save its sheet as CSV, and give that"],
  [/NumPy/, 'write it with numpy.savetxt("ecg.csv", array, delimiter=","), and give that'],
  [/Parquet|Feather|Arrow|pickle/, 'write it with pandas, frame.to_csv("ecg.csv", index=False), and give that'],
  [/MATLAB/, "give its WFDB header (.hea) with it, or write the signal with writematrix and give that"],
  [/PDF|picture|video|document|Office|presentation|OpenDocument text/, "it shows a recording and holds no samples; give the recording itself, as CSV or EDF"],
  [/web page/, "download the file that it links to, and give that"],
  [/JSON|HDF5/, "write its samples as CSV, a line per sample, and give that"],
];

/** Throw RecordingError if the file is known by its first bytes for something that is not a recording. @param {File} file */
export async function refuseOthers(file) {
  const kind = await kindOf(file);
  if (!kind) return;
  const what = kind.what + (kind.isPacked ? " packed with gzip" : "");
  const [, remedy = EXPORT] = REMEDIES.find(([words]) => words.test(what)) ?? [];
  throw new RecordingError(`${file.name}: this is ${what}, not a recording that can be read; ${remedy}`);
}

/** Does the file begin with printable text and line ends? @param {File} file */
export async function isText(file) {
  return /^[\t\r\n\x20-\x7e\x80-\xff]*$/.test(await startOf(file).then((start) => (start.includes("\n") ? start : "\0")));
}
