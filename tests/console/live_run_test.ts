import { assertEquals } from "@std/assert";
import { LiveRun } from "../../lib/console/state/live_run.ts";
import { shareOf } from "../../lib/console/state/run_progress.ts";
import { readJob } from "../../lib/config/read_job.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import { emptySummary } from "../../lib/report/summary.ts";
import { tempDir } from "../support/temp.ts";
import { stationsJob } from "./served.ts";

async function weatherJob() {
  using dir = tempDir();
  await Deno.writeTextFile(dir.file("job.yaml"), stationsJob(["readings"]));
  return await readJob(dir.file("job.yaml"), { readText: Deno.readTextFile, env: () => undefined });
}

const planned: Extract<RunEvent, { kind: "stream_planned" }> = {
  kind: "stream_planned",
  stream: "readings",
  range: "2025-01-01 .. 2025-01-10",
  windows: 8,
  skipped: 2,
  minutes: 8 * 1440,
  requests: 8,
  seconds: 4,
  doneAtMs: 0,
  requestsPerSecond: 2,
  exact: true,
  atLeast: false,
};

const subject = (from: string, to: string) => ({ stream: "readings", each: "", from, to });

const requested: Extract<RunEvent, { kind: "request" }> = {
  kind: "request",
  event: { kind: "requested", stream: "readings", request: "GET http://x", attempt: 1 },
};

Deno.test("LiveRun counts windows that were done before, and rates of the last hour", async () => {
  const live = new LiveRun(await weatherJob());
  assertEquals(live.progress(0), undefined);
  live.fold(
    { kind: "run_started", run: "r1", job: "weather", target: "t", resumed: true },
    60_000,
  );
  live.fold(planned, 60_000);
  for (let n = 0; n < 4; n++) live.fold(requested, 60_000 + 500 * n);
  const done = { pages: 1, records: 5, rows: 10, counts: undefined, rejected: 0, ms: 9 };
  for (const [from, to] of [["2025-01-03", "2025-01-04"], ["2025-01-04", "2025-01-06"]] as const) {
    live.fold({ kind: "window_done", subject: subject(from, to), ...done }, 62_000);
  }
  const reason = { reason: "503", hint: undefined };
  live.fold(
    { kind: "window_failed", subject: subject("2025-01-06", "2025-01-07"), ...reason },
    62_000,
  );
  const run = live.progress(62_000)!;
  const [stream] = run.streams;
  assertEquals(
    [stream!.windows, stream!.done, stream!.failed, stream!.rows, stream!.share],
    [10, 4, 1, 20, 0.5],
  );
  assertEquals(shareOf(run.streams), 0.5, "a window that failed is not done");
  assertEquals([run.requests, run.refused, run.allowed, run.ended], [4, 0, 2, false]);
  assertEquals(run.rates, [{ atMs: 60_000, perSecond: 2 }]);
  // Half of the dates are left, for which 4 requests are forecast, two a second; each of three windows took one.
  assertEquals([stream!.requestsLeft, run.doneAtMs], [3, 63_500]);
  live.fold({ kind: "run_finished", summary: emptySummary("r1") }, 63_000);
  const ended = live.progress(63_000)!;
  assertEquals([ended.ended, ended.doneAtMs], [true, null]);
});

Deno.test("LiveRun keeps an hour of requests, and shows pauses as zero", async () => {
  const live = new LiveRun(await weatherJob());
  live.fold({ kind: "run_started", run: "r1", job: "weather", target: "t", resumed: false }, 0);
  const minute = 60_000;
  for (let n = 0; n < 90; n++) if (n !== 85) live.fold(requested, n * minute);
  const { rates } = live.progress(90 * minute)!;
  assertEquals([rates[0]!.atMs, rates.at(-1)!.atMs], [30 * minute, 90 * minute]);
  assertEquals(rates.find(({ atMs }) => atMs === 84 * minute)!.perSecond, 1 / 20);
  assertEquals(rates.find(({ atMs }) => atMs === 85 * minute)!.perSecond, 0);
});

/** A run of two streams with eight windows of a day each; 16 requests are forecast for `readings`. */
async function begun(resumed = false) {
  const live = new LiveRun(await weatherJob());
  live.fold({ kind: "run_started", run: "r1", job: "weather", target: "t", resumed }, 0);
  live.fold({ ...planned, skipped: 0, requests: 16 }, 0);
  live.fold({ ...planned, stream: "stations", skipped: 0, minutes: 0, windows: 1, requests: 1 }, 0);
  return live;
}

const page = (index: number, records: number, total: number | null): RunEvent => ({
  kind: "page_read",
  ...{ subject: subject("2025-01-03", "2025-01-05"), index, records, total },
});

