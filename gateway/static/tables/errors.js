/** What is wrong with a file, in one sentence for the person who supplied it. */
export class FileError extends Error {
  /**
   * @param {string} message
   * @param {object} [facts] `title`: what did not work; `signals`: this may be a recording rather than a table of beats;
   *   `isTable`: though that is unlikely
   */
  constructor(message, facts = {}) {
    super(message);
    this.name = "FileError";
    Object.assign(this, facts);
  }
}
