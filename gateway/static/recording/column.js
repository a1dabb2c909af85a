/** Numbers of which nobody knows how many will come. */
export class Column {
  constructor() {
    this.memory = new Float64Array(1024);
    this.length = 0;
  }

  add(value) {
    if (this.length === this.memory.length) {
      const longer = new Float64Array(2 * this.length);
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
