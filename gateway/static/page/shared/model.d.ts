/** What the gateway says of a model. */

/** What a model takes. */
export interface Features {
  count: number;
  /** Null for a version that another program made. */
  names: string[] | null;
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

/** The metrics of a training; versions of other programs have fewer, or none. */
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
  by_group?: null | { of: number; calibration_error: Bounds; unusual: { min: number; median: number; max: number } };
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
  data?: Data | null;
  training?: Training | null;
}

/** Of each split. */
export type Splits = Record<"train" | "validation" | "test", number>;

/** The data of a training; versions of other programs have fewer fields. */
export interface Data {
  source?: string;
  note?: string | null;
  features?: number;
  rows?: Splits;
  classes?: Record<string, Splits>;
  groups?: Record<keyof Splits, number | null> | null;
  warnings?: { code: string; text: string }[];
}

export interface Training {
  created?: string;
  early_stop?: boolean;
}

/** A beat that came with the model; one of another program may have its values alone. */
export interface Example {
  features: number[];
  label?: number | null;
  predicted_class?: number;
  probability?: number;
}

/** What each value of a beat contributed to the score of its class. */
export interface Explanation {
  predicted_class: number;
  score: number;
  baseline_score: number;
  attributions: number[];
}
