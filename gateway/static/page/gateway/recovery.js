/** Retries automatically after growing pauses, while the page is visible. */

const FIRST = 1; // seconds
const LONGEST = 30;

export class Recovery {
  /**
   * @param {() => void} again
   * @param {(seconds: number|null) => void} told each second the time until the next try, 0 during it, null
   *   where none comes
   */
  constructor(again, told) {
    this.again = again;
    this.told = told;
    this.pause = 0; // seconds, the last one
    this.left = 0; // seconds until the next try
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this.timer = undefined;
    addEventListener("online", () => this.timer && this.now());
    document.addEventListener("visibilitychange", () => this.tick(0));
  }

  /**
   * Try again after a pause that is longer than the last one, and as long as the gateway asked for.
   *
   * @param {number} [least] seconds
   */
  later(least = 0) {
    if (this.timer) return; // for another reason
    this.left = this.pause = Math.min(Math.max(FIRST, 2 * this.pause, least), LONGEST);
    this.timer = setInterval(() => this.tick(1), 1000);
    this.told(this.left);
  }

  now() {
    this.end();
    this.told(0);
    this.again();
  }

  /** A try failed in a way that trying alone does not mend. */
  failed() {
    if (!this.timer) this.told(null);
  }

  /** It works again, or nothing is to be tried any more. */
  stop() {
    this.end();
    this.pause = 0;
    this.told(null);
  }

  end() {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** @param {number} seconds that have passed */
  tick(seconds) {
    if (!this.timer) return;
    this.left = Math.max(0, this.left - seconds);
    if (this.left) this.told(this.left);
    else if (document.visibilityState === "visible") this.now();
  }
}
