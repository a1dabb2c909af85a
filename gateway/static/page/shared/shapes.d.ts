/** What the page's modules hand to each other. */

import type { Annotations } from "../../recording/shapes.js";
import type { RecordedBeat } from "../beats/beat.js";
import type { Background } from "../opening/background.js";
import type { Annotation } from "../opening/labels.js";
import type { CutLead, Signal } from "../opening/tasks.js";
import type { Classes } from "../beats/labels.js";
import type { Marks } from "./marks.js";
import type { Example, Features, Model } from "./model.js";

/** The elements of index.html that are more than an HTMLElement, by their ids. */
export interface Elements {
  after: HTMLButtonElement;
  again: HTMLButtonElement;
  "beat-speed": HTMLSelectElement;
  before: HTMLButtonElement;
  calipers: HTMLButtonElement;
  done: HTMLProgressElement;
  explaining: HTMLInputElement;
  files: HTMLInputElement;
  gain: HTMLSelectElement;
  inverted: HTMLInputElement;
  key: HTMLFormElement;
  "key-text": HTMLInputElement;
  "label-choice": HTMLSelectElement;
  "label-text": HTMLInputElement;
  lead: HTMLSelectElement;
  moment: HTMLInputElement;
  "of-class": HTMLSelectElement;
  "page-after": HTMLButtonElement;
  "page-before": HTMLButtonElement;
  "page-first": HTMLButtonElement;
  "page-last": HTMLButtonElement;
  paste: HTMLFormElement;
  pin: HTMLButtonElement;
  print: HTMLButtonElement;
  rate: HTMLFormElement;
  "rate-number": HTMLInputElement;
  sample: HTMLInputElement;
  save: HTMLButtonElement;
  "save-corrected": HTMLButtonElement;
  shown: HTMLSelectElement;
  speed: HTMLSelectElement;
  taken: HTMLInputElement;
  text: HTMLTextAreaElement;
  undo: HTMLButtonElement;
  unpin: HTMLButtonElement;
  values: HTMLDetailsElement;
}

/** What is known of the served model. */
export interface Facts {
  model: Model;
  marks: Marks;
  /** The mean training beat. */
  baseline: number[] | null;
  examples: Example[];
  classes: Classes;
}

/** A recording's file or files; the worker has them open. */
export interface Source {
  name: string;
  signals: Signal[];
  features: Features;
  background: Background;
  annotations: Annotations[];
}

/** The selected lead. */
export interface OpenRecording extends Omit<CutLead, "cut" | "columns" | "said"> {
  source: Source;
  lead: Signal;
  inverted: boolean;
  annotations: Annotation[];
  /** Those that were cut from it. */
  beats: RecordedBeat[];
}
