/**
 * The annotations of a recording, annot(5) of WFDB: a file of words of 16 bits, each a kind and the time since the one
 * before. As data/recordings/annotations.py takes them from the package wfdb.
 */

const SYMBOLS = " NLRaVFJASEj/Q~ | sT*D\"=pB^t+u?![]en@xf()r"; // of the kinds 0 to 41
const BEATS = "NLRBejnAaJSVErF/fQ?"; // the symbols of beats
const [NOTE, SKIP, LEAST_OF_A_FIELD, TEXT] = [22, 59, 60, 63];
const OF_LEAD = /\.(i{1,3}|av[rlf]|v[1-6])$/i; // LUDB has a file for each lead
const ENDINGS = new RegExp(`\\.(atr|qrs|ann|ari|ecg)$|${OF_LEAD.source}`, "i");
const FIRST = /\.atr$/i;
export const LABEL_SECONDS = 0.15; // AAMI EC57's window between a beat and its annotation

/**
 * @typedef {{sample: number, symbol: string, text: string}} Annotation
 * @typedef {{name: string, lead: string | null, rate: number | null, all: Annotation[], beats: Annotation[]}} Annotations
 *   all of a file in the order of time, and those that are of a beat; `lead` is the ending of a file that annotates one lead,
 *   in small letters; `rate` is of their sample numbers, null for the lead's
 */

/**
 * Is this the symbol of a beat?
 * @param {string} symbol
 */
export function isBeat(symbol) {
  return BEATS.includes(symbol);
}

/**
 * Is this a file of annotations, by its name?
 * @param {{name: string}} file
 */
export function isAnnotations({ name }) {
  return ENDINGS.test(name);
}

/**
 * Read the annotations among a recording's files: `.atr`, else those of each lead, else one file.
 *
 * @param {File[]} files of annotations
 * @param {string} record the name of the recording's file
 * @param {number | undefined} rate of their sample numbers, if the file has none
 * @returns {Promise<{annotations: Annotations[], said: string[]}>}
 */
export async function annotationsOf(files, record, rate) {
  const stem = record.replace(/\.hea$/i, "").replace(/\.gz$/i, "");
  const stems = [stem, stem.replace(/\.\w+$/, "")];
  const own = files.filter(({ name }) => stems.includes(name.replace(ENDINGS, "")));
  const said = files.filter((file) => !own.includes(file)).map(({ name }) => `the annotations in ${name} are of another recording than ${record}, and are not read`);
  const taken = takenOf(own);
  said.push(...own.filter((file) => !taken.includes(file)).map(({ name }) => `the annotations are those of ${taken.map((file) => file.name).join(", ")}; ${name} is not read`));
  const annotations = [];
  for (const file of taken) {
    const read = parseAnnotations(new Uint8Array(await file.arrayBuffer()));
    if (read) annotations.push({ ...read, name: file.name, lead: OF_LEAD.exec(file.name)?.[1].toLowerCase() ?? null, rate: read.rate ?? rate ?? null });
    else said.push(`the file ${file.name} holds no WFDB annotations, or is cut short, and is not read`);
  }
  return { annotations, said };
}

/** @param {File[]} own of one recording */
function takenOf(own) {
  const first = own.find(({ name }) => FIRST.test(name));
  const ofLeads = own.filter(({ name }) => OF_LEAD.test(name));
  if (first) return [first];
  return ofLeads.length ? ofLeads : own.slice(0, 1);
}

/**
 * The annotations of a lead: those of its own file, else the first ones.
 *
 * @param {Annotations[]} annotations
 * @param {string} lead
 * @returns {Annotations | null}
 */
export function annotationsFor(annotations, lead) {
  return annotations.find((one) => one.lead === lead.toLowerCase()) ?? annotations[0] ?? null;
}

/**
 * @param {Uint8Array} bytes
 * @returns {{rate: number | null, all: Annotation[], beats: Annotation[]} | null} null if the file has no annotations
 */
export function parseAnnotations(bytes) {
  const entries = entriesOf(bytes);
  if (!entries) return null;
  const isAbout = (/** @type {{sample: number, kind: number}} */ entry) => entry.sample === 0 && entry.kind === NOTE; // the file, and no annotation
  const about = entries.filter(isAbout).map(({ text }) => text);
  const rate = Number(about.map((text) => /^## time resolution: ([\d.]+)/.exec(text)?.[1]).find(Boolean) ?? 0) || null;
  const named = new Map(about.map((text) => /^(\d+) (\S+)/.exec(text)).filter((match) => match !== null).map(([, kind, symbol]) => [Number(kind), symbol]));
  const annotations = entries.filter((entry) => entry.kind && !isAbout(entry));
  const all = annotations.map(({ sample, kind, text }) => ({ sample, symbol: named.get(kind) ?? SYMBOLS[kind], text }));
  if (all.some(({ symbol }) => symbol === undefined)) return null;
  all.sort((one, other) => one.sample - other.sample);
  const beats = new Map(all.filter(({ symbol }) => isBeat(symbol)).map((one) => [one.sample, one])); // the last of a sample
  return { rate, all, beats: [...beats.values()] };
}

/**
 * @param {Uint8Array} bytes
 * @returns {{sample: number, kind: number, text: string}[] | null} null where the word of zeros at the end is missing
 */
function entriesOf(bytes) {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length - (bytes.length % 2));
  const word = (/** @type {number} */ at) => words.getUint16(at, true);
  const entries = [];
  let sample = 0;
  for (let at = 0; at + 2 <= words.byteLength; at += 2) {
    const [kind, value] = [word(at) >> 10, word(at) & 0x3ff];
    if (!kind && !value) return entries;
    if (kind === SKIP && at + 6 <= words.byteLength) {
      sample += (word(at + 2) << 16) | word(at + 4);
      at += 4;
    } else if (kind === TEXT) {
      if (entries.length) entries[entries.length - 1].text = textOf(bytes.subarray(at + 2, at + 2 + (value & 0xff)));
      at += value & 0xff ? 2 * Math.ceil((value & 0xff) / 2) : 0;
    } else if (kind < LEAST_OF_A_FIELD) {
      sample += value;
      entries.push({ sample, kind, text: "" });
    }
  }
  return null;
}

/** @param {Uint8Array} bytes */
function textOf(bytes) {
  return new TextDecoder("latin1").decode(bytes).replace(/\0+$/, "");
}

/**
 * The annotation of each peak, or null: the nearest, no farther than `reach`; of several peaks about one, the nearest has it.
 *
 * @param {ArrayLike<number>} peaks
 * @param {ArrayLike<number>} places of the annotations, ascending
 * @param {number} reach
 * @returns {Int32Array} places among the annotations; -1 for none
 */
export function match(peaks, places, reach) {
  const found = new Int32Array(peaks.length).fill(-1);
  const owner = new Int32Array(places.length).fill(-1);
  const far = (/** @type {number} */ peak, /** @type {number} */ place) => Math.abs(peaks[peak] - places[place]);
  let next = 0; // the first annotation that is not before the peak
  for (let peak = 0; peak < peaks.length; peak++) {
    while (next < places.length && places[next] < peaks[peak]) next++;
    const near = [next - 1, next].filter((place) => place >= 0 && place < places.length);
    if (!near.length) continue;
    const place = near.length > 1 && far(peak, near[1]) < far(peak, near[0]) ? near[1] : near[0];
    const has = owner[place];
    if (far(peak, place) <= reach && (has < 0 || far(peak, place) <= far(has, place))) owner[place] = peak;
  }
  owner.forEach((peak, place) => {
    if (peak >= 0) found[peak] = place;
  });
  return found;
}
