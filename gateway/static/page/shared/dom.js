/** Making elements without a framework: no markup is ever made of text, so no value can become markup. */

/** @import { Elements } from "./shapes.js" */

/**
 * What an element can hold; what is absent is left out.
 * @typedef {Node|string|number|null|undefined|false} Child
 * @typedef {Child|Child[]} Children
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an HTML element; `on…` are listeners, the other properties attributes (absent if null or false).
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Record<string, unknown>} properties @param {...Children} children
 */
export function element(tag, properties = {}, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

/**
 * Make an SVG element, likewise.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag @param {Record<string, unknown>} properties @param {...Children} children
 */
export function drawing(tag, properties = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), properties, children);
}

/** Replace the children of a node by these. @template {Element} E @param {E} node @param {...Children} children */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

/** As fill; the focus stays on the control with the same `data-key`. @param {Element} node @param {...Children} children */
export function refill(node, ...children) {
  const focused = document.activeElement;
  const key = (focused instanceof HTMLElement || focused instanceof SVGElement) && node.contains(focused) ? focused.dataset.key : undefined;
  fill(node, ...children);
  /** @type {HTMLElement|SVGElement|null} */
  const same = key ? node.querySelector(`[data-key="${key}"]`) : null;
  same?.focus();
}

/**
 * Choices of a select as [value, words]; where only the words change, a list that is open is left in peace.
 * @param {HTMLSelectElement} select @param {[string, string][]} choices @param {string} chosen
 */
export function options(select, choices, chosen) {
  if (choices.length === select.options.length && choices.every(([value], i) => select.options[i].value === value)) {
    choices.forEach(([, words], i) => fill(select.options[i], words));
    select.value = chosen;
    return;
  }
  fill(select, choices.map(([value, words]) => element("option", { value, selected: value === chosen }, words)));
}

/** A function that returns whether its arguments differ from its last call. */
export function watcher() {
  /** @type {unknown[]|null} */
  let last = null;
  return (/** @type {unknown[]} */ ...values) => {
    const before = last;
    last = values;
    return values.length !== before?.length || values.some((value, i) => value !== before[i]);
  };
}

/**
 * The element of the page with this id, which is there.
 * @template {string} I
 * @param {I} id
 * @returns {I extends keyof Elements ? Elements[I] : HTMLElement}
 */
export function found(id) {
  return /** @type {any} */ (document.getElementById(id)); // which element it is a test compares with index.html
}

/** Text for a screen reader alone. @param {string} text */
export function unseen(text) {
  return element("span", { class: "unseen" }, text);
}

/** @template {Element} E @param {E} node @param {Record<string, unknown>} properties @param {Children[]} children @returns {E} */
function furnish(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...present(children));
  return node;
}

/** @param {Children[]} children */
function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child)));
}
