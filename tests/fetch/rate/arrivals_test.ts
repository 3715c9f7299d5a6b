import { assert, assertEquals } from "@std/assert";
import { Arrivals, type Departure } from "../../../lib/fetch/rate/arrivals.ts";

const departure: Departure = { sentAtMs: 0, tight: true, distance: "all", marginMs: 9 };

/** Responses at these times to requests sent at the others; a negative time is a refusal. */
function seen(
  requests: number,
  intervalMs: number,
  roundTrips: readonly (readonly [number, number])[],
) {
  const arrivals = new Arrivals(requests, intervalMs);
  roundTrips.forEach(([sentAtMs]) => arrivals.sent({ ...departure, sentAtMs }));
  roundTrips.forEach(([, atMs], number) =>
    arrivals.answered(number, Math.abs(atMs), atMs < 0 ? "refused" : "passed")
  );
  return arrivals;
}

Deno.test("spreadMs() widens the range of round trips when it has seen few of them", () => {
  assertEquals(seen(2, 1_000, []).spreadMs(), 0);
  assertEquals(seen(2, 1_000, [[0, 100]]).spreadMs(), 0);
  assertEquals(seen(2, 1_000, [[0, 100], [500, 620]]).spreadMs(), 30);
  const many = Array.from({ length: 50 }, (_, n) => [n * 500, n * 500 + 100 + n % 11] as const);
  assertEquals(Math.round(10 * seen(2, 1_000, many).spreadMs()), Math.round(100 * 51 / 49));
});

Deno.test("spreadMs() ignores an outlier when the other round trips agree", () => {
  const roundTrips = Array.from(
    { length: 40 },
    (_, n) => [n * 500, n * 500 + 100 + n % 5] as const,
  );
  const calm = seen(2, 1_000, roundTrips).spreadMs();
  const withHandshake = seen(2, 1_000, [...roundTrips, [20_000, 20_400]]).spreadMs();
  assert(Math.abs(calm - withHandshake) < 0.1);
});

Deno.test("explanation() finds a bucket of one when each refused request came too soon after another", () => {
  const arrivals = seen(5, 1_000, [[0, 430], [202, -610], [404, 830], [606, -1_009], [808, 1_232]]);
  assertEquals(arrivals.explanation()?.distance, "one");
});

Deno.test("explanation() finds a sliding log when refused requests came too soon after a whole interval", () => {
  const arrivals = seen(2, 1_000, [[0, 430], [504, 910], [1_008, -1_410], [1_512, 1_930]]);
  assertEquals(arrivals.explanation(), { distance: "all", spreadMs: arrivals.spreadMs() });
});

Deno.test("explanation() finds nothing when the round trips show that no request was early", () => {
  const arrivals = seen(2, 1_000, [[0, 100], [504, 604], [1_008, -1_208], [1_512, 1_612]]);
  assertEquals(arrivals.explanation(), undefined);
});

Deno.test("explanation() finds nothing when round trips vary because of the server's own work", () => {
  const arrivals = seen(2, 1_000, [[0, 400], [504, 920], [1_008, -1_110], [1_512, 1_640]]);
  assertEquals(arrivals.explanation(), undefined);
});

Deno.test("answered() returns undefined for a request that thousands followed", () => {
  const arrivals = new Arrivals(2, 1_000);
  for (let number = 0; number < 10_000; number++) arrivals.sent(departure);
  assertEquals(arrivals.answered(0, 1, "passed"), undefined);
  assert(arrivals.answered(9_999, 1, "refused") !== undefined);
});
