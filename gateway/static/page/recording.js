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
  const { RecordingError, chooseSignal, cutBeats, findPeaks, readRecording } = await import("../recording/recording.js");
  try {
    const { signals } = await readRecording(files, rate ? { rate } : {});
    const signal = chooseSignal(signals);
    const peaks = findPeaks(signal.samples, signal.rate);
    const cut = cutBeats(signal.samples, signal.rate, peaks, width);
    if (!cut.length) throw new Failure("No beat was found", "No two R peaks follow each other in this recording. Is it an ECG?");
    const beats = cut.map(({ peak, start, end, values }, place) => ({
      number: place + 1, features: values, label: null, peak, start, end, seconds: peak / signal.rate,
    }));
    const understood = `${counted(peaks.length, "R peak")} found in the lead ${signal.name}; ${counted(beats.length, "beat")} cut to ${width} values.`;
    return new Collection({ name: nameOf(files), beats, understood, recording: signal });
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    throw new Failure("The recording cannot be read", `${error.message}.`.replace(/\.\.$/, "."), { needsRate: error.needsRate });
  }
}

function nameOf(files) {
  return (files.find(({ name }) => /\.hea$/i.test(name)) ?? files[0]).name;
}
