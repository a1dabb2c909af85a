/** From the files of a recording to a collection of beats. */

import { Failure } from "./client.js";
import { Collection } from "./collection.js";
import { counted } from "./words.js";

const ENDINGS = /\.(hea|dat|atr|edf|qrs)$/i;

/** Are these the files of a recording, by their names? */
export function areRecording(files) {
  return files.some(({ name }) => ENDINGS.test(name));
}

/**
 * Read a recording, find its R peaks and cut its beats to `width` values. Throw Failure; its `needsRate` is true where
 * the files do not tell how many samples a second has.
 */
export async function openRecording(files, width, rate) {
  const { RecordingError, chooseSignal, readRecording } = await modules();
  try {
    const { signals } = await readRecording(files, rate ? { rate } : {});
    return await cut({ name: nameOf(files), signals, width }, chooseSignal(signals), false);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    throw new Failure("The recording cannot be read", `${error.message}.`.replace(/\.\.$/, "."), { needsRate: error.needsRate });
  }
}

/** Cut the beats of a recording's lead, `inverted` or as it is: a model knows the side up that it was trained on. */
export async function cut(source, lead, inverted) {
  const { cutBeats, findPeaks } = await modules();
  const samples = inverted ? lead.samples.map((value) => -value) : lead.samples;
  const peaks = findPeaks(samples, lead.rate);
  const beats = cutBeats(samples, lead.rate, peaks, source.width).map(({ peak, start, end, values }, place) => ({
    number: place + 1, features: values, label: null, peak, start, end, seconds: peak / lead.rate,
  }));
  const which = `the lead ${lead.name}${inverted ? ", upside down" : ""}`;
  if (!beats.length) throw new Failure("No beat was found", `No two R peaks follow each other in ${which}. Is it an ECG?`);
  const understood = `${counted(peaks.length, "R peak")} found in ${which}; ${counted(beats.length, "beat")} cut to ${source.width} values.`;
  return new Collection({ name: source.name, beats, understood, recording: { source, lead, inverted, samples, rate: lead.rate } });
}

function modules() {
  return import("../recording/recording.js");
}

function nameOf(files) {
  return (files.find(({ name }) => /\.hea$/i.test(name)) ?? files[0]).name;
}
