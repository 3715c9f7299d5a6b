import { assertEquals } from "@std/assert";
import type { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { PlanSource } from "../../lib/checkpoint/open_plan.ts";
import type { Survey } from "../../lib/checkpoint/survey.ts";
import { surveyOf, surveyStreams } from "../../lib/checkpoint/survey.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { scopeOf } from "../../lib/plan/scope.ts";
import { days, jobOf } from "../plan/jobs.ts";
import { doneWindow, kvFile, NOW, RESULTS } from "./kv_file.ts";

/** Two streams of dates and one list, under 2 requests a second over all. */
const JOB = jobOf({
  courses: { group: "masters", limits: "1/s" },
  racecards: {
    window: "day",
    start: "2023-01-23",
    limits: "2/s",
    paging: { by: "offset", size: 500 },
    total: "total",
    forecast: { records_per_day: 35, rows_per_record: 12 },
  },
  results: {
    window: { max: "365d" },
    limits: "5/s",
    paging: { by: "offset", size: 100, max_offset: 20_000 },
    total: "total",
    forecast: { records_per_day: 35, rows_per_record: 10 },
  },
}, { source: { url: "http://127.0.0.1:1", limits: "2/s" } });

const MONTH = days("2025-01-01", "2025-01-31");

async function survey(
  checkpoint: Checkpoint,
  more: Partial<PlanSource> & { job?: Job } = {},
): Promise<Survey> {
  const source: PlanSource = {
    job: JOB,
    params: {},
    range: MONTH,
    resume: true,
    checkpoint,
    target: { stream: async function* () {} },
    wallNow: () => NOW,
    ...more,
  };
  return surveyOf(source.job, await surveyStreams(source, Object.keys(source.job.streams)));
}

Deno.test("surveyOf() sums windows, requests, rows and the seconds that the tightest limits need", async () => {
  await using file = await kvFile();
  const { streams, ...total } = await survey(file.checkpoint());
  assertEquals(streams.courses, {
    windows: 1,
    requests: 1,
    rows: 1,
    seconds: 1,
    done: 0,
    left: 1,
    requests_left: 1,
    rows_left: 1,
    seconds_left: 1,
    at_least: false,
  });
  assertEquals(streams.racecards, {
    windows: 30,
    requests: 30,
    rows: 12_600,
    seconds: 15,
    done: 0,
    left: 30,
    requests_left: 30,
    rows_left: 12_600,
    seconds_left: 15,
    at_least: false,
  });
  // 30 days of 28.6 are 2 windows; 10.5 pages and a half page for each window are 12 requests.
  assertEquals([streams.results?.windows, streams.results?.requests], [2, 12]);
  assertEquals([streams.results?.rows, streams.results?.seconds], [10_500, 6]);
  assertEquals([total.windows, total.requests, total.rows], [33, 43, 23_101]);
  // 42 requests side by side at 2/s, after one at 1/s.
  assertEquals([total.seconds, total.seconds_left], [22, 22]);
});

Deno.test("surveyStreams() separates what is done from what is left", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  for (const name of Object.keys(JOB.streams)) await checkpoint.load(name, "");
  const racecards = { ...RESULTS, stream: "racecards" };
  const settled = days("2025-01-01", "2025-01-11");
  const open = days("2025-01-11", "2025-01-14");
  await checkpoint.done([
    doneWindow(settled, racecards),
    doneWindow(open, { ...racecards, parts: [{ ...open, empty: false, settled: false }] }),
    doneWindow(null, { stream: "courses" }),
  ], NOW);
  await checkpoint.failed(racecards, days("2025-01-02", "2025-01-03"), "503", undefined, NOW);
  const { streams, ...total } = await survey(checkpoint);
  const { windows, done, left, requests_left, rows_left } = streams.racecards!;
  assertEquals({ windows, done, left }, { windows: 30, done: 9, left: 21 });
  assertEquals([requests_left, rows_left], [21, 21 * 35 * 12]);
  assertEquals([streams.courses?.done, streams.courses?.seconds_left], [1, 0]);
  assertEquals([total.done, total.left, total.seconds_left], [10, 23, (21 + 12) / 2]);
});

