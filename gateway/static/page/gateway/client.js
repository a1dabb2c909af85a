/** The gateway as the page sees it: every request is made here, and every failure becomes a sentence for people. */

import { Answers } from "../beats/answer.js";

const TRIES = 2; // beyond that the page says that it tries again
const BUSY = [429, 503];
const PASSING = [...BUSY, 504]; // and where nothing answers
const FLOAT32 = "application/octet-stream";
// While a candidate is tried, all of a file is answered by one version.
const CLIENT = `page-${Math.random().toString(36).slice(2)}`;

/**
 * Something that did not work.
 *
 * @typedef {object} Facts
 * @property {number} [status] of the gateway's answer
 * @property {string} [requestId]
 * @property {boolean} [isPassing] trying again may help without anybody doing anything
 * @property {number} [seconds] that the gateway asks to wait before
 * @property {boolean} [needsRate] the file does not tell how many samples a second has
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
  return new Failure("The gateway does not answer", "It may be down, or the network is. Nothing was lost.", { isPassing: true });
}

/**
 * Asks the gateway, with `key.value` as the API key; `key.ask(message)` where the gateway wants another one.
 * `versionSeen(version)` is told which model version answered.
 */
export class Client {
  constructor(key, versionSeen) {
    this.key = key;
    this.versionSeen = versionSeen;
    this.lacks = new Set(); // what the served version was found not to have
  }

  /** What the served model says of itself. */
  async model() {
    const { content } = await this.ask("model");
    const signatures = content.signatures;
    this.lacks = new Set(signatures ? ["details", "explain"].filter((name) => !signatures.includes(name)) : []);
    return content;
  }

  /** The beats that came with the model, and its training mean if it tells. */
  async examples() {
    try {
      return (await this.ask("examples")).content;
    } catch (failure) {
      if (failure.status === 404 || failure.status === 501) return { examples: [], baseline: null };
      throw failure;
    }
  }

  /**
   * One answer a beat.
   *
   * @param {import("../beats/beat.js").Beat[]} beats
   * @param {AbortSignal} [signal]
   * @returns {Promise<import("../beats/answer.js").Answer[]>}
   */
  async predict(beats, signal) {
    const query = this.lacks.has("details") ? "probabilities=true" : "details=true";
    try {
      const { content, version } = await this.ask(`predict?${query}`, { body: float32Of(beats), signal });
      return new Answers(content.predictions, version).all;
    } catch (failure) {
      if (failure.status !== 501 || this.lacks.has("details")) throw failure;
      this.lacks.add("details");
      return this.predict(beats, signal);
    }
  }

  /** What each value of a beat contributed, or null where the model cannot tell. */
  async explain(beat, signal) {
    if (this.lacks.has("explain")) return null;
    try {
      const { content } = await this.ask("explain", { body: float32Of([beat]), signal });
      return content.explanations[0];
    } catch (failure) {
      if (failure.status !== 501 && failure.status !== 404) throw failure;
      this.lacks.add("explain");
      return null;
    }
  }

  /** Send a request, again after a while if the gateway is busy; throw Failure. */
  async ask(path, { body, signal } = {}) {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.send(path, body, signal);
      if (response.ok) return this.read(response);
      const failure = await failureOf(response);
      if (response.status === 401) {
        await this.key.ask(failure.message);
      } else if (body && BUSY.includes(response.status) && attempt < TRIES) {
        await pause(Number(response.headers.get("Retry-After") ?? 1) * attempt, signal);
      } else {
        throw failure;
      }
    }
  }

  async send(path, body, signal) {
    const headers = { Accept: "application/json", "X-Client-ID": CLIENT };
    if (this.key.value) headers["X-API-Key"] = this.key.value;
    if (body) headers["Content-Type"] = FLOAT32;
    try {
      return await fetch(path, { method: body ? "POST" : "GET", headers, body, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw unreachable();
    }
  }

  async read(response) {
    const version = response.headers.get("X-Model-Version");
    if (version) this.versionSeen(version);
    const content = await response.json().catch((error) => {
      throw error.name === "AbortError" ? error : unreachable(); // amid the answer
    });
    return { content, version };
  }
}

/**
 * The values of beats, one after the other; little-endian as the gateway takes them, as all machines of browsers are.
 *
 * @param {import("../beats/beat.js").Beat[]} beats
 * @returns {Float32Array}
 */
function float32Of(beats) {
  const { width } = beats[0].columns;
  const values = new Float32Array(beats.length * width);
  beats.forEach(({ features }, place) => values.set(features, place * width));
  return values;
}

const TITLES = {
  401: "This gateway wants an API key",
  413: "That is too much for this gateway",
  429: "Too many requests",
  503: "The model is not ready",
  504: "The model took too long",
};

async function failureOf(response) {
  const told = await response.json().then((content) => content.error ?? {}, () => ({}));
  const title = TITLES[response.status] ?? (response.status < 500 ? "The gateway did not take that" : "The gateway failed");
  const message = told.message ?? `It answered with the status ${response.status} and gave no reason.`;
  return new Failure(title, message, {
    status: response.status, requestId: told.request_id, isPassing: PASSING.includes(response.status),
    seconds: Number(response.headers.get("Retry-After") ?? 0),
  });
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(seconds, 10) * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
