/** The API key: asked for where the gateway wants one, and kept for as long as the tab is open. */

import { fill, found } from "../shared/dom.js";

const NAME = "ecg-api-key";

/** `value` is the key, null before one was asked for. */
export class ApiKey {
  constructor() {
    this.value = stored();
    /** @type {Promise<string>|null} */
    this.asked = null;
  }

  /** Ask for a key, saying why; requests that want one at the same time share the question. @param {string} why */
  async ask(why) {
    this.asked ??= typed(why).finally(() => {
      this.asked = null;
    });
    this.value = await this.asked;
    store(this.value);
  }
}

/** @param {string} why @returns {Promise<string>} */
function typed(why) {
  const form = found("key");
  const text = found("key-text");
  fill(found("key-why"), why);
  form.hidden = false;
  text.focus();
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault();
      form.hidden = true;
      resolve(text.value.trim());
      text.value = "";
    };
  });
}

function stored() {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null; // storage is forbidden: the key lasts as long as the page
  }
}

/** @param {string} key */
function store(key) {
  try {
    sessionStorage.setItem(NAME, key);
  } catch {
    // as above
  }
}
