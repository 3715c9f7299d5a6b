import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { parseRate } from "../../lib/plan/time/rate.ts";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import type { Measured } from "../../lib/plan/forecast.ts";
import { forecastStream, secondsOf, tightest } from "../../lib/plan/forecast.ts";
import { jobOf } from "./jobs.ts";

const NONE = { minutes: 0, windows: 0 };
const day = (count: number, windows = count) => ({ minutes: count * MINUTES_PER_DAY, windows });

const { streams } = jobOf({
  racecards: {
    window: "day",
    paging: { by: "offset", size: 500 },
    total: "total",
    forecast: { records_per_day: 35, rows_per_record: 12 },
  },
  results: {
    window: { max: "365d" },
    paging: { by: "offset", size: 100, max_offset: 20_000 },
    forecast: { records_per_day: 35, rows_per_record: 10 },
  },
  dense: {
    window: "day",
    paging: { by: "offset", size: 100 },
    forecast: { records_per_day: 950, rows_per_record: 1 },
  },
  unknown: { window: "auto" },
  courses: { rows: [{ table: "things" }] },
  bookmakers: { values: [{ id: 1 }, { id: 2 }, { id: 3 }] },
});

Deno.test("forecastStream() counts a request for each window when a page holds it", () => {
  const forecast = forecastStream(streams.racecards!, day(10), day(20), undefined);
  assertEquals(forecast, {
    windows: 30,
    requests: 30,
    rows: 30 * 35 * 12,
    done: 10,
    left: 20,
    requestsLeft: 20,
    rowsLeft: 20 * 35 * 12,
    minutesLeft: 20 * MINUTES_PER_DAY,
    answerMs: undefined,
    isLeast: false,
  });
});

Deno.test("forecastStream() counts pages, half a page more for each window, when a window has several", () => {
  const forecast = forecastStream(streams.dense!, NONE, day(10), undefined);
  assertEquals([forecast.windows, forecast.requests], [10, 95 + 5]);
});

Deno.test("forecastStream() cuts auto windows as the plan will", () => {
  const ten = forecastStream(streams.results!, NONE, day(3945, 1), undefined);
  assertEquals(ten.windows, Math.ceil(3945 / (1000 / 35)));
  const fewest = 3945 * 35 / 100;
  assert(ten.requests > fewest && ten.requests < 1.06 * fewest, String(ten.requests));
  const nothingKnown = forecastStream(streams.unknown!, NONE, day(3945, 1), undefined);
  assertEquals([nothingKnown.windows, nothingKnown.requests, nothingKnown.rows], [1, 1, 0]);
});

Deno.test("forecastStream() cuts the auto windows of each value of for_each, and of each range", () => {
  const forecast = forecastStream(streams.results!, NONE, day(40, 4), undefined);
  assertEquals([forecast.windows, forecast.requests], [4, 4 * 4]);
});

Deno.test("forecastStream() counts a request for each window without paging, however much it holds", () => {
  const { streams: { years } } = jobOf({
    years: { window: "year", paging: "none", forecast: { records_per_day: 24 } },
  });
  assertEquals(forecastStream(years!, NONE, day(1826, 5), undefined).requests, 5);
});

Deno.test("forecastStream() counts the pages that only show an end", () => {
  const forecast = { records_per_day: 50 };
  const { streams } = jobOf({
    cursor: {
      window: "day",
      forecast,
      paging: { by: "cursor", cursor: "[-1].id", cursor_param: "after", size: 100 },
    },
    offset: { window: "day", forecast, paging: { by: "offset", size: 100 } },
    total: { window: "day", forecast, paging: { by: "offset", size: 100 }, total: "total" },
    order: {
      window: "day",
      request: "/{export.id}",
      export: { order: "/order", id: "id", status: "/{export.id}", state: "s", done: ["x"] },
    },
  });
  const requests = (name: string, count: number) =>
    forecastStream(streams[name]!, NONE, day(count), undefined).requests;
  assertEquals(requests("cursor", 10), 20);
  assertEquals([requests("offset", 1), requests("offset", 20)], [2, 20 + 1 + 3]);
  assertEquals(requests("total", 20), 20);
  assertEquals(requests("order", 10), 30);
});

