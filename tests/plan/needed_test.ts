import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import { Coverage, union } from "../../lib/plan/coverage.ts";
import { neededOf, rangeOf, settledParts, startedPart } from "../../lib/plan/needed.ts";
import type { Stream } from "../../lib/config/schema/job_schema.ts";
import type { Window } from "../../lib/plan/time/window.ts";
import { at, days, jobOf } from "./jobs.ts";

const DAY_MS = 86_400_000;
const RANGE = days("2025-01-01", "2025-02-01");

Deno.test("neededOf() returns the whole range for a refresh", () => {
  const coverage = new Coverage();
  coverage.add(RANGE, { empty: false, settled: true });
  assertEquals(neededOf(RANGE, false, coverage, []), { fetch: [RANGE], skip: [] });
});

Deno.test("neededOf() returns gaps and dates that may still change when it resumes, and failures separately", () => {
  const coverage = new Coverage();
  coverage.add(days("2025-01-01", "2025-01-10"), { empty: false, settled: true });
  coverage.add(days("2025-01-10", "2025-01-12"), { empty: true, settled: false });
  coverage.add(days("2025-01-20", "2025-03-01"), { empty: true, settled: true });
  const retry = [days("2025-01-03", "2025-01-04"), days("2025-01-31", "2025-02-20")];
  assertEquals(neededOf(RANGE, true, coverage, retry), {
    fetch: [days("2025-01-10", "2025-01-20")],
    retry: [days("2025-01-03", "2025-01-04"), days("2025-01-31", "2025-02-01")],
    skip: [
      days("2025-01-01", "2025-01-03"),
      days("2025-01-04", "2025-01-10"),
      days("2025-01-20", "2025-01-31"),
    ],
  });
});

Deno.test("neededOf() splits a range completely into dates to fetch and dates to skip", () => {
  const window = fc.tuple(fc.nat(100), fc.nat(100)).map(([a, b]) => ({
    from: Math.min(a, b),
    to: Math.max(a, b),
  }));
  fc.assert(fc.property(
    fc.array(fc.record({ window, settled: fc.boolean() })),
    fc.array(window),
    fc.boolean(),
    (done, retry, resume) => {
      const coverage = new Coverage();
      for (const { window, settled } of done) coverage.add(window, { empty: false, settled });
      const range = { from: 10, to: 90 };
      const needed = neededOf(range, resume, coverage, retry);
      const parts = [...needed.fetch, ...needed.skip, ...needed.retry ?? []] as Window[];
      assertEquals(union(parts), [range]);
      const minutes = parts.reduce((sum, part) => sum + part.to - part.from, 0);
      assertEquals(minutes, 80);
    },
  ));
});

Deno.test("rangeOf() begins at the first date for which the stream has data", () => {
  const job = jobOf({
    from_2023: { window: "day", start: "2023-01-23" },
    all: { window: "day" },
    list: {},
  });
  const range = days("2015-01-01", "2025-01-01");
  assertEquals(rangeOf(job.streams.from_2023!, range), days("2023-01-23", "2025-01-01"));
  assertEquals(rangeOf(job.streams.all!, range), range);
  assertEquals(rangeOf(job.streams.from_2023!, days("2015-01-01", "2015-02-01")), undefined);
  assertEquals(rangeOf(job.streams.list!, range), undefined);
});

Deno.test("settledParts() settles a day when it has been over for the settle age", () => {
  const window = days("2025-01-01", "2025-01-11");
  const noon = Date.parse("2025-01-09T12:00Z");
  assertEquals(settledParts(window, false, 3 * DAY_MS, noon, "UTC"), [
    { ...days("2025-01-01", "2025-01-06"), empty: false, settled: true },
    { ...days("2025-01-06", "2025-01-11"), empty: false, settled: false },
  ]);
  const midnight = Date.parse("2025-01-09T00:00Z");
  assertEquals(settledParts(window, true, 0, midnight, "UTC"), [
    { ...days("2025-01-01", "2025-01-09"), empty: true, settled: true },
    { ...days("2025-01-09", "2025-01-11"), empty: true, settled: false },
  ]);
  assertEquals(settledParts(window, true, 0, midnight - 1, "UTC")[0]!.to, at("2025-01-08"));
});

