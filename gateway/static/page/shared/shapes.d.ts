/** What the page's modules hand to each other. */

import type { Extent } from "../../recording/extent.js";
import type { Annotations, Samples } from "../../recording/shapes.js";
import type { Beat } from "../beats/beat.js";
import type { Background } from "../opening/background.js";
import type { Annotation } from "../opening/labels.js";
import type { Classes } from "../beats/labels.js";
import type { Rhythm } from "../beats/rhythm.js";
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

/** A beat of a recording, which has a place there. */
export type RecordedBeat = Beat & { readonly [K in "peak" | "start" | "end" | "seconds" | "rr"]: number };

/** What can be chosen of a recording: a lead, or one less another. */
export interface Signal {
  name: string;
  places: number[];
}

/** A recording's file or files; the worker has them open. */
export interface Source {
  name: string;
  signals: Signal[];
  features: Features;
  background: Background;
  annotations: Annotations | null;
}

/** The lead that is looked at. */
export interface OpenRecording extends Pick<Samples, "samples" | "rate"> {
  source: Source;
  lead: Signal;
  inverted: boolean;
  unit: string;
  extent: Extent;
  annotations: Annotation[];
  /** Sample numbers of all R peaks, and the seconds since the one before each. */
  peaks: Int32Array;
  intervals: Float64Array;
  rhythm: Rhythm;
}