Deno.test("LiveRun advances through a large window page by page: by its total, otherwise by the expected pages", async () => {
  const live = await begun();
  const share = () => live.progress(1000)!.streams[0]!.share;
  live.fold(page(0, 50, 200), 0);
  assertEquals([share(), live.progress(1000)!.streams[0]!.openPages], [2 / 8 / 4, 1]);
  live.fold(page(1, 150, 200), 0);
  assertEquals(share(), 2 / 8 * 0.99);
  // A window that begins anew forgets the pages before.
  live.fold(page(0, 50, null), 0);
  assertEquals(share(), 2 / 8 / 2);
  const done = { pages: 4, records: 5, rows: 10, counts: undefined, rejected: 0, ms: 9 };
  live.fold({ kind: "window_done", subject: subject("2025-01-03", "2025-01-05"), ...done }, 0);
  assertEquals([share(), live.progress(1000)!.streams[0]!.openPages], [2 / 8, 0]);
});

Deno.test("LiveRun measures the rate of the last seconds; the streams' rates add up", async () => {
  const live = await begun();
  const stations = { ...requested.event, stream: "stations" };
  for (let ms = 0; ms < 20_000; ms += 500) {
    live.fold({ kind: "request", event: ms % 2000 === 0 ? stations : requested.event }, ms);
  }
  const { perSecond, limit, streams } = live.progress(19_600)!;
  assertEquals([perSecond, limit], [2, { text: "2/s", stream: null, allowed: 2, used: 2 }]);
  assertEquals(streams.map((one) => one.perSecond).reduce((a, b) => a! + b!), 2);
  // Nothing is sent any more: the rate falls, and the end moves away.
  assertEquals(live.progress(24_000)!.perSecond! < 1.7, true);
  assertEquals(live.progress(60_000)!.perSecond, null);
});

Deno.test("LiveRun forecasts the end by what a slow API allows, not by the limit", async () => {
  const live = await begun();
  for (let ms = 0; ms <= 20_000; ms += 2000) live.fold(requested, ms);
  const { doneAtMs, limit } = live.progress(20_000)!;
  assertEquals(Math.round(10 * limit!.used) / 10, 0.5);
  // 17 requests at one in two seconds.
  assertEquals(Math.round((doneAtMs! - 20_000) / 1000), 34);
});

Deno.test("LiveRun does not count requests in flight and retries as more to come", async () => {
  const live = await begun();
  const done = { pages: 1, records: 5, rows: 10, counts: undefined, rejected: 0, ms: 9 };
  live.fold({ ...planned, skipped: 0 }, 0);
  for (let n = 0; n < 60; n++) live.fold(requested, n);
  const read = { ...subject("2025-01-03", "2025-01-04") };
  live.fold({ kind: "page_read", subject: read, index: 0, records: 5, total: null }, 60);
  live.fold({ kind: "window_done", subject: read, ...done }, 60);
  assertEquals(live.progress(60)!.streams[0]!.requestsLeft, 7);
});

Deno.test("LiveRun counts a response that is read in parts as one request", async () => {
  const live = await begun();
  live.fold(requested, 0);
  for (let index = 0; index < 40; index++) live.fold(page(index, 10, null), 60);
  assertEquals(live.progress(60)!.streams[0]!.requestsLeft, 4);
});

Deno.test("LiveRun shows neither a share nor an end for a feed", async () => {
  using dir = tempDir();
  const feedKeys = '{ path: /s, query: { since: "{since}" } }, since: { cursor: next }, rows';
  const text = stationsJob([]).replace("/stations, rows", feedKeys);
  await Deno.writeTextFile(dir.file("job.yaml"), text);
  const job = await readJob(dir.file("job.yaml"), { readText: Deno.readTextFile, env: () => "x" });
  const live = new LiveRun(job);
  live.fold({ kind: "run_started", run: "r1", job: "weather", target: "t", resumed: false }, 0);
  const feed = { stream: "stations", windows: 1, skipped: 0, minutes: 0, requests: 1 };
  live.fold({ ...planned, ...feed, atLeast: true }, 0);
  const done = { pages: 1, records: 5, rows: 10, counts: undefined, rejected: 0, ms: 9 };
  const one = { stream: "stations", each: "", from: null, to: null };
  for (let n = 0; n < 44; n++) live.fold({ kind: "window_done", subject: one, ...done }, n);
  const { streams, doneAtMs, atLeast } = live.progress(50)!;
  assertEquals([streams[0]!.windows, streams[0]!.openEnded], [44, true]);
  assertEquals([shareOf(streams), doneAtMs, atLeast], [null, null, true]);
  live.fold({ kind: "stream_finished", stream: "stations", planned: 44, skipped: 0 }, 60);
  assertEquals(shareOf(live.progress(60)!.streams), 1);
});

