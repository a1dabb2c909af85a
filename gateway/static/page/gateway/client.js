/** The gateway as the page sees it: every request is made here, and every failure becomes a sentence for people. */

import { Answers } from "../beats/answer.js";
import { Failure, failureOf, isAbort, unreachable } from "./failure.js";

/**
 * @import { Answer, Prediction } from "../beats/answer.js"
 * @import { Beat } from "../beats/beat.js"
 * @import { Example, Explanation, Model } from "../shared/model.js"
 */

const TRIES = 2; // beyond that the page says that it tries again
const BUSY = [429, 503];
const FLOAT32 = "application/octet-stream";
// While a candidate is tried, all of a file is answered by one version.
const CLIENT = `page-${Math.random().toString(36).slice(2)}`;

/** Asks the gateway. */
export class Client {
  /**
   * @param {{value: string|null, ask: (message: string) => Promise<void>}} key `value` is the API key; `ask` gets another one
   *   where the gateway wants it
   * @param {(version: string) => void} versionSeen gets the model version that answered
   */
  constructor(key, versionSeen) {
    this.key = key;
    this.versionSeen = versionSeen;
    /** @type {Set<string>} */
    this.lacks = new Set(); // what the served version was found not to have
  }

  /** What the served model says of itself. */
  async model() {
    /** @type {{content: Model}} */
    const { content } = await this.ask("model");
    const signatures = content.signatures;
    this.lacks = new Set(signatures ? ["details", "explain"].filter((name) => !signatures.includes(name)) : []);
    return content;
  }

  /**
   * The model's recorded beats, and its training mean if it has one.
   *
   * @returns {Promise<{examples: Example[], baseline: number[]|null}>}
   */
  async examples() {
    try {
      return (await this.ask("examples")).content;
    } catch (failure) {
      if (isLacking(failure)) return { examples: [], baseline: null };
      throw failure;
    }
  }

  /**
   * One answer a beat.
   *
   * @param {Beat[]} beats
   * @param {AbortSignal} [signal]
   * @returns {Promise<Answer[]>}
   */
  async predict(beats, signal) {
    const query = this.lacks.has("details") ? "probabilities=true" : "details=true";
    try {
      /** @type {{content: {predictions: Prediction[]}, version: string|null}} */
      const { content, version } = await this.ask(`predict?${query}`, { body: float32Of(beats), signal });
      return new Answers(content.predictions, version).all;
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.status !== 501 || this.lacks.has("details")) throw failure;
      this.lacks.add("details");
      return this.predict(beats, signal);
    }
  }

  /**
   * The contribution of each value of a beat, or null if the model has no explanations.
   *
   * @param {Beat} beat
   * @param {AbortSignal} signal
   * @returns {Promise<Explanation|null>}
   */
  async explain(beat, signal) {
    if (this.lacks.has("explain")) return null;
    try {
      const { content } = await this.ask("explain", { body: float32Of([beat]), signal });
      return content.explanations[0];
    } catch (failure) {
      if (!isLacking(failure)) throw failure;
      this.lacks.add("explain");
      return null;
    }
  }

  /**
   * Send a request, again after a while if the gateway is busy; throw Failure.
   *
   * @param {string} path
   * @param {{body?: Float32Array<ArrayBuffer>, signal?: AbortSignal}} [request]
   */
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

  /**
   * @param {string} path
   * @param {Float32Array<ArrayBuffer>} [body]
   * @param {AbortSignal} [signal]
   */
  async send(path, body, signal) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", "X-Client-ID": CLIENT };
    if (this.key.value) headers["X-API-Key"] = this.key.value;
    if (body) headers["Content-Type"] = FLOAT32;
    try {
      return await fetch(path, { method: body ? "POST" : "GET", headers, body, signal });
    } catch (error) {
      if (isAbort(error)) throw error;
      throw unreachable();
    }
  }

  /** @param {Response} response */
  async read(response) {
    const version = response.headers.get("X-Model-Version");
    if (version) this.versionSeen(version);
    const content = await response.json().catch((error) => {
      throw isAbort(error) ? error : unreachable(); // amid the answer
    });
    return { content, version };
  }
}

/**
 * The values of beats, one after the other; little-endian as the gateway takes them, as all machines of browsers are.
 *
 * @param {Beat[]} beats
 * @returns {Float32Array<ArrayBuffer>}
 */
function float32Of(beats) {
  const { width } = beats[0].columns;
  const values = new Float32Array(beats.length * width);
  beats.forEach(({ features }, place) => values.set(features, place * width));
  return values;
}

/**
 * Does the served model not have what was asked for?
 *
 * @param {unknown} failure
 */
function isLacking(failure) {
  return failure instanceof Failure && (failure.status === 404 || failure.status === 501);
}

/**
 * @param {number} seconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(seconds, 10) * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
