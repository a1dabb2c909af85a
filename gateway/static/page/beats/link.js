/** A link to a beat, as the fragment of an address: it names what to open and the beat, and has nothing of the content. */

import { count } from "../shared/words.js";

/** @import { Collection } from "./collection.js" */

const TOLD_APART = { file: "size", text: "length", examples: "version" }; // by which one of a name is known from another

/**
 * @typedef {object} Origin what beats were opened from
 * @property {"file" | "text" | "examples"} kind
 * @property {string} name of the file, or the model that examples came with
 * @property {string} mark bytes of the file, characters of the text, or the version of the model
 * @property {number | null} [rate] samples per second, if it was entered
 */

/**
 * @typedef {object} Link
 * @property {Origin} origin
 * @property {string | null} lead the name of a recording's lead
 * @property {boolean} inverted
 * @property {number} beat its number, from 1
 */

/**
 * @param {Link} link
 * @returns {string} with its #
 */
export function fragmentOf({ origin: { kind, name, mark, rate }, lead, inverted, beat }) {
  const told = { [kind]: name, [TOLD_APART[kind]]: mark, rate, lead, inverted: inverted ? "1" : null, beat };
  const known = Object.entries(told).filter(([, value]) => value !== null && value !== undefined);
  return `#${new URLSearchParams(known.map(([key, value]) => [key, String(value)]))}`;
}

/**
 * @param {string} fragment of an address: anybody may have written it
 * @returns {Link | null} null if it is not a link to a beat
 */
export function linkIn(fragment) {
  const told = new URLSearchParams(fragment.replace(/^#/, ""));
  const kind = /** @type {Origin["kind"] | undefined} */ (Object.keys(TOLD_APART).find((each) => told.has(each)));
  const beat = Number(told.get("beat"));
  if (!kind || !Number.isSafeInteger(beat) || beat < 1) return null;
  const rate = Number(told.get("rate")) || null;
  const origin = { kind, name: told.get(kind) ?? "", mark: told.get(TOLD_APART[kind]) ?? "", rate };
  return { origin, lead: told.get("lead"), inverted: told.get("inverted") === "1", beat };
}

/**
 * Are these the same file, text or examples, by name, mark and size?
 *
 * @param {Origin | null | undefined} one
 * @param {Origin | null | undefined} other
 * @returns {boolean}
 */
export function isSame(one, other) {
  return Boolean(one && other) && one?.kind === other?.kind && one?.name === other?.name && one?.mark === other?.mark;
}

/**
 * Select the beat that a link is to.
 *
 * @param {Link} link
 * @param {Collection} collection that was opened
 * @returns {string} what of the link is not here; empty where all is, or something else altogether was opened
 */
export function arrive({ origin, lead, beat }, collection) {
  const { beats, recording, origin: opened } = collection;
  if (!isSame(origin, opened)) return opened?.kind === "file" && opened.name === origin.name ? "The link was to a file of this name and another size." : "";
  if (recording && lead !== recording.lead.name) return `The link is to the lead ${lead}, which is not here.`;
  if (!beats[beat - 1]) return `The link is to beat ${count(beat)}, which is not here.`;
  collection.selected = beats[beat - 1];
  return "";
}
