// Recognizes strings that are already in PostgreSQL's text form and need no cast: most are, and testing
// costs a tenth of casting. A string that is not recognized here takes the general cast, with the same
// result. row_code.ts writes these tests into the code it compiles.
import type { ColumnType } from "../../config/schema/job_schema.ts";
import type { CastOptions } from "./invalid.ts";

/** Which strings need no cast. */
export interface FastPath {
  /** The test that they must pass. */
  readonly test: "text" | "integer" | "decimal";
  /** Most characters that they may have. */
  readonly maxChars: number | undefined;
}

/** The strings of a type that need no cast; undefined for a type without a fast test. */
export function fastPathOf(type: ColumnType, options: CastOptions): FastPath | undefined {
  if (options.format !== undefined || options.scale !== undefined) return undefined;
  const maxChars = options.maxBytes === undefined ? undefined : Math.floor(options.maxBytes / 3);
  switch (type) {
    case "text":
      return { test: "text", maxChars };
    case "integer":
    case "bigint":
      return { test: "integer", maxChars };
    case "numeric":
    case "money":
      return { test: options.decimal === "." && !options.inKey ? "decimal" : "integer", maxChars };
    default:
      return undefined;
  }
}

/** Whether a string certainly has no whitespace around it. */
export function isBare(text: string): boolean {
  const last = text.length - 1;
  if (last < 0) return true;
  const start = text.charCodeAt(0);
  if (start <= 32 || start >= 127) return false;
  const end = text.charCodeAt(last);
  return end > 32 && end < 127;
}

/** Whether PostgreSQL can store a string: it contains neither NUL nor an unpaired surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** Whether a string is an integer from 0 to 999999999, as PostgreSQL itself would write it. */
export function isPlainInteger(text: string): boolean {
  const { length } = text;
  if (length === 0 || length > 9) return false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return length === 1 || text.charCodeAt(0) !== 48;
}

/** Most characters of a decimal that is recognized here; longer ones are rare. */
const MAX_DECIMAL_CHARS = 15;

/** Whether a string is a non-negative decimal with digits before the point and, if it has one, after it. */
export function isPlainDecimal(text: string): boolean {
  const { length } = text;
  if (length === 0 || length > MAX_DECIMAL_CHARS) return false;
  let point = length;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) continue;
    if (code !== 46 || point !== length || at === 0 || at === length - 1) return false;
    point = at;
  }
  return point === 1 || text.charCodeAt(0) !== 48;
}

/** Whether a string is a valid date, `YYYY-MM-DD`; the 29th to 31st take the general cast. */
export function isPlainDate(text: string): boolean {
  return text.length === 10 && beginsWithDate(text);
}

/** PostgreSQL's text of an instant written as `YYYY-MM-DDTHH:MM:SS.fZ`; undefined for others, and for the 29th to 31st. */
export function plainInstant(text: string): string | undefined {
  let end = text.length - 1;
  if (end < 19 || end > 26 || text.charCodeAt(end) !== 90 || !beginsWithDate(text)) {
    return undefined;
  }
  const mark = text.charCodeAt(10);
  if (mark !== 84 && mark !== 32 || !isClock(text)) return undefined;
  if (end === 19) return `${text.slice(0, 10)} ${text.slice(11, 19)}+00`;
  if (text.charCodeAt(19) !== 46 || end === 20) return undefined;
  for (let at = 20; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return undefined;
  }
  while (text.charCodeAt(end - 1) === 48) end--;
  return `${text.slice(0, 10)} ${text.slice(11, end === 20 ? 19 : end)}+00`;
}

/** Whether a time of day from 00:00:00 to 23:59:59 follows a date. */
function isClock(text: string): boolean {
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return false;
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
}

function beginsWithDate(text: string): boolean {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return false;
  const [century, year] = [twoDigits(text, 0), twoDigits(text, 2)];
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)];
  return century + year > 0 && century >= 0 && year >= 0 && month >= 1 && month <= 12 &&
    day >= 1 && day <= 28;
}

/** The number that two digits write; for other characters, one so low that every sum with it is negative. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - 48, text.charCodeAt(at + 1) - 48];
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -100;
}
