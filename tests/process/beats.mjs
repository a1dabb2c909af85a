// What the page's modules make of a recording, as JSON: node beats.mjs LENGTH RATE|- FILE...; "damage" tries broken files.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import {
  RecordingError,
  chooseSignal,
  cutBeats,
  findPeaks,
  readRecording,
} from "../../gateway/static/recording/recording.js";

const [length, rate, ...paths] = process.argv.slice(2);
const contents = await Promise.all(paths.map((path) => readFile(path)));
const options = rate === "-" ? {} : { rate: Number(rate) };
const answer = length === "damage" ? await damaged() : await read(paths.map((path, index) => [path, contents[index]]));
process.stdout.write(JSON.stringify(answer));

async function read(files) {
  try {
    const { signals } = await readRecording(files.map(([path, bytes]) => new File([bytes], basename(path))), options);
    const chosen = chooseSignal(signals);
    const peaks = findPeaks(chosen.samples, chosen.rate);
    const beats = cutBeats(chosen.samples, chosen.rate, peaks, Number(length) || 20);
    return {
      signals: signals.map(({ name, rate, unit, samples }) => ({ name, rate, unit, length: samples.length })),
      chosen: chosen.name,
      samples: Array.from(chosen.samples.subarray(0, 1000)),
      peaks: Array.from(peaks),
      beats: beats.map(({ peak, values }) => ({ peak, values: Array.from(values) })),
    };
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    return { error: error.message, needsRate: error.needsRate };
  }
}

/** Break each file in many ways, the same ones each time; every way must end in signals or in a RecordingError. */
async function damaged() {
  let seed = 1;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const seen = { read: 0, refused: 0 };
  for (let round = 0; round < 400; round++) {
    const broken = contents.map((bytes) => {
      const copy = Uint8Array.from(bytes);
      for (let change = random(4); change >= 0; change--) copy[random(Math.min(copy.length, 1000))] = random(256);
      return random(3) ? copy : copy.subarray(0, random(copy.length));
    });
    const { error } = await read(paths.map((path, index) => [path, broken[index]]));
    seen[error === undefined ? "read" : "refused"]++;
  }
  return seen;
}
