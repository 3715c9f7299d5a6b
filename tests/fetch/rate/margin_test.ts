import { assertAlmostEquals, assertEquals } from "@std/assert";
import { Margin } from "../../../lib/fetch/rate/margin.ts";
import { parseRate } from "../../../lib/plan/time/rate.ts";

Deno.test("Margin() starts below one per cent for any interval", () => {
  const first = (text: string) => new Margin(parseRate(text)).overIntervalMs;
  assertAlmostEquals(first("2/s"), 9.4);
  assertAlmostEquals(first("1/100ms"), 0.94);
  assertAlmostEquals(first("10/10s"), 94);
  assertAlmostEquals(first("100/min"), 121.4);
  assertAlmostEquals(first("5000/h"), 829.4);
});

Deno.test("refused() raises the margin once when several requests in flight had the same margin", () => {
  const margin = new Margin(parseRate("5/s"));
  for (let number = 0; number < 10; number++) margin.sent(202 * number, true);
  assertEquals(margin.refused(7, 2_000), true);
  const raisedMs = margin.overIntervalMs;
  margin.refused(8, 2_200);
  margin.refused(9, 2_400);
  assertEquals(margin.overIntervalMs, raisedMs);
});

Deno.test("refused() uses the spread of the round trips when a sliding log explains the refusals", () => {
  const margin = new Margin(parseRate("2/s"));
  const roundTrips = [[0, 430], [504, 905], [1_008, 1_430], [1_512, 1_925], [2_017, 2_420]];
  roundTrips.forEach(([sentAtMs]) => margin.sent(sentAtMs!, true));
  [0, 1, 2, 3].forEach((number) => margin.passed(number, roundTrips[number]![1]!));
  margin.refused(4, 2_420);
  assertEquals(margin.betweenMs, 0);
  assertAlmostEquals(margin.overIntervalMs, 29 * 1.5 * 1.02, 0.01);
});

Deno.test("refused() moves the margin to the spacing when only a bucket of one explains the refusals", () => {
  const margin = new Margin(parseRate("5/s"));
  const roundTrips = [[0, 430], [202, 605], [404, 830], [606, 1_009]];
  roundTrips.forEach(([sentAtMs]) => margin.sent(sentAtMs!, true));
  margin.passed(0, 430);
  margin.refused(1, 605);
  assertAlmostEquals(margin.betweenMs, 27 * 1.5 * 1.02, 0.01);
  assertAlmostEquals(margin.overIntervalMs, 9.4);
});

Deno.test("passed() halves the margin step by step when it was only a guess", () => {
  const margin = new Margin(parseRate("2/s"));
  let [number, nowMs] = [0, 0];
  const quiet = (requests: number) => {
    for (let count = 0; count < requests; count++, nowMs += 510) {
      margin.sent(nowMs, true);
      margin.passed(number++, nowMs + 100);
    }
  };
  quiet(4);
  margin.sent(nowMs, true);
  margin.refused(number++, nowMs + 100);
  assertAlmostEquals(margin.overIntervalMs, 18.8);
  quiet(100);
  assertAlmostEquals(margin.overIntervalMs, 18.8);
  quiet(10_000);
  assertAlmostEquals(margin.overIntervalMs, 9.4, 1);
});
