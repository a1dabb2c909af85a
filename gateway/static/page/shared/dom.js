/** Making elements without a framework: no markup is ever made of text, so no value can become markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Make an HTML element; `on…` are listeners, the other properties attributes (absent if null or false). */
export function element(tag, properties = {}, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

/** Make an SVG element, likewise. */
export function drawing(tag, properties = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), properties, children);
}

/** Put these children in the place of whatever a node holds. */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
  return node;
}

/** As fill; the focus stays on the control with the same `data-key`. */
export function refill(node, ...children) {
  const { key } = node.contains(document.activeElement) ? document.activeElement.dataset : {};
  fill(node, ...children);
  if (key) node.querySelector(`[data-key="${key}"]`)?.focus();
}

/** Choices of a select as [value, words]; where only the words change, a list that is open is left in peace. */
export function options(select, choices, chosen) {
  if (choices.length === select.options.length && choices.every(([value], i) => select.options[i].value === value)) {
    choices.forEach(([, words], i) => fill(select.options[i], words));
    select.value = chosen;
    return;
  }
  fill(select, choices.map(([value, words]) => element("option", { value, selected: value === chosen }, words)));
}

/** A function that tells whether its arguments are others than at its last call. */
export function watcher() {
  let last = null;
  return (...values) => {
    const changed = values.length !== last?.length || values.some((value, i) => value !== last[i]);
    last = values;
    return changed;
  };
}

/** The element of the page with this id. */
export function found(id) {
  return document.getElementById(id);
}

/** Text for a screen reader alone. */
export function unseen(text) {
  return element("span", { class: "unseen" }, text);
}

function furnish(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...present(children));
  return node;
}

function present(children) {
  return children.flat().filter((child) => child !== null && child !== undefined && child !== false);
}