Deno.test("LiveRun is not complete while values may follow, and counts them when they do", async () => {
  using dir = tempDir();
  const query = "for_each: { id: { query: SELECT id FROM stations } }, window: day";
  const text = stationsJob(["readings"]).replace("window: day", query)
    .replace("path: /readings", 'path: "/readings/{each.id}"');
  await Deno.writeTextFile(dir.file("job.yaml"), text);
  const job = await readJob(dir.file("job.yaml"), { readText: Deno.readTextFile, env: () => "x" });
  const live = new LiveRun(job);
  live.fold({ kind: "run_started", run: "r1", job: "weather", target: "t", resumed: false }, 0);
  const [one, none] = [{ windows: 1, minutes: 0, requests: 1 }, { windows: 0, requests: 0 }];
  live.fold({ ...planned, stream: "stations", skipped: 0, ...one }, 0);
  live.fold({ ...planned, skipped: 0, minutes: 0, ...none }, 0);
  const done = { pages: 1, records: 5, rows: 10, counts: undefined, rejected: 0, ms: 9 };
  const item = { stream: "stations", each: "", from: null, to: null };
  live.fold({ kind: "window_done", subject: item, ...done }, 1);
  live.fold({ kind: "stream_finished", stream: "stations", planned: 1, skipped: 0 }, 1);
  assertEquals(shareOf(live.progress(2)!.streams), 0.99);
  assertEquals(live.progress(2)!.atLeast, true);
  live.fold({ ...planned, skipped: 0, windows: 9999, requests: 9999 }, 3);
  const { streams, atLeast } = live.progress(4)!;
  assertEquals([shareOf(streams), atLeast], [1 / 10_000, false]);
});

Deno.test("LiveRun forecasts no end while the API is unreachable", async () => {
  const live = await begun();
  const wait = { reason: "status 503", sinceMs: 0, untilMs: 60_000 };
  live.fold({ kind: "waiting", wait: { kind: "outage", ...wait } }, 0);
  assertEquals(live.progress(1)!.doneAtMs, null);
  live.fold({ kind: "waiting", wait: { kind: "limit", ...wait } }, 0);
  assertEquals(live.progress(1)!.doneAtMs! > 60_000, true);
});

/** A job with a quota of 40 a day, of which `used` are used, on whose 102 windows `sent` requests were spent. */
async function underQuota(quota: string, { used, sent }: { used: number; sent: number }) {
  using dir = tempDir();
  const text = stationsJob(["readings"]).replace(/{ limit: 5000.*?}/, quota);
  await Deno.writeTextFile(dir.file("job.yaml"), text);
  const job = await readJob(dir.file("job.yaml"), { readText: Deno.readTextFile, env: () => "x" });
  const live = new LiveRun(job);
  const atMs = Date.parse("2026-11-28T18:00:00Z");
  const returning = used === 0 ? [] : [[3_600_000, used] as const];
  const resetsAfterMs = quota.includes("resets") ? 9.5 * 3_600_000 : undefined;
  const use = { free: 40 - used, resetsAfterMs, returning: resetsAfterMs ? [] : returning };
  const limitsUse = { quotas: new Map([["40/d", use]]), pausedMs: 0 };
  const started = { kind: "run_started", run: "r1", job: "weather", target: "t" } as const;
  live.fold({ ...started, resumed: false, limitsUse }, atMs);
  live.fold({ ...planned, skipped: 0, windows: 102, minutes: 102 * 1440, requests: 102 }, atMs);
  const done = { pages: 1, records: 5, rows: 10, counts: undefined, rejected: 0, ms: 9 };
  for (let n = 0; n < sent; n++) {
    live.fold(requested, atMs + 500 * n);
    live.fold({ kind: "window_done", subject: subject("2025-01-03", "2025-01-04"), ...done }, atMs);
  }
  const nowMs = atMs + 500 * sent;
  return { live, nowMs, end: () => new Date(live.progress(nowMs)!.doneAtMs!).toISOString() };
}

const RESETS = '{ limit: 40/d, resets: "03:30", time_zone: UTC }';

Deno.test("LiveRun forecasts the end under a quota by what is used of it, at any time", async () => {
  // 40 now, 40 at the next reset, 22 at the one after it.
  for (const sent of [0, 10, 39]) {
    const { end } = await underQuota(RESETS, { used: 0, sent });
    assertEquals(end().slice(0, 15), "2026-11-30T03:3", `${sent} sent`);
  }
  const { end: later } = await underQuota(RESETS, { used: 40, sent: 0 });
  assertEquals(later().slice(0, 15), "2026-12-01T03:3");
  const { end: enough } = await underQuota(RESETS, { used: 0, sent: 80 });
  assertEquals(enough().slice(0, 15), "2026-11-29T03:3");
});

Deno.test("LiveRun forecasts the end from a quota that is used up, while it waits for it", async () => {
  const { live, nowMs, end } = await underQuota(RESETS, { used: 0, sent: 40 });
  const untilMs = Date.parse("2026-11-29T03:30:02Z");
  const wait = { kind: "limit", reason: "40/d", sinceMs: nowMs, untilMs } as const;
  live.fold({ kind: "waiting", wait }, nowMs);
  assertEquals(end().slice(0, 15), "2026-11-30T03:3");
});

Deno.test("LiveRun forecasts the end under a rolling quota with what earlier runs have used", async () => {
  // 30 now, 10 in an hour, the same a day later, and 22 after two days.
  const { end } = await underQuota("40/d", { used: 10, sent: 0 });
  assertEquals(end().slice(0, 13), "2026-11-30T18");
});
