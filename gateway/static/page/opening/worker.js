/** Runs beside the page, which therefore never freezes: reads files, finds R peaks and cuts beats. */

import { extentOf } from "../../recording/extent.js";
import { LOWEST_RATE, choices, chooseLead, cutOf, RecordingError, findPeaks, nameOf, openRecording, readLead } from "../../recording/recording.js";
import { FileError } from "../../tables/errors.js";
import { intervalsOf, summaryOf } from "../beats/rhythm.js";
import { columnsOf } from "./columns.js";
import { readFile, readText } from "./reading.js";

let recording = null; // that is open, to be read again by another lead

/** Each task gives what is told to the page, and which of its memory goes over without being copied. */
const TASKS = {
  async table({ file, width, names }, progress) {
    return packed(await readFile(file, width, names, progress.of("Reading")));
  },
  async text({ text, width, names }) {
    return packed(await readText(text, width, names));
  },
  async recording({ files, rate }) {
    recording = await openRecording(files, rate ? { rate } : {});
    const chosen = chooseLead(recording);
    const signals = choices(recording).map((places) => ({ places, name: nameOf(recording, places) }));
    const place = signals.findIndex(({ places }) => String(places) === String(chosen));
    if (place < 0) await readLead(recording, chosen); // says what is wrong with it
    return [{ name: recording.name, chosen: place, signals, annotations: recording.annotations }, []];
  },
  async signal({ places }) {
    const { name, unit, rate, samples } = await readLead(recording, places);
    return [{ name, unit, rate, samples, extent: extentOf(samples, rate) }, [samples.buffer]];
  },
  async lead({ places, inverted, features }, progress) {
    const cut = cutOf(features);
    const lead = await readLead(recording, places, progress.of("Reading"));
    if (cut.scale === "mV") checkUnit(lead);
    const { rate, unit, samples, said } = lead;
    if (inverted) for (let index = 0; index < samples.length; index++) samples[index] = -samples[index];
    const peaks = findPeaks(samples, rate, progress.of("Finding R peaks"));
    const intervals = intervalsOf(samples, rate, peaks);
    const columns = columnsOf(lead, { peaks, intervals }, cut, progress.of("Cutting beats"));
    const result = {
      rate, unit, samples, extent: extentOf(samples, rate), peaks, intervals, rhythm: summaryOf(intervals), cut, columns,
      said: [...recording.said, ...said, ...notOffered(recording)],
    };
    const arrays = [samples, peaks, intervals, ...Object.values(columns)];
    return [result, arrays.map(({ buffer }) => buffer)];
  },
};

/** Values in mV need a voltage. */
function checkUnit({ name, unit }) {
  if (unit === "mV") return;
  const message = `${recording.name}: ${name} has ${unit ? `the unit ${unit}` : "no unit"}; beats in mV, as this model takes, need a lead in V, mV, µV or nV`;
  throw new RecordingError(message);
}

/** The channels that cannot be chosen, and why. */
function notOffered({ leads }) {
  const slow = leads.filter(({ rate, problem }) => !problem && rate < LOWEST_RATE).map(({ name }) => name);
  const said = leads.filter(({ problem }) => problem).map(({ name, problem }) => `the channel ${name} ${problem}`);
  return slow.length ? [...said, `too slow to show a heartbeat: ${slow.join(", ")}`] : said;
}

/** Beats as one block of numbers, which goes to the page at once. */
function packed({ beats, understood }) {
  const width = beats[0].features.length;
  const values = new Float64Array(beats.length * width);
  beats.forEach(({ features }, index) => values.set(features, index * width));
  return [{ values, width, labels: beats.map(({ label }) => label), understood }, [values.buffer]];
}

/** Tells the page how far a step is, at each hundredth of it. */
class Progress {
  constructor(tell) {
    this.tell = tell;
  }

  of(step) {
    let last = -1;
    return (share) => {
      const hundredths = Math.floor(100 * share);
      if (hundredths !== last) this.tell({ step, share: hundredths / 100 });
      last = hundredths;
    };
  }
}

postMessage({}); // says that it is there

let before = Promise.resolve(); // the tasks so far: a lead is read when its recording is open

addEventListener("message", ({ data }) => {
  before = before.then(() => work(data));
});

async function work({ id, task, input }) {
  try {
    const [result, transferred] = await TASKS[task](input, new Progress((progress) => postMessage({ id, progress })));
    postMessage({ id, result }, transferred);
  } catch (error) {
    postMessage({ id, error: known(error) });
  }
}

/** What a file's error says, or what nobody foresaw; an error itself would lose its facts on the way. */
function known(error) {
  if (!(error instanceof FileError)) return { unforeseen: true, message: error.message };
  return { ...error, title: error.title ?? "The file cannot be read", message: `${error.message}.`.replace(/\.\.$/, ".") };
}
