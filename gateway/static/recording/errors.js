/** What is wrong with a recording, in one sentence for the person who supplied it. */
export class RecordingError extends Error {
  /**
   * @param {string} message
   * @param {{needsRate?: boolean}} [hints] needsRate: the samples per second are not in the file
   */
  constructor(message, { needsRate = false } = {}) {
    super(message);
    this.name = "RecordingError";
    this.needsRate = needsRate;
  }
}
