/** @import { Gap } from "./shapes.js" */

const BLOCK = 2 ** 16;
const DONE = new Float32Array(0); // in the place of a block that was taken

/** Numbers of unknown count, in blocks, so that they are copied only once at the end. */
export class Column {
  length = 0;
  /** @type {Float32Array[]} */
  #blocks = [];

  /** @param {number} value */
  add(value) {
    const at = this.length % BLOCK;
    if (at === 0) this.#blocks.push(new Float32Array(BLOCK));
    this.#blocks[this.#blocks.length - 1][at] = value;
    this.length++;
  }

  /**
   * All numbers in one array, NaN where some are missing; the column is empty then.
   *
   * @param {Gap[]} gaps before which number how many are missing, in order
   * @returns {Float32Array<ArrayBuffer>}
   */
  taken(gaps = []) {
    const all = new Float32Array(gaps.reduce((sum, { samples }) => sum + samples, this.length));
    let [from, to] = [0, 0];
    for (const { row, samples } of [...gaps, { row: this.length, samples: 0 }]) {
      to = this.#copy(from, row, all, to);
      all.fill(NaN, to, (to += samples));
      from = row;
    }
    this.length = 0;
    this.#blocks = [];
    return all;
  }

  /** @param {number} from @param {number} end @param {Float32Array} all @param {number} to */
  #copy(from, end, all, to) {
    while (from < end) {
      const [block, at] = [Math.floor(from / BLOCK), from % BLOCK];
      const count = Math.min(BLOCK - at, end - from);
      all.set(this.#blocks[block].subarray(at, at + count), to);
      from += count;
      to += count;
      if (at + count === BLOCK) this.#blocks[block] = DONE;
    }
    return to;
  }
}