Deno.test("surveyStreams() leaves everything to do when the run is a refresh", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  await checkpoint.done([doneWindow(MONTH)], NOW);
  const { streams } = await survey(checkpoint, { resume: false });
  assertEquals([streams.results?.done, streams.results?.left], [0, 2]);
});

Deno.test("surveyStreams() counts nothing before the first date of a stream", async () => {
  await using file = await kvFile();
  const range = days("2023-01-01", "2023-01-25");
  const { streams } = await survey(file.checkpoint(), { range });
  assertEquals([streams.racecards?.windows, streams.results?.windows], [2, 1]);
  const before = await survey(file.checkpoint(), { range: days("2015-01-01", "2016-01-01") });
  assertEquals([before.streams.racecards?.windows, before.streams.racecards?.seconds], [0, 0]);
});

Deno.test("surveyStreams() prefers what runs measured over the job file", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("racecards", "");
  const measure = {
    windows: 10,
    pages: 20,
    records: 6000,
    rows: 30_000,
    minutes: 14_400,
    answerMs: 1,
  };
  checkpoint.measures.add("racecards", measure);
  const { streams } = await survey(checkpoint);
  // 600 records a day are 1.2 pages: nearly every window has two.
  assertEquals([streams.racecards?.requests, streams.racecards?.rows], [56, 30 * 3000]);
});

Deno.test("surveyStreams() uses what runs with the same parameters measured, otherwise what all runs measured", async () => {
  await using file = await kvFile();
  const job = jobOf({
    results: {
      window: { max: "365d" },
      request: "/results?from={from}&to={to}&region={params.region}",
      paging: { by: "offset", size: 100 },
      total: "total",
      forecast: { records_per_day: 35, rows_per_record: 10 },
    },
  }, { params: { region: { about: "A region" } } });
  const measure = (records: number) => ({
    ...{ windows: 10, pages: 20, records, rows: records, minutes: 14_400, answerMs: 1 },
  });
  const rowsOf = async (params: Record<string, unknown>) => {
    const { streams } = await survey(checkpoint, { job, params });
    return streams.results?.rows;
  };
  const checkpoint = file.checkpoint();
  const scope = scopeOf(job, "results", { region: "north" });
  assertEquals(await rowsOf({ region: "north" }), 30 * 350);
  checkpoint.measures.add("results", measure(1_000), scope);
  checkpoint.measures.add("results", measure(5_000), scopeOf(job, "results", {}));
  assertEquals(await rowsOf({ region: "north" }), 30 * 100);
  assertEquals(await rowsOf({ region: "south" }), 30 * 300);
});

Deno.test("surveyStreams() counts each value of for_each, with separate coverage", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  const job = jobOf({
    readings: { window: "day", for_each: { city: { query: "SELECT city" } } },
    details: { for_each: { id: [1, 2, 3] } },
  });
  await checkpoint.load("readings", "");
  await checkpoint.done([doneWindow(MONTH, { stream: "readings", each: "city=LHR" })], NOW);
  await checkpoint.load("details", "");
  // Due a day after the start of its fetch, less an hour for the jitter of a schedule.
  const requested = (each: string, hours: number) =>
    doneWindow(null, { stream: "details", each, requestedAt: NOW - hours * 3_600_000 });
  await checkpoint.done([requested("id=2", 23), requested("id=3", 22.9)], NOW);
  const target = {
    stream: async function* () {
      yield* [{ city: "LHR" }, { city: "CDG" }];
    },
  };
  const { streams } = await survey(checkpoint, { job, target });
  assertEquals([streams.readings?.done, streams.readings?.left], [30, 30]);
  assertEquals([streams.details?.done, streams.details?.left], [1, 2]);
});
