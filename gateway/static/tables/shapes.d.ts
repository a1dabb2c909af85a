/** What the readers of tables hand to each other. */

/** A line and its number in the file, from 1. */
export interface Line {
  number: number;
  line: string;
}

/** Some lines that follow each other, and the number of the first. */
export interface Block {
  first: number;
  lines: string[];
}

/** What a column holds, by its name and its first fields. */
export interface Column {
  kind: "value" | "text" | "name" | "index" | "identifier" | "attribute" | "place" | "nameless";
  /** Do all fields hold integers, and which part of them? */
  isWhole: boolean;
  wholes: number;
  isLabel: boolean;
  isText: boolean;
  /** The first field that is not a number, "" without one. */
  text: string;
}

/** How the lines of a table are to be split; only .ts and .arff files have the last four. */
export interface Notation {
  delimiter: string;
  decimal: string;
  isTrailing: boolean;
  isDeclared?: boolean;
  end?: string;
  label?: number | null;
  isNumeric?: boolean[] | null;
}

/** How a table is laid out; `rows` are those among the lines that were read. */
export interface Layout extends Notation {
  header: string[] | null;
  attributes?: string[] | null;
  columns: Column[];
  rows: Line[];
  classes: string[] | null;
  headerLine?: number;
}

/** The places of a beat's values, of the label, and of the columns that are left out. */
export interface Choice {
  places: number[];
  label: number | null;
  leftOut: number[];
  isReordered: boolean;
}

export interface TableBeat {
  number: number;
  features: Float64Array;
  label: string | null;
}

/** A table that was read; `leftOut` are the rows that could not be read, and why. */
export interface Table {
  beats: TableBeat[];
  layout: Layout;
  choice: Choice;
  leftOut: string[];
}

/** An empty file. */
export interface NoTable {
  beats: TableBeat[];
  layout: null;
  leftOut: string[];
}
