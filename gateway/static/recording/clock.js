/** What a field says of a moment: a time of the day, a date, both, or a number of some unit; as data/recordings/text/times.py reads it. */

const DAY = 86400;
const CLOCK = /^(\d+):(\d{1,2})(?::(\d{1,2}(?:[.,]\d*)?))?$|^(\d+):(\d{1,2}[.,]\d+)$/; // h:m:s, or m:s with a fraction
const ISO = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d*)?)?)(?: ?(Z|[+-]\d{2}:?\d{2}))?)?$/i;
const DATE = /^(\d{1,2})[./](\d{1,2})[./](\d{4})(?:[T ]+(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d*)?)?))?$/;
const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2}(?:[.,]\d+)?)(Z|[+-]\d{2}:?\d{2})?$/i; // ISO without marks
const DATED = /^\d+[-/.]\d+[-/.]\d+$/;
const BRACKETS = /^\[\s*(\S+)\s+(\S+)\s*\]$/; // WFDB's time of the day and date
const DAYS = /^(\d+) days? (\d.*)$/i; // of pandas' timedelta
const THOUSANDTHS = /^(\d+:\d{1,2}:\d{1,2}):(\d{1,3})$/;
const HALVES = /^(.*\d)\s*([ap])\.?m\.?$/i; // of the day
const ARROW = /^(\S+)\s*->\s*(.*)$/;

/** The seconds of a text in one of these forms, or NaN. @param {string} field @returns {number} */
export function momentOf(field) {
  const [, time, date] = BRACKETS.exec(field) ?? [];
  if (time) return momentOf(`${date} ${time}`);
  const [, days, rest] = DAYS.exec(field) ?? [];
  if (days) return Number(days) * DAY + momentOf(rest);
  const [, hour, half] = HALVES.exec(field) ?? [];
  if (half) return halved(momentOf(hour), half);
  const [, whole, thousandths] = THOUSANDTHS.exec(field) ?? [];
  if (whole) return momentOf(`${whole}.${thousandths.padStart(3, "0")}`);
  const [, ...basic] = BASIC.exec(field) ?? [];
  if (basic.length) return momentOf(`${basic.slice(0, 3).join("-")}T${basic.slice(3, 6).join(":")}${basic[6] ?? ""}`);
  const iso = ISO.exec(field);
  if (iso) return dayOf(iso[1], iso[2], iso[3]) * DAY + (iso[4] ? momentOf(iso[4]) : 0) - zone(iso[5]);
  const dated = DATE.exec(field);
  if (dated) return dayOf(dated[3], dated[2], dated[1]) * DAY + (dated[4] ? momentOf(dated[4]) : 0);
  const clock = CLOCK.exec(field);
  if (!clock) return NaN;
  const [hours, minutes, seconds] = clock[4] ? [0, clock[4], clock[5]] : clock[3] === undefined ? [0, clock[1], clock[2]] : clock.slice(1, 4);
  return 3600 * Number(hours) + 60 * Number(minutes) + Number(String(seconds).replace(",", "."));
}

/** The form of a field: "date" alone, "clock" without a day, "moment" with both, or null. @param {string} field */
export function formOf(field) {
  if (BASIC.test(field)) return "moment";
  if (!field.includes(":") && !DATED.test(field)) return null; // as most are
  if (!/[-/[]|day|\d\.\d+\.\d/.test(field)) return Number.isNaN(momentOf(field)) ? null : "clock";
  if (Number.isNaN(momentOf(field))) return null;
  return field.includes(":") ? "moment" : "date";
}

/** Twelve hours are written twice a day. @param {number} moment @param {string} half */
function halved(moment, half) {
  const hour = Math.floor((((moment % DAY) + DAY) % DAY) / 3600);
  return moment + 3600 * ((hour === 12 ? -12 : 0) + (half.toLowerCase() === "p" ? 12 : 0));
}

/** A serial monitor writes `time -> value`. @param {string} line @param {string} delimiter */
export function withoutArrow(line, delimiter) {
  return line.includes("->") ? line.replace(ARROW, `$1${delimiter}$2`) : line;
}

/** @param {string} year @param {string} month @param {string} day */
function dayOf(year, month, day) {
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) / (1000 * DAY);
}

/** @param {string} [text] */
function zone(text) {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(text ?? "") ?? [];
  return sign ? Number(`${sign}1`) * (3600 * Number(hours) + 60 * Number(minutes)) : 0;
}
