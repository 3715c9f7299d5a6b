import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { WindowLength } from "../../../lib/plan/time/duration.ts";
import { parseWindowLength } from "../../../lib/plan/time/duration.ts";
import {
  civilParts,
  formatDay,
  MINUTES_PER_DAY,
  parseCivil,
} from "../../../lib/plan/time/civil.ts";
import { cutWindows, minutesOf, windowEnd } from "../../../lib/plan/time/window.ts";

const length = (text: string): WindowLength => parseWindowLength(text)!;

const lengths: fc.Arbitrary<WindowLength> = fc.oneof(
  fc.record({ unit: fc.constant("minute" as const), count: fc.integer({ min: 60, max: 3000 }) }),
  fc.record({
    unit: fc.constantFrom("day" as const, "week" as const, "month" as const, "year" as const),
    count: fc.integer({ min: 1, max: 40 }),
  }),
);

const ranges = fc.record({
  from: fc.integer({ min: parseCivil("1890-01-01")!, max: parseCivil("2090-01-01")! }),
  minutes: fc.integer({ min: 1, max: 400 * MINUTES_PER_DAY }),
}).map(({ from, minutes }) => ({ from, to: from + minutes }));

function days(from: string, to: string, text: string): string[] {
  const range = { from: parseCivil(from)!, to: parseCivil(to)! };
  return [...cutWindows(range, length(text))].map((window) => formatDay(window.from));
}

Deno.test("cutWindows() covers a range exactly once with any length", () => {
  fc.assert(fc.property(ranges, lengths, (range, length) => {
    let at = range.from;
    for (const window of cutWindows(range, length)) {
      assertEquals(window.from, at);
      assert(window.to > window.from);
      at = window.to;
    }
    assertEquals(at, range.to);
  }));
});

Deno.test("windowEnd() is at a calendar boundary when the length is a calendar unit", () => {
  fc.assert(fc.property(ranges, lengths, ({ from }, length) => {
    const end = windowEnd(from, length);
    const { month, day, hour, minute } = civilParts(end);
    if (length.unit === "week") assertEquals(new Date(end * 60_000).getUTCDay(), 1);
    if (length.unit === "month" || length.unit === "year") assertEquals(day, 1);
    if (length.unit === "year") assertEquals(month, 1);
    if (["week", "month", "year"].includes(length.unit)) assertEquals([hour, minute], [0, 0]);
    else assertEquals(end - from, minutesOf(length));
  }));
});

Deno.test("cutWindows() starts weeks on Monday, months on the first, years on 1 January", () => {
  assertEquals(days("2025-01-01", "2025-01-20", "week"), [
    "2025-01-01",
    "2025-01-06",
    "2025-01-13",
  ]);
  assertEquals(days("2024-11-15", "2025-02-02", "month"), [
    "2024-11-15",
    "2024-12-01",
    "2025-01-01",
    "2025-02-01",
  ]);
  assertEquals(days("2022-06-30", "2025-01-02", "year"), [
    "2022-06-30",
    "2023-01-01",
    "2024-01-01",
    "2025-01-01",
  ]);
  assertEquals(days("2024-12-30", "2025-02-01", "2w"), ["2024-12-30", "2025-01-13", "2025-01-27"]);
});

Deno.test("cutWindows() counts days and hours from the start of the range", () => {
  assertEquals(days("2025-01-02", "2025-01-16", "7d"), ["2025-01-02", "2025-01-09"]);
  assertEquals(days("2025-01-02", "2025-01-03", "6h").length, 4);
  assertEquals(days("2025-01-02", "2025-01-02", "day"), []);
});
