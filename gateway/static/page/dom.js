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
