/** The lines of a file, plain or gzip, in blocks of bounded size; as data/tables/lines.py has them. */

import { FileError } from "./errors.js";

/** @import { Block } from "./shapes.js" */

const LONGEST_LINE = 2 ** 26;
const OTHER_SIGNS = /[\u2212\u00a0\u202f\x1a]|[dD][-+]\d/;
const FORTRAN = /(?<![^\s,;|"])([-+]?\d*[.,]\d*)[dD]([-+]\d{2,3})(?![^\s,;|"])/g;
const UTF16 = ["utf-16le", "utf-16be"];

/**
 * Yield {first, lines}: some lines, blank ones included, and the number of the first of them, from 1.
 *
 * @param {File} file
 * @param {{progress?: (share: number) => void, otherwise?: string}} [options] `otherwise`: the encoding of what is not UTF-8
 * @throws {FileError}
 */
export async function* blocksOf(file, { progress = () => {}, otherwise } = {}) {
  let [number, carry] = [1, ""];
  /** @type {string|null} */
  let end = null;
  for await (const text of texts(file, progress, otherwise)) {
    end ??= text.includes("\n") ? "\n" : "\r";
    const lines = (carry + text).split(end);
    carry = lines.pop() ?? "";
    if (carry.length > LONGEST_LINE) throw new FileError(`${file.name}, line ${number + lines.length}: longer than 64 MB; is this a CSV file?`);
    yield checked(file, { first: number, lines }, otherwise);
    number += lines.length;
  }
  if (carry) yield checked(file, { first: number, lines: [carry] }, otherwise);
}

/** A line with the minus, the blanks and the exponents of numbers as they are usual, and without the Ctrl-Z of DOS. @param {string} line */
export function plainLine(line) {
  if (!OTHER_SIGNS.test(line)) return line;
  return line.replaceAll("\u2212", "-").replaceAll(/[\u00a0\u202f]/g, " ").replaceAll(FORTRAN, "$1e$2").replace(/\x1a\s*$/, "");
}

/** The same of a text that is there already. @param {string} text */
export async function* blocksOfText(text) {
  yield { first: 1, lines: text.split(/\r\n|\n|\r/) };
}

/** @param {File} file @param {Block} block @param {string} [otherwise] */
function checked(file, block, otherwise) {
  const wrong = otherwise ? -1 : block.lines.findIndex((line) => line.includes("\uFFFD"));
  if (wrong >= 0) throw new FileError(`${file.name}, line ${block.first + wrong}: not UTF-8 text; save the file as CSV in UTF-8`);
  return block;
}

/** @param {File} file @param {(share: number) => void} progress @param {string} [otherwise] */
async function* texts(file, progress, otherwise) {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isPacked = start[0] === 0x1f && start[1] === 0x8b;
  let decoder = null;
  for await (const bytes of unpacked(file, isPacked, progress)) {
    decoder ??= new TextDecoder(encodingOf(bytes, otherwise));
    yield decoder.decode(bytes, { stream: true });
  }
  if (decoder) yield decoder.decode();
}

/** @param {File} file @param {boolean} isPacked @param {(share: number) => void} progress */
async function* unpacked(file, isPacked, progress) {
  let read = 0;
  const counted = new TransformStream({
    transform(bytes, controller) {
      read += bytes.length;
      controller.enqueue(bytes);
    },
  });
  const stream = file.stream().pipeThrough(counted);
  const reader = (isPacked ? stream.pipeThrough(new DecompressionStream("gzip")) : stream).getReader();
  for (;;) {
    const { value, done } = await reader.read().catch((error) => {
      if (!isPacked) throw new FileError(`${file.name}: cannot be read; was it moved?`);
      throw new FileError(`${file.name}: cannot be unpacked: the gzip data is truncated or damaged; get it again`, { cause: error });
    });
    if (done) return;
    progress(read / file.size);
    yield value;
  }
}

/** @param {Uint8Array} bytes @param {string} [otherwise] */
function encodingOf(bytes, otherwise) {
  const marked = [[0xff, 0xfe], [0xfe, 0xff]].findIndex(([one, two]) => bytes[0] === one && bytes[1] === two);
  if (marked >= 0) return UTF16[marked];
  if (!otherwise) return "utf-8";
  // the last character may continue in the next block
  return new TextDecoder().decode(bytes, { stream: true }).includes("\uFFFD") ? otherwise : "utf-8";
}
