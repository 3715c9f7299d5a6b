import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { MonthValue } from "../../lib/checkpoint/shard.ts";
import { decodeMonths, encodeMonth, monthsOf } from "../../lib/checkpoint/shard.ts";
import { Coverage } from "../../lib/plan/coverage.ts";
import { MINUTES_PER_DAY } from "../../lib/plan/civil.ts";
import { at, days } from "../plan/jobs.ts";

/** Values of all months that a coverage touches, as KV would give them back. */
function monthsIn(coverage: Coverage): MonthValue[] {
  const [first, last] = [coverage.ranges[0]!, coverage.ranges.at(-1)!];
  return monthsOf({ from: first.from, to: last.to })
    .map((month) => structuredClone(encodeMonth(coverage, month)));
}

Deno.test("monthsOf() are the months that hold a minute of the window", () => {
  const months = (from: string, to: string) => monthsOf(days(from, to)).map((month) => month % 12);
  assertEquals(months("2025-01-01", "2025-02-01"), [0]);
  assertEquals(months("2025-01-31", "2025-02-02"), [0, 1]);
  assertEquals(months("2024-12-31", "2025-01-02"), [11, 0]);
  assertEquals(monthsOf(days("1988-01-01", "2025-01-01")).length, 37 * 12);
});

Deno.test("decodeMonths() gives back the coverage that encodeMonth() was given", () => {
  const parts = fc.record({
    from: fc.integer({ min: at("1999-10-01"), max: at("2000-05-01") }),
    minutes: fc.integer({ min: 1, max: 90 * MINUTES_PER_DAY }),
    empty: fc.boolean(),
    settled: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(parts, { minLength: 1, maxLength: 20 }), (added) => {
    const coverage = new Coverage();
    for (const { from, minutes, ...state } of added) {
      coverage.add({ from, to: from + minutes }, state);
    }
    assertEquals(decodeMonths(monthsIn(coverage)).ranges, coverage.ranges);
  }));
});

Deno.test("encodeMonth() fits a value and loses nothing when the month is of many short windows", () => {
  for (const minutes of [1, 5, 15]) {
    const coverage = new Coverage();
    const [first, end] = [at("2025-01-01"), at("2025-02-10")];
    for (let from = first, i = 0; from + minutes <= end; from += minutes, i++) {
      const to = from + minutes;
      if (i % 7 !== 0) coverage.add({ from, to }, { empty: i % 2 === 0, settled: i % 3 === 0 });
    }
    const values = monthsIn(coverage);
    for (const value of values) {
      const bytes = "states" in value ? value.states.length : value.length / 3 * 12;
      assert(bytes < 40_000, `${bytes} bytes with windows of ${minutes} min`);
    }
    assertEquals(decodeMonths(values).ranges, coverage.ranges);
  }
});
