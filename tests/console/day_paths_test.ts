import { assertEquals } from "@std/assert";
import { dayAt, dayPaths } from "../../lib/console/page/day_paths.ts";
import { type DayStates, dayStates, STATE } from "../../lib/console/state/day_states.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";

const day = (date: string) => parseCivil(date)! / 1440;

/** The days of these years with one state, changed by `change`. */
function states(firstYear: number, years: number, change: (states: Uint8Array) => void): DayStates {
  const range = {
    from: parseCivil(`${firstYear}-01-01`)!,
    to: parseCivil(`${firstYear + years}-01-01`)!,
  };
  const none = { empty: [], unsettled: [], gaps: [], failed: [], rejected: [] };
  const all = dayStates({ ...none, coverage: [range] }, undefined)!;
  change(all.states);
  return all;
}

Deno.test("dayPaths() draws adjacent days of one state as one stroke, a row for each year", () => {
  const days = states(2023, 2, (all) => {
    all[0] = STATE.failed;
    all[2] = STATE.failed;
    all[365] = STATE.failed;
  });
  const paths = Object.fromEntries(dayPaths(days, 100).map(({ name, d }) => [name, d]));
  assertEquals(paths, {
    // 2023 has no 29 February: its column stays empty. 2024 has one.
    level1: "M1 0h1m1 0h56m1 0h306M1 1h365",
    failed: "M0 0h1m1 0h1M0 1h1",
  });
});

Deno.test("dayAt() finds the day of a column, and none for 29 February of a common year", () => {
  assertEquals(dayAt(2023, 0, 58), day("2023-02-28"));
  assertEquals(dayAt(2023, 0, 59), undefined);
  assertEquals(dayAt(2023, 0, 60), day("2023-03-01"));
  assertEquals(dayAt(2023, 1, 59), day("2024-02-29"));
  assertEquals(dayAt(2023, 1, 365), day("2024-12-31"));
});

Deno.test("dayPaths() averages levels over weeks where days do not fit, and keeps failed days exact", () => {
  const days = states(2024, 1, (all) => {
    for (let at = 0; at < all.length; at++) all[at] = at % 2 === 0 ? STATE.level1 : STATE.level3;
    all[100] = STATE.failed;
  });
  const exact = dayPaths(days, 1000);
  assertEquals(exact.map(({ name }) => name), ["level1", "level3", "failed"]);
  const coarse = Object.fromEntries(dayPaths(days, 50).map(({ name, d }) => [name, d]));
  assertEquals(coarse, { level2: "M0 0h100m1 0h265", failed: "M100 0h1" });
});
