/** Files that people choose or drop, with the browser's handles of them where it gives any. */

import { found } from "../shared/dom.js";
import { canPick, handlesOf, pick } from "./handles.js";

/**
 * @import { Handle } from "./handles.js"
 * @typedef {Handle[] | Promise<Handle[]>} Handles
 */

/**
 * @param {(files: File[], handles: Handles) => void} read
 * @param {(failure: unknown) => void} wrong
 */
export function listenForFiles(read, wrong) {
  const input = /** @type {HTMLInputElement} */ (found("files"));
  input.addEventListener("change", () => {
    read([...input.files ?? []], []);
    input.value = ""; // so that the same file can be chosen again
  });
  input.addEventListener("click", (event) => {
    if (!canPick()) return;
    event.preventDefault(); // the browser's other dialog gives handles, too
    choose(read).catch(wrong);
  });
  listenForDrops(read);
}

/** @param {(files: File[], handles: Handle[]) => void} read */
async function choose(read) {
  const handles = await pick();
  read(await Promise.all(handles.map((handle) => handle.getFile())), handles);
}

/** @param {(files: File[], handles: Handles) => void} read */
function listenForDrops(read) {
  const zone = found("drop");
  const over = (/** @type {boolean} */ is) => (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // a file that misses the zone must not replace the page
    zone.classList.toggle("over", is);
  };
  document.addEventListener("dragover", over(true));
  document.addEventListener("dragleave", over(false));
  document.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer?.files.length) read([...event.dataTransfer.files], handlesOf(event.dataTransfer));
  });
}
