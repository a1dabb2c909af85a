/** One line's fields, what a field can hold, and which delimiter and decimal sign a text has. */

export const DELIMITERS = ["\t", ";", ",", "|", " "];
const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const THOUSANDS = /^[-+]?\d{1,3}([., '\u2019])\d{3}(\1\d{3})*([.,]\d+)?$/;
const SEPARATOR_LINE = /^"?sep=(.)"?\s*$/i; // which Excel takes the delimiter from

/** The delimiter in such a line, else null. @param {string} line */
export function declaredDelimiter(line) {
  return SEPARATOR_LINE.exec(line)?.[1] ?? null;
}

/** The fields of a line, without the blanks about them. @param {string} line @param {string} delimiter */
export function split(line, delimiter) {
  if (delimiter === " ") return line.trim().split(/\s+/).map((field) => field.replace(/^"(.*)"$/, "$1"));
  const fields = line.includes('"') ? splitQuoted(line, delimiter) : line.split(delimiter);
  for (let place = 0; place < fields.length; place++) fields[place] = fields[place].trim();
  return fields;
}

/** @param {string} line @param {string} delimiter */
function splitQuoted(line, delimiter) {
  const fields = [];
  let [field, isQuoted] = ["", false];
  for (let at = 0; at < line.length; at++) {
    const sign = line[at];
    if (isQuoted && sign === '"' && line[at + 1] === '"') field += line[at++];
    else if (sign === '"' && (isQuoted || !field.trim())) isQuoted = !isQuoted;
    else if (sign === delimiter && !isQuoted) {
      fields.push(field);
      field = "";
    } else field += sign;
  }
  return [...fields, field];
}

/** The number of a field, or NaN if it holds none. @param {string} text @param {string} [decimal] */
export function toNumber(text, decimal = ".") {
  const plain = decimal === "." ? text : text.includes(".") ? "" : text.replace(",", ".");
  const number = NUMBER.test(plain) ? Number(plain) : NaN;
  return Number.isFinite(number) ? number : NaN;
}

/** Is this text a finite number? @param {string} text @param {string} [decimal] */
export function isNumber(text, decimal = ".") {
  return !Number.isNaN(toNumber(text.trim(), decimal));
}

/** Is this text an integer that a number holds exactly? @param {string} text @param {string} [decimal] */
export function isInteger(text, decimal = ".") {
  return Number.isSafeInteger(toNumber(text, decimal));
}

/** What to do about a text that would be a number without a separator of thousands, else nothing. @param {string} text */
export function withoutThousands(text) {
  return THOUSANDS.test(text) ? ", without a separator of thousands" : "";
}

/** The fields that are numbers, less a little for each that is text. @param {string[]} fields @param {(field: string) => boolean} counts */
function scoreOf(fields, counts) {
  return fields.reduce((sum, field) => sum + (field === "" ? 0 : counts(field) ? 1 : -0.1), 0);
}

/**
 * The delimiter and decimal sign by which most fields of these lines are numbers; of two that do as well the first.
 *
 * @param {string[]} lines
 * @param {string|null} declared the delimiter, if the text has it
 * @param {(field: string, decimal: string) => boolean} counts what is as good as a number
 */
export function notation(lines, declared = null, counts = isNumber) {
  const isBlank = !declared && !["\t", ";", "|"].some((each) => lines.every((line) => line.includes(each))); // else it stands within a time or a number
  const isQuoted = lines.some((line) => line.includes('"')); // then a comma may be both
  let best = { delimiter: declared ?? ",", decimal: ".", score: 0 };
  for (const decimal of [".", ","]) {
    for (const delimiter of declared ? [declared] : DELIMITERS) {
      if ((delimiter === decimal && !isQuoted) || (!isBlank && " ,".includes(delimiter))) continue;
      const score = lines.reduce((sum, line) => sum + scoreOf(split(line, delimiter), (field) => counts(field, decimal)), 0);
      if (score > best.score) best = { delimiter, decimal, score };
    }
  }
  return best;
}
