/** The beats that came with the model. */

import { beatsOf } from "../beats/beat.js";
import { Collection } from "../beats/collection.js";
import { traceOf } from "../beats/features.js";
import { sparkline } from "../drawing/trace.js";
import { element, fill, found } from "../shared/dom.js";

/**
 * @import { Origin } from "../beats/link.js"
 * @import { Model } from "../shared/model.js"
 * @import { Facts } from "../shared/shapes.js"
 */

/**
 * A button for each of them.
 *
 * @param {Facts} facts
 * @param {(place: number) => void} open
 */
export function showExamples({ examples, marks, model }, open) {
  found("no-examples").hidden = examples.length > 0;
  fill(found("examples"), examples.map((example, place) => {
    const label = example.label ?? example.predicted_class;
    const words = label === undefined ? `Beat ${place + 1}` : marks.chip(label);
    return element("li", {}, element("button", { type: "button", onclick: () => open(place) }, sparkline(traceOf(example.features, model.features), 92, 30), words));
  }));
}

/**
 * All of them, of which one is selected.
 *
 * @param {Facts} facts
 * @param {number} place
 */
export function examplesOf({ examples, model }, place) {
  const values = Float64Array.from(examples.flatMap(({ features }) => features));
  const labels = examples.map(({ label }) => (label === undefined || label === null ? null : String(label)));
  const beats = beatsOf({ values, width: model.features.count }, labels);
  const collection = new Collection({ name: "examples", beats, understood: "Held-back beats that came with the model.", origin: originOf(model) });
  collection.selected = beats[place];
  return collection;
}

/**
 * @param {Model} model
 * @returns {Origin}
 */
export function originOf({ name, version }) {
  return { kind: "examples", name, mark: String(version) };
}