Deno.test("settledParts() uses midnight in the job's time zone when clocks change", () => {
  const window = days("2025-03-29", "2025-04-01");
  const settledTo = (iso: string) => {
    const [first] = settledParts(window, false, 0, Date.parse(iso), "Europe/London");
    return first!.settled ? first!.to : undefined;
  };
  assertEquals(settledTo("2025-03-30T22:59:59Z"), at("2025-03-30"));
  assertEquals(settledTo("2025-03-30T23:00:00Z"), at("2025-03-31"));
  assertEquals(settledTo("2025-03-29T23:59:59Z"), undefined);
});

Deno.test("settledParts() settles no future date, and every date that is long past", () => {
  const now = Date.parse("2025-06-01T00:00Z");
  const future = days("2025-07-01", "2025-07-03");
  assertEquals(settledParts(future, true, 0, now, "UTC"), [
    { ...future, empty: true, settled: false },
  ]);
  const past = days("2020-01-01", "2020-02-01");
  assertEquals(settledParts(past, false, 30 * DAY_MS, now, "UTC"), [
    { ...past, empty: false, settled: true },
  ]);
});

Deno.test("settledParts() cover the window once and meet at midnight", () => {
  fc.assert(fc.property(
    fc.integer({ min: -3000, max: 3000 }),
    fc.integer({ min: 1, max: 6000 }),
    fc.nat(5 * DAY_MS),
    (from, minutes, settleMs) => {
      const window = { from: RANGE.from + from, to: RANGE.from + from + minutes };
      const parts = settledParts(window, false, settleMs, RANGE.from * 60_000, "UTC");
      assertEquals(union(parts), [window]);
      assert(parts.length <= 2);
      if (parts.length === 2) assertEquals(parts[0]!.to % MINUTES_PER_DAY, 0);
    },
  ));
});

Deno.test("settledParts() settles the days of a long window that ends within a day", () => {
  const window = { from: at("2025-01-01"), to: at("2025-01-06") + 60 };
  const now = Date.parse("2025-01-06T00:00Z");
  assertEquals(settledParts(window, false, 2 * DAY_MS, now, "UTC"), [
    { from: window.from, to: at("2025-01-04"), empty: false, settled: true },
    { from: at("2025-01-04"), to: window.to, empty: false, settled: false },
  ]);
});

Deno.test("settledParts() settles an hour of today once it has been over for long enough", () => {
  const day = at("2025-01-02");
  const settled = (hour: number) => {
    const window = { from: day + hour * 60, to: day + hour * 60 + 60 };
    const parts = settledParts(window, false, 3_600_000, Date.parse("2025-01-02T12:01Z"), "UTC");
    return parts.map((part) => [part.to - part.from, part.settled]);
  };
  assertEquals(settled(10), [[60, true]]);
  assertEquals(settled(11), [[60, false]]);
});

Deno.test("startedPart() leaves the hours of today that have not started, unless later dates are requested", () => {
  const day = at("2025-01-02");
  const hourly = { window: { auto: false, length: { unit: "minute", count: 60 } } } as Stream;
  const daily = { window: { auto: false, length: { unit: "day", count: 1 } } } as Stream;
  const hours = (stream: Stream, to: number, now: number) =>
    (startedPart(stream, { from: day - 1440, to }, now)!.to - day) / 60;
  assertEquals(hours(hourly, day + 1440, day + 12 * 60 + 30), 13);
  assertEquals(hours(hourly, day + 1440, day + 13 * 60), 14);
  assertEquals(hours(hourly, day, day + 12 * 60), 0);
  assertEquals(hours(hourly, day + 2880, day + 12 * 60), 48);
  assertEquals(hours(daily, day + 1440, day + 12 * 60), 24);
});
