/** Files that are no text, named for what they are: what data/tables says of them. */

import { FileError } from "./errors.js";

const LOOKED_AT = 4096; // bytes
const AS_CSV = "save it as CSV in the program that made it, and give that";
const SHEET = "save its sheet as CSV in UTF-8 (File > Save as), and give that";
const ARRAY = 'save it with numpy.savetxt("beats.csv", array, delimiter=","), and give that';
const FRAME = "the page reads text only: write it with pandas' to_csv, or use python -m data predict FILE";

/** The first bytes of each kind, what to call it and what to do. @type {[RegExp, string, string][]} */
const KINDS = [
  [/^PK\x03\x04.*(xl\/|\[Content_Types\].xml)/s, "an Excel workbook", SHEET],
  [/^PK\x03\x04.*opendocument/s, "an OpenDocument spreadsheet", SHEET],
  [/^PK\x03\x04.*\.npy/s, "NumPy arrays (.npz)", ARRAY],
  [/^PK\x03\x04/, "a zip archive", "unpack it, and give the file that is in it"],
  [/^\xd0\xcf\x11\xe0/, "an Excel workbook", SHEET],
  [/^\x93NUMPY/, "a NumPy array (.npy)", ARRAY],
  [/^PAR1/, "a Parquet file", FRAME],
  [/^(ARROW1|FEA1)/, "an Arrow file", FRAME],
  [/^\x89HDF/, "an HDF5 file", AS_CSV],
  [/^MATLAB 5/, "a MATLAB file", AS_CSV],
  [/^\x80[\x02-\x05]/, "a Python pickle", "the page never runs one: write it with pandas' to_csv, and give that"],
  [/^%PDF/, "a PDF", "give the numbers themselves, as CSV"],
  [/^(\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0\0\0|II\*\0|MM\0\*|RIFF.{4}WEBP|(<\?xml[^>]*>\s*)?<svg)/s, "a picture", "give the numbers themselves, as CSV"],
  [/^\s*<(!doctype|html)/i, "a web page", "save the file that it links to, and give that"],
  [/^SQLite format 3/, "a database", AS_CSV],
  [/^(BZh|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd|Rar!)/, "a packed file", "unpack it, or pack it with gzip"],
];

/** A file's first bytes, a character each. @param {File} file */
export async function startOf(file) {
  const bytes = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** What a file is that begins so, if it is known for something other than text: `a PDF`, else undefined. @param {string} start */
export function kindOf(start) {
  return KINDS.find(([pattern]) => pattern.test(start))?.[1];
}

/** Throw FileError if the file is known for something other than text. @param {File} file */
export async function refuseOthers(file) {
  const start = await startOf(file);
  const kind = KINDS.find(([pattern]) => pattern.test(start));
  if (kind) throw new FileError(`${file.name}: ${kind[1]}; ${kind[2]}`);
}
