/** Current errors, each until it is over; temporary ones are retried automatically. */

import { Failure } from "../gateway/failure.js";
import { Recovery } from "../gateway/recovery.js";
import { element, fill, found } from "../shared/dom.js";
import { counted } from "../shared/words.js";

/**
 * @typedef {object} Problem
 * @property {Failure} failure
 * @property {(() => void)|null} again what tries it again, where that may help
 */

export class Trouble {
  constructor() {
    /** @type {Map<string, Problem>} by what it is about */
    this.problems = new Map();
    this.said = ""; // what is on the page, which is not to be read out twice
    this.recovery = new Recovery(() => this.retry(), (seconds) => this.count(seconds));
    found("again").addEventListener("click", () => this.recovery.now());
  }

  /**
   * Say what went wrong.
   *
   * @param {string} about what does not work: the same word takes it back
   * @param {unknown} error
   * @param {(() => void)|null} [again]
   */
  say(about, error, again = null) {
    if (!(error instanceof Failure)) console.error(error);
    const failure = error instanceof Failure ? error : new Failure("An unexpected error occurred on this page", error instanceof Error ? error.message : String(error));
    const { status = 0 } = failure;
    const isUseful = again && !(status >= 400 && status < 500 && status !== 429);
    this.problems.set(about, { failure, again: isUseful ? again : null });
    if (isUseful && failure.isPassing) this.recovery.later(failure.seconds);
    else this.recovery.failed();
    this.show();
  }

  /**
   * These work again, or are not wanted any more.
   *
   * @param {...string} about
   */
  over(...about) {
    const gone = about.filter((each) => this.problems.delete(each));
    if (!gone.length) return;
    if (![...this.problems.values()].some(({ again }) => again)) this.recovery.stop();
    this.show();
  }

  /** Retry everything that may be retried; messages stay until it works. */
  retry() {
    for (const { again } of [...this.problems.values()]) again?.();
  }

  show() {
    const problems = [...this.problems.values()];
    const failures = problems.map(({ failure }) => failure);
    // several of them may have one cause
    const kinds = failures.filter((one, place) => failures.findIndex((other) => other.title === one.title && other.message === one.message) === place);
    found("again").hidden = !problems.some(({ again }) => again);
    found("problem").hidden = !kinds.length;
    const said = kinds.map(({ title, message }) => `${title}: ${message}`).join("\n");
    if (said === this.said) return;
    this.said = said;
    fill(found("problem-text"), kinds.map(described));
    found("problem").scrollIntoView({ block: "nearest" });
  }

  /** @param {number|null} seconds until the next try, which runs at 0; null if only the user can retry */
  count(seconds) {
    found("again").disabled = seconds === 0;
    fill(found("again"), seconds ? "Try again now" : "Try again");
    fill(found("again-text"), seconds ? `Trying again in ${counted(seconds, "second")}.` : seconds === 0 ? "Trying again …" : "");
  }
}

/** @param {Failure} failure */
function described({ title, message, requestId }) {
  const request = requestId && element("p", { class: "small" }, `Request ${requestId}`);
  return element("div", {}, element("strong", {}, title), element("p", {}, message), request);
}
