/** Runs beside the page, which therefore never freezes: reads files, finds R peaks and cuts beats. */

import { extentOf } from "../../recording/extent.js";
import { LOWEST_RATE, choices, chooseLead, cutOf, RecordingError, findPeaks, nameOf, openRecording, readLead } from "../../recording/recording.js";
import { FileError } from "../../tables/errors.js";
import { intervalsOf, summaryOf } from "../beats/rhythm.js";
import { columnsOf } from "./columns.js";
import { readFile, readText } from "./reading.js";

/**
 * @import { Cut, Recording, Samples } from "../../recording/shapes.js"
 * @import { Columns } from "../beats/beat.js"
 * @import { Input, Message, Problem, Progress as Done, Result, Rows, Task } from "./tasks.js"
 * @import { Read } from "./reading.js"
 */

/** @type {Recording|null} */
let recording = null; // that is open, to be read again by another lead

/**
 * Each task returns its result for the page, and the memory that is transferred without a copy.
 *
 * @type {{[T in Task]: (input: Input<T>, progress: Progress) => Promise<[Result<T>, Transferable[]]>}}
 */
const TASKS = {
  async table({ file, width, names }, progress) {
    return packed(await readFile(file, width, names, progress.of("Reading")));
  },
  async text({ text, width, names }) {
    return packed(await readText(text, width, names));
  },
  async recording({ files, rate }) {
    const opened = (recording = await openRecording(files, rate ? { rate } : {}));
    const chosen = chooseLead(opened);
    const signals = choices(opened).map((places) => ({ places, name: nameOf(opened, places) }));
    const place = signals.findIndex(({ places }) => String(places) === String(chosen));
    if (place < 0) await readLead(opened, chosen); // says what is wrong with it
    return [{ name: opened.name, chosen: place, signals, annotations: opened.annotations }, []];
  },
  async signal({ places }) {
    const { name, unit, rate, samples } = await readLead(current(), places);
    return [{ name, unit, rate, samples, extent: extentOf(samples, rate) }, [samples.buffer]];
  },
  async lead({ places, inverted, features }, progress) {
    const cut = cutOf(features);
    const open = current();
    const lead = await readLead(open, places, progress.of("Reading"));
    if (cut.scale === "mV") checkUnit(lead, open);
    const { rate, unit, samples, said } = lead;
    if (inverted) for (let index = 0; index < samples.length; index++) samples[index] = -samples[index];
    const peaks = findPeaks(samples, rate, progress.of("Finding R peaks"));
    const intervals = intervalsOf(samples, rate, peaks);
    const columns = columnsOf(lead, { peaks, intervals }, cut, progress.of("Cutting beats"));
    const result = {
      rate, unit, samples, extent: extentOf(samples, rate), peaks, intervals, rhythm: summaryOf(intervals), cut, columns,
      said: [...open.said, ...said, ...notOffered(open)],
    };
    const arrays = [samples, peaks, intervals, ...Object.values(columns)];
    return [result, arrays.map(({ buffer }) => buffer)];
  },
};

/** Leads are asked for after the recording only. */
function current() {
  if (!recording) throw new Error("No recording is open");
  return recording;
}

/**
 * Values in mV need a voltage.
 *
 * @param {{name: string, unit: string}} lead
 * @param {Recording} recording
 */
function checkUnit({ name, unit }, { name: file }) {
  if (unit === "mV") return;
  const message = `${file}: ${name} has ${unit ? `the unit ${unit}` : "no unit"}; this model's beats in mV need a lead in V, mV, µV or nV`;
  throw new RecordingError(message);
}

/** The channels that cannot be chosen, and why. @param {Recording} recording */
function notOffered({ leads }) {
  const slow = leads.filter(({ rate, problem }) => !problem && rate !== undefined && rate < LOWEST_RATE).map(({ name }) => name);
  const said = leads.filter(({ problem }) => problem).map(({ name, problem }) => `the channel ${name} ${problem}`);
  return slow.length ? [...said, `too slow to show a heartbeat: ${slow.join(", ")}`] : said;
}

/**
 * Beats as one block of numbers, which goes to the page at once.
 *
 * @param {Read} read
 * @returns {[Rows, Transferable[]]}
 */
function packed({ beats, understood }) {
  const width = beats[0].features.length;
  const values = new Float64Array(beats.length * width);
  beats.forEach(({ features }, index) => values.set(features, index * width));
  return [{ values, width, labels: beats.map(({ label }) => label), understood }, [values.buffer]];
}

/** Tells the page how far a step is, at each hundredth of it. */
class Progress {
  /** @param {(done: Done) => void} tell */
  constructor(tell) {
    this.tell = tell;
  }

  /** @param {string} step */
  of(step) {
    let last = -1;
    return (/** @type {number} */ share) => {
      const hundredths = Math.floor(100 * share);
      if (hundredths !== last) this.tell({ step, share: hundredths / 100 });
      last = hundredths;
    };
  }
}

tell({}); // says that it is there

let before = Promise.resolve(); // the tasks so far: a lead is read when its recording is open

addEventListener("message", ({ data }) => {
  before = before.then(() => work(data));
});

/**
 * @template {Task} T
 * @param {{id: number, task: T, input: Input<T>}} question
 */
async function work({ id, task, input }) {
  try {
    const [result, transferred] = await TASKS[task](input, new Progress((progress) => tell({ id, progress })));
    tell({ id, result }, transferred);
  } catch (error) {
    tell({ id, error: known(error) });
  }
}

/**
 * @param {Message} message
 * @param {Transferable[]} [transferred]
 */
function tell(message, transferred = []) {
  postMessage(message, transferred);
}

/**
 * The content of a file's error, or of an unexpected one; an error object would lose its fields in the message.
 *
 * @param {unknown} error
 * @returns {Problem}
 */
function known(error) {
  if (!(error instanceof FileError)) return { unforeseen: true, message: error instanceof Error ? error.message : String(error) };
  return { ...error, title: error.title ?? "The file cannot be read", message: `${error.message}.`.replace(/\.\.$/, ".") };
}
