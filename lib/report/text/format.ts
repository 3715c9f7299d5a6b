// Formats numbers, times and ranges, so that all commands display them alike. Pure; it knows
// neither output streams nor colors.
import { formatCivil, formatDay, MINUTES_PER_DAY, parseCivil } from "../../plan/time/civil.ts";
import type { Window } from "../../plan/time/window.ts";
import type { Subject } from "./subject.ts";

/** An integer with separators: `3,702`. Not by Intl, which takes 10 ms to load. */
export function formatNumber(value: number): string {
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A count with its noun: `1 page`, `3,702 rows`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${Math.round(count) === 1 ? one : many}`;
}

/** A duration: `0.8 s`, `14 s`, `12 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * A range as its first and last day; with times, the end exclusive, where it is not made of whole days.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseCivil } from "../../plan/time/civil.ts";
 *
 * const day = parseCivil("2025-10-13")!;
 * assertEquals(formatWindow({ from: day, to: day + 1_440 }), "2025-10-13");
 * assertEquals(formatWindow({ from: day, to: day + 2_880 }), "2025-10-13 .. 2025-10-14");
 * assertEquals(formatWindow({ from: day + 360, to: day + 720 }), "2025-10-13T06:00 .. 2025-10-13T12:00");
 * ```
 */
export function formatWindow(window: Window): string {
  const { from, to } = window;
  if (from % MINUTES_PER_DAY !== 0 || to % MINUTES_PER_DAY !== 0) {
    return `${formatCivil(from)} .. ${formatCivil(to)}`;
  }
  const [first, last] = [formatDay(from), formatDay(to - 1)];
  return first === last ? first : `${first} .. ${last}`;
}

/** The subject of an event without its stream: dates, `for_each` values, or `all`. */
export function formatSubject(subject: Subject): string {
  const { from, to, each } = subject;
  const [start, end] = [parseCivil(from ?? ""), parseCivil(to ?? "")];
  const dates = start === undefined || end === undefined
    ? ""
    : formatWindow({ from: start, to: end });
  return [each, dates].filter((part) => part !== "").join(" ") || "all";
}

/** A rate such as `2/s` or `30/min`, in the unit that suits `like`. */
export function formatRate(requestsPerSecond: number, like = requestsPerSecond): string {
  const [value, unit] = like >= 0.5
    ? [requestsPerSecond, "s"]
    : like >= 0.5 / 60
    ? [requestsPerSecond * 60, "min"]
    : [requestsPerSecond * 3600, "h"];
  return `${Number(value.toPrecision(3))}/${unit}`;
}

/** Control characters, line ends, and marks that change the text direction. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** Foreign text as a single line without control characters, safe for terminals and logs. */
export function oneLine(text: string): string {
  return text.replace(UNPRINTABLE, " ");
}

const NUMBER = /^(-|~?-?[\d,]+(\.\d+)?)?$/;

/** Rows of cells as aligned columns, two spaces apart; columns of numbers are right-aligned. */
export function formatTable(rows: readonly (readonly string[])[], indent = ""): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  }
  const isNumber = widths.map((_, i) => rows.slice(1).every((row) => NUMBER.test(row[i] ?? "")));
  return rows.map((row) =>
    indent +
    row.map((cell, i) => isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)).join(
      "  ",
    ).trimEnd()
  );
}
