import { FileError } from "../tables/errors.js";

/** What is wrong with a recording; `needsRate`: the samples per second are not in the file. */
export class RecordingError extends FileError {
  /** @param {string} message @param {{needsRate?: boolean}} [facts] */
  constructor(message, { needsRate = false } = {}) {
    super(message, { title: "The recording cannot be read", needsRate });
    this.name = "RecordingError";
  }
}
