/** What the label of a beat says of its answer. */

import { plainLabel } from "../beats/labels.js";
import { element, unseen } from "../shared/dom.js";

/**
 * A sentence; it is left open where the label cannot be compared with the model's classes.
 *
 * @param {string|null} label of the file
 * @param {boolean|null} agrees as Labels.agrees has it
 * @param {string} predicted class label
 */
export function agreementOf(label, agrees, predicted) {
  if (label === null) return null;
  if (agrees === null) return element("p", {}, `Its label is ${label}, which cannot be compared with the model's classes.`);
  const same = plainLabel(label) === predicted ? `✓ Its label is ${label} too.` : `✓ Its label ${label} means the same class.`;
  const text = agrees ? same : `≠ Its label is ${label}: the model disagrees.`;
  return element("p", { class: agrees ? "agrees" : "disagrees" }, unseen("Label: "), text);
}
