/** What did not work, as a sentence for people. */

const PASSING = [429, 503, 504]; // and where nothing answers
/** @type {Record<number, string>} */
const TITLES = {
  401: "This gateway requires an API key",
  413: "The request is too large for this gateway",
  429: "Too many requests",
  503: "The model is not ready",
  504: "The model took too long",
};

/**
 * Something that did not work.
 *
 * @typedef {object} Facts
 * @property {number} [status] of the gateway's answer
 * @property {string} [requestId]
 * @property {boolean} [isPassing] trying again may help without anybody doing anything
 * @property {number} [seconds] that the gateway asks to wait before
 * @property {boolean} [needsRate] the file has no sampling rate
 * @property {boolean} [signals] the file may be a recording
 * @property {boolean} [isTable] though that is unlikely
 */
export class Failure extends Error {
  /**
   * @param {string} title for people, as the message
   * @param {string} message
   * @param {Facts} [facts]
   */
  constructor(title, message, facts = {}) {
    super(message);
    this.title = title;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.isPassing = facts.isPassing ?? false;
    this.seconds = facts.seconds ?? 0;
    this.needsRate = facts.needsRate ?? false;
    this.signals = facts.signals ?? false;
    this.isTable = facts.isTable ?? false;
  }
}

/** What is wrong where nothing answers. */
export function unreachable() {
  return new Failure("The gateway does not answer", "The gateway or the network may be down. Nothing was lost.", { isPassing: true });
}

/**
 * Is this what comes of work that was stopped?
 *
 * @param {unknown} error
 */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * What an answer of the gateway says that is not OK.
 *
 * @param {Response} response
 */
export async function failureOf(response) {
  /** @type {{message?: string, request_id?: string}} */
  const told = await response.json().then((content) => content.error ?? {}, () => ({}));
  const title = TITLES[response.status] ?? (response.status < 500 ? "The gateway rejected the request" : "The gateway failed");
  const message = told.message ?? `It answered with the status ${response.status} and gave no reason.`;
  return new Failure(title, message, {
    status: response.status, requestId: told.request_id, isPassing: PASSING.includes(response.status),
    seconds: Number(response.headers.get("Retry-After") ?? 0),
  });
}
