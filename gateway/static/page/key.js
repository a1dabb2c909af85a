/** The form that asks for an API key, where the gateway wants one. */

import { fill, found } from "./dom.js";

let asked = null;

/** Ask for a key, saying why; requests that want one at the same time share the question. */
export function wantKey(why) {
  asked ??= ask(why).finally(() => {
    asked = null;
  });
  return asked;
}

function ask(why) {
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
