/** Files that are not text, identified by their first bytes; as data/tables/formats.py has them, so change both. */

import { FileError } from "./errors.js";

const LOOKED_AT = 4096; // bytes; Word writes so much before it names its own parts
const PACKED_LOOKED_AT = 16 * LOOKED_AT;
const SHEET = "save its sheet as CSV in UTF-8 (File > Save as), and give that";
const UNPACK = "unpack it, and give the file that is in it";
const ARRAY = 'save it with numpy.savetxt("beats.csv", array, delimiter=","), and give that';
const FRAME = "the page reads text only: write it with pandas' to_csv, or use python -m data predict FILE";
const EXPORT = "export its samples as CSV or EDF from the program that made it, and give that";
const TRACE = "give the numbers themselves, as CSV, or the recording that it shows";
const AS_CSV = "save it as CSV in the program that made it, and give that";

/** The first bytes of each kind, what to call it and what to do. @type {[RegExp, string, string][]} */
const KINDS = [
  [/^PK\x03\x04.*xl\//s, "an Excel workbook", SHEET],
  [/^PK\x03\x04.*word\//s, "a Word document", TRACE],
  [/^PK\x03\x04.*ppt\//s, "a PowerPoint presentation", TRACE],
  [/^PK\x03\x04.*\[Content_Types\]\.xml/s, "an Office file (.xlsx, .docx or .pptx)", TRACE],
  [/^PK\x03\x04.*opendocument\.spreadsheet/s, "an OpenDocument spreadsheet", SHEET],
  [/^PK\x03\x04.*opendocument\.text/s, "an OpenDocument text", TRACE],
  [/^PK\x03\x04.{26}[^/]{1,200}\.npy/s, "NumPy arrays (.npz)", ARRAY],
  [/^PK[\x03\x05]/, "a zip archive", UNPACK],
  [/^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1.{504}\xec\xa5/s, "a Word document of the old kind (.doc)", TRACE],
  [/^\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1/, "an Excel workbook of the old kind (.xls)", SHEET],
  [/^\x93NUMPY/, "a NumPy array (.npy)", ARRAY],
  [/^MATLAB \d/, "a MATLAB file", AS_CSV],
  [/^\x89HDF\r\n\x1a\n/, "an HDF5 file", AS_CSV],
  [/^%PDF-/, "a PDF", TRACE],
  [/^(\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF.{4}WEBP|BM.{4}\0{4})/s, "a picture", TRACE],
  [/^\0.{3}ftyp(heic|heix|mif1|avif)/s, "a picture", TRACE],
  [/^(\0.{3}ftyp|RIFF.{4}AVI |\x1a\x45\xdf\xa3)/s, "a video", TRACE],
  [/^(RIFF.{4}WAVE|OggS|fLaC)/s, "a sound recording", EXPORT],
  [/^\s*(<!doctype html|<html)/i, "a web page", "save the file that it links to, and give that"],
  [/^(\xef\xbb\xbf)?\s*(<\?xml.*)?<([\w-]+:)?AnnotatedECG/s, "an HL7 annotated ECG (aECG)", EXPORT],
  [/^(\xef\xbb\xbf)?\s*(<\?xml.*)?<([\w-]+:)?(restingecg|cardiologyxml|ecg)/is, "an ECG as XML", EXPORT],
  [/^(\xef\xbb\xbf)?\s*(<(\?xml|!--|!DOCTYPE svg).*)?<svg/s, "a picture", TRACE],
  [/^(\xef\xbb\xbf)?\s*<\?xml/, "XML", AS_CSV],
  [/^\s*(\{\s*["}]|\[\s*([[{"]|[\d.e+-]+\s*[,\]]))/, "JSON", "give it a name that ends in .json if it holds beats, else write its values as CSV"],
  [/^\{\\rtf/, "an RTF document", "save it as plain text, and give that"],
  [/^\x80[\x02-\x05]/, "a Python pickle", "the page never runs one: write it with pandas' to_csv, and give that"],
  [/^FEA1\0/, "a Feather file of version 1", FRAME],
  [/^(RD[AX]\d\n|[XAB]\n\0)/, "an R data file", "write the table with write.csv(..., row.names = FALSE), and give that"],
  [/^SQLite format 3\0/, "an SQLite database", AS_CSV],
  [/^(0 {7}.{160}(\d\d\.\d\d\.\d\d){2}\d+ |\xffBIOSEMI)/s, "an EDF or BDF recording", "give it with the ending .edf or .bdf"],
  [/^(SCPECG|.{16}SCPECG)/s, "an SCP-ECG recording", EXPORT],
  [/^(ISHNE1\.0|ANN {2}1\.0)/, "an ISHNE Holter recording", EXPORT],
  [/^GDF [12]\.\d\d/, "a GDF recording", EXPORT],
  [/^.{128}DICM/s, "a DICOM file", EXPORT],
  [/^PAR1/, "a Parquet file", FRAME],
  [/^ARROW1/, "an Arrow file", FRAME],
  [/^(BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!|.{257}ustar)/s, "a packed file", "unpack it, or pack it with gzip"],
];

/**
 * A file's first bytes, a character each.
 *
 * @param {Blob} file
 * @returns {Promise<string>}
 */
export async function startOf(file) {
  const bytes = new Uint8Array(await file.slice(0, LOOKED_AT).arrayBuffer());
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/**
 * What a file is, if it is known for something other than text.
 *
 * @param {Blob} file
 * @returns {Promise<{what: string, remedy: string, isPacked: boolean}|null>} `a PDF`; it may be packed with gzip
 */
export async function kindOf(file) {
  const isPacked = (await startOf(file)).startsWith("\x1f\x8b");
  const start = await startOf(isPacked ? await unpacked(file) : file);
  const kind = KINDS.find(([pattern]) => pattern.test(start));
  return kind ? { what: kind[1], remedy: kind[2], isPacked } : null;
}

/** The start of a gzip file as far as it can be unpacked; reading all of it reports an error. @param {Blob} file */
async function unpacked(file) {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  const reader = file.slice(0, PACKED_LOOKED_AT).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  for (let length = 0; length < LOOKED_AT; ) {
    const { value } = await reader.read().catch(() => ({ value: undefined }));
    if (!value) break;
    parts.push(value);
    length += value.length;
  }
  reader.cancel().catch(() => {}); // it may be broken already
  return new Blob(parts);
}

/**
 * Throw FileError if the file is known for something other than a table of text, or JSON where its name says so.
 *
 * @param {File} file
 */
export async function refuseOthers(file) {
  const kind = await kindOf(file);
  if (!kind || (kind.what === "JSON" && /\.json(\.gz)?$/i.test(file.name))) return;
  throw new FileError(`${file.name}: this is ${kind.what}, not a table that can be read; ${kind.remedy}`);
}
