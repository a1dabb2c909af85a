/** The page's side of its worker: asks it for something, and stops it where something else is wanted. */

import { Failure, unreachable } from "../gateway/failure.js";

/**
 * @import { Input, Message, Progress, Result, Task } from "./tasks.js"
 * @typedef {object} Asked what the worker was asked for
 * @property {(result: any) => void} resolve takes the result of that task
 * @property {(failure: unknown) => void} reject
 * @property {(progress: Progress) => void} progress
 */

/** A worker; `stop()` ends it at any time, and then no answer arrives any more. */
export class Background {
  constructor() {
    /** @type {Map<number|undefined, Asked>} */
    this.waiting = new Map(); // by the number of the question
    this.asked = 0;
    /** @type {Input<"recording">|null} the input by which the worker knows the open recording */
    this.recording = null;
    this.isReady = () => {};
    /** @type {Promise<void>} */
    this.ready = new Promise((resolve) => { this.isReady = resolve; }); // its program is there, or cannot be had
    /** @type {Worker|null} */
    this.worker = this.start(); // before it is needed: the gateway may be gone by then
  }

  /**
   * What the worker makes of `input`. Throw Failure.
   *
   * @template {Task} T
   * @param {T} task
   * @param {Input<T>} input
   * @param {(progress: Progress) => void} [progress] is called meanwhile
   * @returns {Promise<Result<T>>}
   */
  ask(task, input, progress = () => {}) {
    this.worker ??= this.start();
    const id = this.asked++;
    if (task === "recording") this.recording = /** @type {Input<"recording">} */ (input);
    this.worker.postMessage({ id, task, input });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, progress }));
  }

  stop() {
    this.worker?.terminate();
    this.waiting.clear();
  }

  /** Stop the task and start again with the same recording; the memory of the task is freed at once. */
  refresh() {
    const stopped = [...this.waiting.values()];
    this.stop();
    for (const { reject } of stopped) reject(new DOMException("stopped", "AbortError"));
    this.worker = this.start();
    if (this.recording) this.worker.postMessage({ id: this.asked++, task: "recording", input: this.recording });
  }

  start() {
    const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => this.received(data));
    worker.addEventListener("error", (event) => this.failed(event));
    return worker;
  }

  /** @param {Message} message */
  received({ id, progress, result, error }) {
    this.isReady();
    const asked = this.waiting.get(id);
    if (!asked) return;
    if (progress) return asked.progress(progress);
    this.waiting.delete(id);
    if (!error) asked.resolve(result);
    else asked.reject(error.unforeseen ? new Error(error.message) : new Failure(error.title, error.message, error));
  }

  /** @param {ErrorEvent} event */
  failed(event) {
    event.preventDefault();
    this.worker = null;
    this.isReady();
    // without a message the worker's program could not be fetched
    for (const { reject } of this.waiting.values()) reject(event.message ? new Error(event.message) : unreachable());
    this.waiting.clear();
  }
}
