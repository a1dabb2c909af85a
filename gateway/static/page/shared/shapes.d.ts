/** What the page's modules hand to each other. */

import type { Extent } from "../../recording/extent.js";
import type { Annotations, Samples } from "../../recording/shapes.js";
import type { Beat } from "../beats/beat.js";
import type { Background } from "../opening/background.js";
import type { Annotation } from "../opening/labels.js";
import type { Classes } from "../beats/labels.js";
import type { Rhythm } from "../beats/rhythm.js";
import type { Marks } from "./marks.js";

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

/** What a model takes. */
export interface Features {
  count: number;
  names: string[];
}

/** Two bounds of an interval. */
export type Bounds = [number, number];

/** How good a model is for one class. */
export interface Scores {
  precision: number;
  recall: number;
  f1: number;
  rows: number;
}

export interface Calibration {
  temperature: number;
  error_before: number;
  error_after: number;
}

/** What a training measured; versions that another program made tell less, or nothing. */
export interface Metrics {
  accuracy?: number;
  macro_f1?: number;
  roc_auc?: number | null;
  rows?: number;
  class_labels?: number[];
  confusion_matrix?: number[][];
  classes?: Record<string, Scores>;
  calibration?: Calibration;
  unusual?: { threshold: number; share_of_validation: number; share_of_test: number };
  by_group?: { of: number; calibration_error: Bounds; unusual: { min: number; median: number; max: number } };
  intervals?: {
    of: number;
    over: string;
    accuracy?: Bounds;
    macro_f1?: Bounds;
    classes?: Record<string, Partial<Record<"precision" | "recall" | "f1", Bounds | null>>>;
  };
}

/** The answer of GET /model. */
export interface Model {
  name: string;
  version: number;
  features: Features;
  classes?: number[] | null;
  class_names?: Record<string, string> | null;
  signatures?: string[] | null;
  metrics?: Metrics | null;
  data?: { source?: string; note?: string | null; features?: number; rows?: { train: number; validation: number; test: number } } | null;
  training?: { created?: string; early_stop?: boolean } | null;
}

/** A beat that came with the model. */
export interface Example {
  features: number[];
  label?: number | null;
  predicted_class: number;
  probability: number;
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

/** What each value of a beat contributed to the score of its class. */
export interface Explanation {
  predicted_class: number;
  score: number;
  baseline_score: number;
  attributions: number[];
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
