/** Moving and zooming a drawing of time: by dragging, pinching, the wheel and keys. */

const SLACK = 4; // pixels that a click may move
const NOTCH = 100; // pixels that a wheel's notch scrolls
const PINCH = 1.5; // times the distance of two fingers, for one step

/**
 * @typedef {object} Moves what the drawing can do
 * @property {(pixels: number) => void} pan later, by so many pixels
 * @property {(steps: number, x: number) => void} zoom in by so many steps; what is at this place stays there
 * @property {Record<string, () => void>} keys
 */

/**
 * Let people move the drawing in `node`; what is a control in it keeps its own clicks and keys. A wheel alone scrolls the page.
 *
 * @param {HTMLElement} node
 * @param {Moves} moves
 */
export function gestures(node, moves) {
  node.addEventListener("wheel", wheel(node, moves), { passive: false });
  node.addEventListener("keydown", (event) => {
    const move = !event.ctrlKey && !event.metaKey && !event.altKey && event.target === node && moves.keys[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  });
  pointers(node, moves);
}

/**
 * @param {HTMLElement} node
 * @param {Moves} moves
 */
function wheel(node, { pan, zoom }) {
  let turned = 0;
  return (/** @type {WheelEvent} */ event) => {
    const isLevel = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!event.ctrlKey && !isLevel) return;
    event.preventDefault();
    if (!event.ctrlKey) return pan(event.deltaX || event.deltaY);
    turned = turned * event.deltaY < 0 ? event.deltaY : turned + event.deltaY;
    const steps = Math.trunc(turned / NOTCH);
    turned -= steps * NOTCH;
    if (steps) zoom(-steps, placeIn(node, event));
  };
}

/**
 * @param {HTMLElement} node
 * @param {Moves} moves
 */
function pointers(node, { pan, zoom }) {
  /** @type {Map<number, PointerEvent>} */
  const down = new Map();
  let start = { x: 0, apart: 0 };
  const apart = () => {
    const [one, other] = [...down.values()];
    return other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
  };
  const middle = () => [...down.values()].reduce((sum, event) => sum + placeIn(node, event), 0) / down.size;
  const begin = () => {
    start = { x: middle(), apart: apart() };
  };
  const end = (/** @type {PointerEvent} */ event) => {
    if (down.delete(event.pointerId)) begin();
  };
  node.addEventListener("pointerdown", (event) => {
    const isControl = event.target instanceof Element && event.target.closest("button, [role=slider]");
    if (isControl || event.button) return;
    down.set(event.pointerId, event);
    begin();
  });
  node.addEventListener("pointermove", (event) => {
    if (!down.has(event.pointerId)) return;
    down.set(event.pointerId, event);
    const x = middle();
    if (down.size > 1) {
      const times = apart() / start.apart;
      if (times > PINCH || times < 1 / PINCH) {
        zoom(times > 1 ? 1 : -1, x);
        begin();
      }
    }
    if (!node.hasPointerCapture(event.pointerId)) {
      if (Math.abs(x - start.x) < SLACK) return;
      node.setPointerCapture(event.pointerId); // so that the end of a drag is not a click on a beat
    }
    pan(start.x - x);
    start.x = x;
  });
  for (const kind of /** @type {const} */ (["pointerup", "pointercancel"])) node.addEventListener(kind, end);
}

/**
 * @param {HTMLElement} node
 * @param {MouseEvent} event
 */
function placeIn(node, event) {
  return event.clientX - node.getBoundingClientRect().left;
}
