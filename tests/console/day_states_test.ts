import { assertEquals } from "@std/assert";
import { dayStates, MARK, STATE, type StreamRanges } from "../../lib/console/state/day_states.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";

const NOTHING: StreamRanges = {
  coverage: [],
  empty: [],
  unsettled: [],
  gaps: [],
  failed: [],
  rejected: [],
};

const range = (from: string, to: string) => ({ from: parseCivil(from)!, to: parseCivil(to)! });

/** The states, or marks, of days from 1 January 2025 on. */
function first(days: number, values: Uint8Array): number[] {
  return [...values.subarray(0, days)];
}

Deno.test("dayStates() gives each day the worst of its parts", () => {
  const days = dayStates({
    coverage: [range("2025-01-01", "2025-01-05"), range("2025-01-05T06:00", "2025-01-06")],
    empty: [range("2025-01-02", "2025-01-03"), range("2025-01-03T12:00", "2025-01-04")],
    gaps: [range("2025-01-05", "2025-01-05T06:00")],
    failed: [range("2025-01-07", "2025-01-08")],
    unsettled: [range("2025-01-04T23:00", "2025-01-05")],
    rejected: [range("2025-01-01", "2025-01-02")],
  }, undefined)!;
  assertEquals([days.firstYear, days.years, days.states.length], [2025, 1, 365]);
  assertEquals(first(8, days.states), [
    STATE.level1,
    STATE.empty,
    STATE.level1, // Only the second half has no record.
    STATE.level1,
    STATE.missing, // A quarter is missing.
    STATE.outside,
    STATE.failed,
    STATE.outside,
  ]);
  assertEquals(first(5, days.marks), [MARK.rejected, 0, 0, MARK.unsettled, 0]);
});

Deno.test("dayStates() divides the days with records into quarters", () => {
  const firstDay = parseCivil("2025-01-01")! / 1440;
  const coverage = [range("2025-01-01", "2025-01-10")];
  const at = (counts: number[]) => {
    const records = Float64Array.from(counts);
    const days = dayStates({ ...NOTHING, coverage }, { firstDay, records, rows: records })!;
    return first(counts.length, days.states).map((state) => state - STATE.level1 + 1);
  };
  assertEquals(at([10, 20, 30, 40, 50, 60, 70, 80]), [1, 1, 2, 2, 3, 3, 4, 4]);
  assertEquals(at([7, 7, 7, 7]), [3, 3, 3, 3]);
  assertEquals(at([0, 5]), [1, 3]);
});

Deno.test("dayStates() does not show a day as empty if another for_each value had records", () => {
  const firstDay = parseCivil("2025-01-01")! / 1440;
  const whole = [range("2025-01-01", "2025-01-03")];
  const records = Float64Array.from([4, 0]);
  const days = dayStates(
    { ...NOTHING, coverage: whole, empty: whole },
    { firstDay, records, rows: records },
  )!;
  assertEquals(first(2, days.states), [STATE.level3, STATE.empty]);
});

Deno.test("dayStates() returns undefined for a stream without data", () => {
  assertEquals(dayStates(NOTHING, undefined), undefined);
});
