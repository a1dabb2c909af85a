/** What the page asks its worker, and what that answers. */

import type { Extent } from "../../recording/extent.js";
import type { Annotations, Cut } from "../../recording/shapes.js";
import type { Columns } from "../beats/beat.js";
import type { Places } from "./columns.js";
import type { Rhythm } from "../beats/rhythm.js";
import type { Features } from "../shared/model.js";

/** How far a step is, from 0 to 1. */
export interface Progress {
  step: string;
  share: number;
}

/** What can be chosen of a recording: a lead, or one less another. */
export interface Signal {
  name: string;
  places: number[];
}

/** The beats of a table, value after value. */
export interface Rows extends Required<Pick<Columns, "values" | "width">> {
  labels: (string | null)[];
  understood: string;
}

/** A lead's samples, NaN in gaps. */
export interface Trace {
  unit: string;
  rate: number;
  samples: Float32Array<ArrayBuffer>;
  extent: Extent;
}

/** A lead that is cut into beats; `said` are sentences for people. */
export interface CutLead extends Trace {
  /** Sample numbers of all R peaks, and the seconds since the one before each. */
  peaks: Int32Array<ArrayBuffer>;
  intervals: Float64Array<ArrayBuffer>;
  rhythm: Rhythm;
  cut: Cut;
  columns: Places;
  said: string[];
}

/** Each task: what is given, and what comes of it. */
export interface Tasks {
  table: (input: { file: File; width: number; names: string[] | null }) => Rows;
  text: (input: { text: string; width: number; names: string[] | null }) => Rows;
  recording: (input: { files: File[]; rate: number | null }) => { name: string; chosen: number; signals: Signal[]; annotations: Annotations[] };
  signal: (input: { places: number[] }) => Trace & { name: string };
  lead: (input: { places: number[]; inverted: boolean; features: Features }) => CutLead;
}

export type Task = keyof Tasks;
export type Input<T extends Task> = Parameters<Tasks[T]>[0];
export type Result<T extends Task> = ReturnType<Tasks[T]>;

/** An unexpected error, or an error in a file. */
export type Problem =
  | { unforeseen: true; message: string }
  | { unforeseen?: false; title: string; message: string; needsRate?: boolean; signals?: boolean; isTable?: boolean };

/** What the worker sends; without an `id` as soon as it is there. */
export interface Message {
  id?: number;
  progress?: Progress;
  result?: Result<Task>;
  error?: Problem;
}