Deno.test("forecastStream() reports where more requests may be needed than it can forecast", () => {
  const { streams } = jobOf({
    unknown: { window: "auto" },
    pages: { window: "day", paging: { by: "page", size: 10 } },
    single: { window: "day" },
    declared: { window: "auto", forecast: { records_per_day: 5 } },
    list: { paging: { by: "page", size: 10 } },
    one: {},
    fed: { for_each: { id: { query: "SELECT id FROM things" } } },
  });
  const isLeast = (name: string, measured?: Measured) =>
    forecastStream(streams[name]!, NONE, day(3, 3), measured).isLeast;
  const least = Object.keys(streams).filter((name) => isLeast(name));
  assertEquals(least, ["unknown", "pages", "list", "fed"]);
  const measured = { windows: 3, pages: 6, records: 30, rows: 30, minutes: 4320, answerMs: 9 };
  assertEquals(["unknown", "pages", "list"].map((name) => isLeast(name, measured)), [
    ...[false, false, false],
  ]);
  assertEquals(forecastStream(streams.unknown!, day(3, 1), NONE, undefined).isLeast, false);
});

Deno.test("forecastStream() counts a stream without windows by its values", () => {
  const courses = forecastStream(streams.courses!, NONE, { minutes: 0, windows: 4 }, undefined);
  assertEquals([courses.windows, courses.requests, courses.rows], [4, 4, 4]);
  const list = forecastStream(streams.bookmakers!, NONE, { minutes: 0, windows: 1 }, undefined);
  assertEquals([list.windows, list.requests, list.rows], [1, 0, 3]);
});

Deno.test("forecastStream() uses measurements instead of the job file, from three windows on", () => {
  const measured: Measured = {
    windows: 3,
    pages: 6,
    records: 300,
    rows: 900,
    minutes: 3 * MINUTES_PER_DAY,
    answerMs: 1200,
  };
  const left = day(10);
  const trusted = forecastStream(streams.racecards!, NONE, left, measured);
  assertEquals([trusted.rows, trusted.answerMs], [10 * 100 * 3, 200]);
  const early = forecastStream(streams.racecards!, NONE, left, { ...measured, windows: 2 });
  assertEquals([early.rows, early.answerMs], [10 * 35 * 12, 200]);
  const list = forecastStream(streams.courses!, NONE, { minutes: 0, windows: 10 }, measured);
  assertEquals([list.requests, list.rows], [20, 3000]);
});

Deno.test("tightest() is the least of the rates", () => {
  assertEquals(tightest([]), undefined);
  assertEquals(tightest([parseRate("5/s"), parseRate("7200/h"), parseRate("100/s")]), 2);
});

Deno.test("secondsOf() is the time the tightest limit requires, the API's or a stream's own", () => {
  const load = (requests: number, rate?: string) => ({
    requests,
    rates: rate === undefined ? [] : [parseRate(rate)],
    answerMs: undefined,
  });
  const two = { rates: [parseRate("2/s")], concurrency: 8 };
  assertEquals(secondsOf([load(30, "2/s"), load(12, "5/s")], two), 21);
  assertEquals(secondsOf([load(30, "1/s"), load(12)], two), 30);
  assertEquals(secondsOf([load(12, "5/s")], two), 6);
  assertEquals(secondsOf([], two), 0);
});

Deno.test("secondsOf() uses the response time only when no limit is declared", () => {
  const load = (answerMs?: number) => ({ requests: 80, rates: [], answerMs });
  assertAlmostEquals(secondsOf([load(200)], { rates: [], concurrency: 8 }), 2);
  assertAlmostEquals(secondsOf([load()], { rates: [], concurrency: 8 }), 5);
  assertEquals(secondsOf([load(200)], { rates: [parseRate("1/s")], concurrency: 8 }), 80);
});
