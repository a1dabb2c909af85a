/** @typedef {{title?: string, signals?: boolean, isTable?: boolean, needsRate?: boolean, cause?: unknown}} Facts */

/** An error in a file, in one sentence for the person who supplied it. */
export class FileError extends Error {
  /**
   * @param {string} message
   * @param {Facts} [facts] `title`: what did not work; `signals`: this may be a recording rather than a table of beats;
   *   `isTable`: though that is unlikely; `needsRate`: the samples per second are not in the file
   */
  constructor(message, { title, signals, isTable, needsRate, cause } = {}) {
    super(message, { cause });
    this.name = "FileError";
    this.title = title;
    this.signals = signals;
    this.isTable = isTable;
    this.needsRate = needsRate;
  }
}
