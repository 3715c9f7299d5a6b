import { assertAlmostEquals, assertEquals } from "@std/assert";
import { makeUsage, RateMeter } from "../../../lib/fetch/rate/rate_meter.ts";

Deno.test("perSecond() is the pace when requests are evenly spaced", () => {
  const meter = new RateMeter();
  for (let count = 0; count < 50; count++) meter.mark(500 * count);
  assertAlmostEquals(meter.perSecond(49 * 500, 500), 2);
  assertEquals(meter.count, 50);
});

Deno.test("perSecond() covers the last minute when requests have stopped", () => {
  const meter = new RateMeter();
  for (let count = 0; count < 240; count++) meter.mark(500 * count);
  assertAlmostEquals(meter.perSecond(120_000, 500), 2, 0.02);
  assertAlmostEquals(meter.perSecond(150_000, 500), 1, 0.02);
  assertEquals(meter.perSecond(200_000, 500), 0);
});

Deno.test("perSecond() keeps a bounded number of requests at a high rate", () => {
  const meter = new RateMeter();
  for (let count = 0; count < 10_000; count++) meter.mark(count);
  assertAlmostEquals(meter.perSecond(9_999, 1), 1_000, 0.001);
});

Deno.test("makeUsage() has no share without a limit", () => {
  const figures = { requestsPerSecond: 3, pacedPerSecond: Infinity, refused: 0 };
  assertEquals(makeUsage({ ...figures, allowedPerSecond: Infinity }).share, undefined);
  assertEquals(makeUsage({ ...figures, allowedPerSecond: 4 }).share, 0.75);
});
