// Compares values in PostgreSQL's text form, as far as their order is known without PostgreSQL. If it is not
// certain, the result is undefined and the database decides. Strings are ordered by code points, as under
// COLLATE "C".
import type { ColumnType } from "../../config/schema/table_schema.ts";

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^(\d{2}:\d{2})(:\d{2})?(\.\d{1,6})?$/;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d{1,6})?$/;
const ZONED = /^(.+?)(Z|([+-])(\d{2}):?(\d{2})?)$/i;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const INTEGER = /^[+-]?\d{1,19}$/;
const DECIMAL = /^[+-]?\d*\.?\d*$/;
/** Decimal digits that a JavaScript number always distinguishes. */
const EXACT_DIGITS = 15;

/** A value that has PostgreSQL's order and equality; undefined if that is not certain. */
export function comparable(type: ColumnType, text: string): string | number | bigint | undefined {
  switch (type) {
    case "text":
      return text;
    case "integer":
    case "bigint":
      return INTEGER.test(text) ? integer(text) : undefined;
    case "numeric":
    case "money":
    case "double":
      return decimal(text);
    case "boolean":
      return text === "true" || text === "t" ? 1 : text === "false" || text === "f" ? 0 : undefined;
    case "date":
      return DATE.test(text) ? text : undefined;
    case "time":
      return time(TIME.exec(text));
    case "timestamp":
      return timestamp(TIMESTAMP.exec(text));
    case "timestamptz":
      return instantUs(text);
    case "uuid":
      return UUID.test(text) ? text.toLowerCase() : undefined;
    default:
      return undefined;
  }
}

/** Negative, zero or positive as `a` is lower than, equal to or greater than `b`, nulls lowest; undefined if that is not certain. */
export function compareValues(
  type: ColumnType,
  a: string | null,
  b: string | null,
): number | undefined {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  const [left, right] = [comparable(type, a), comparable(type, b)];
  if (left === undefined || right === undefined) return undefined;
  if (typeof left === "string" && typeof right === "string") return compareCodePoints(left, right);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** JavaScript compares UTF-16 units, which puts characters outside the basic plane before U+E000. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return lifted(left) - lifted(right);
  }
  return a.length - b.length;
}

function lifted(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** A number where it is exact: numbers are compared and hashed ten times as fast as big integers. */
function integer(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number + 0 : BigInt(text.replace("+", ""));
}

function decimal(text: string): number | undefined {
  const digits = text.replace(/\D/g, "").replace(/^0+/, "");
  if (digits.length > EXACT_DIGITS || !DECIMAL.test(text) || !/\d/.test(text)) return undefined;
  return Number(text) + 0;
}

function time(match: RegExpExecArray | null): string | undefined {
  return match === null ? undefined : `${match[1]}${match[2] ?? ":00"}${fraction(match[3])}`;
}

function timestamp(match: RegExpExecArray | null): string | undefined {
  if (match === null) return undefined;
  return `${match[1]}T${match[2]}${match[3] ?? ":00"}${fraction(match[4])}`;
}

function fraction(text: string | undefined): string {
  return (text ?? ".").padEnd(7, "0");
}

/** Microseconds since 1970: an integer, exact for the years 1684 to 2255. */
function instantUs(text: string): number | undefined {
  const zoned = ZONED.exec(text);
  const local = zoned === null ? undefined : timestamp(TIMESTAMP.exec(zoned[1]!));
  if (zoned === null || local === undefined) return undefined;
  const ms = Date.parse(`${local.slice(0, 19)}Z`);
  const offset = (Number(zoned[4] ?? 0) * 60 + Number(zoned[5] ?? 0)) * (zoned[3] === "-" ? -1 : 1);
  const us = (ms - offset * 60_000) * 1000 + Number(local.slice(20));
  return Number.isSafeInteger(us) ? us : undefined;
}
