/** What the label of a beat says of its answer. */

import { plainLabel } from "../beats/labels.js";
import { element, unseen } from "../shared/dom.js";

/** @import { Beat } from "../beats/beat.js" */
/** @import { Labels } from "../beats/labels.js" */

/**
 * A sentence; it is left open where the label cannot be compared with the model's classes.
 *
 * @param {Beat} beat with its answer
 * @param {Labels} labels
 */
export function agreementOf(beat, labels) {
  if (beat.label === null) return null;
  const label = labels.worded(beat.label);
  const agrees = labels.agrees(beat);
  if (agrees === null) return element("p", {}, `Its label is ${label}, which cannot be compared with the model's classes.`);
  const same = labels.isGrouped(plainLabel(beat.label)) ? `✓ Its label ${label} means the same class.` : `✓ Its label is ${label} too.`;
  const text = agrees ? same : `≠ Its label is ${label}: the model disagrees.`;
  return element("p", { class: agrees ? "agrees" : "disagrees" }, unseen("Label: "), text);
}
