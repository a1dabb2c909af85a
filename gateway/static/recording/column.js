/** Numbers of which nobody knows how many will come. */
export class Column {
  /** @param {typeof Float32Array | typeof Float64Array} kind */
  constructor(kind) {
    this.memory = new kind(1024);
    this.length = 0;
  }

  add(value) {
    if (this.length === this.memory.length) {
      const longer = new this.memory.constructor(2 * this.length);
      longer.set(this.memory);
      this.memory = longer;
    }
    this.memory[this.length++] = value;
  }

  get last() {
    return this.memory[this.length - 1];
  }

  get held() {
    return this.memory.subarray(0, this.length);
  }
}
