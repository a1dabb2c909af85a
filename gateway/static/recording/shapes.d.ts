/** What the readers of recordings hand to each other, and what they hand out. */

/** Told how much is done, from 0 to 1. */
export type Progress = (share: number) => void;

/** A channel; its rate where that is known before its samples are, and why it cannot be read. */
export interface Lead {
  name: string;
  unit: string;
  rate?: number;
  problem?: string | null;
}

/** Of one channel, NaN in gaps; `said` are sentences for people about how it was read. */
export interface Samples {
  rate: number;
  samples: Float32Array<ArrayBuffer>;
  said: string[];
}

/** A file, or several, of which no samples are read yet. */
export interface Opened {
  leads: Lead[];
  said: string[];
  /** Is it text, whose rate may be wrong? */
  isTable?: boolean;
  /** The samples per second of a WFDB record's frames, by which its annotations count. */
  frameRate?: number;
  read: (place: number, progress: Progress) => Promise<Samples>;
}

/** An open recording; `units` are those of the files. */
export interface Recording extends Opened {
  name: string;
  units: string[];
  annotations: Annotations[];
}

/** What a file of annotations says at a sample; `symbol` as wfdb has it. */
export interface Annotation {
  sample: number;
  symbol: string;
  text: string;
}

/** A file of annotations; the lead that it is of, where it is of one; its rate if it or the recording has one. */
export interface Annotations {
  name: string;
  lead: string | null;
  rate: number | null;
  all: Annotation[];
  beats: Annotation[];
}

/** How a model's beats are cut. */
export interface Cut {
  /** Values of the trace. */
  length: number;
  /** First and last place in ms from the R peak, or null for one RR interval as in the UCR archive's rows. */
  window: number[] | null;
  scale: "deviation" | "mV";
  /** The names of what follows the trace. */
  beside: string[];
}

/** A beat; `peak` and `start` are sample numbers, `span` a number of samples; `start` and `span` are not whole. */
export interface CutBeat {
  peak: number;
  start: number;
  span: number;
  values: Float32Array;
}

/** Before which row how many samples are missing. */
export interface Gap {
  row: number;
  samples: number;
}

/** An even rate: its step, how far nearly all times are off, and where the grid begins if that is known. */
export interface Grid {
  step: number;
  spread: number;
  start: number | null;
  isAmbiguous: boolean;
}

export interface Row {
  number: number;
  fields: string[];
}

/** How the rows of a recording as text are written. */
export interface RowStyle {
  delimiter: string;
  decimal: string;
  arrow: boolean;
  width?: number;
}

/** What OpenSignals says of its columns: which of them are channels. */
export interface Columns {
  names: string[];
  channels: boolean[];
  rate: number | null;
}

/** The metadata above the samples. */
export interface Metadata {
  rate: number | null;
  unit: string;
  lead: string;
  columns: Columns | null;
}

/** The head of a recording as text. */
export interface Head extends RowStyle {
  width: number;
  names: string[];
  units: string[];
  isNamed: boolean;
  /** The columns that hold numbers or times, and those that do in nearly all rows. */
  isMeasured: boolean[];
  isFilled: boolean[];
  /** The first rows, and the line of the first of them. */
  sample: Row[];
  dataLine: number;
  metadata: Metadata;
  /** Samples per second, if a line has it. */
  rate: number | null;
  dropsDoubles?: boolean;
}

/** The column with the samples' times or numbers. */
export interface Clock {
  kind: "times" | "counter" | null;
  /** The columns that are not leads. */
  others: Set<number>;
  place: number;
  /** The time of a row, or the counter, after the one `before`. */
  seconds: (fields: string[], before?: number) => number;
  /** Of the last digit, in seconds. */
  quantum: number;
}

/** A signal of a WFDB record, as its header describes it. */
export interface WfdbSignal {
  name: string;
  file: string;
  format: string;
  perFrame: number;
  skew: number;
  skip: number;
  gain: number;
  baseline: number;
  initial: number;
  unit: string;
}

/** A WFDB header: of a record of several segments `segments`, else `signals`. */
export interface WfdbRecord {
  rate: number;
  /** Null if the header does not have their number. */
  frames: number | null;
  said: string[];
  signals: WfdbSignal[];
  segments: { name: string; frames: number }[];
}

/** A part of a WFDB record; one without a file has no samples. */
export type WfdbSegment =
  | { frames: number | null; file: File; record: WfdbRecord }
  | { frames: number; file?: undefined; record?: undefined };

/** A signal of an EDF or BDF file; its offset in samples from the start of a data record. */
export interface EdfSignal {
  name: string;
  transducer: string;
  unit: string;
  physicalMinimum: number;
  physicalMaximum: number;
  digitalMinimum: number;
  digitalMaximum: number;
  filter: string;
  perRecord: number;
  reserved: string;
  offset: number;
}

export interface EdfHeader {
  dataStart: number;
  bytesPerSample: number;
  isInterrupted: boolean;
  /** As declared, -1 if the writer did not come to its end. */
  records: number;
  /** Of one record. */
  seconds: number;
  /** Of all signals in one record. */
  recordSamples: number;
  signals: EdfSignal[];
}
