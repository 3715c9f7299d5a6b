// The run of another process as the console and `status --watch` show it: it ends when its own line says.
import { assertEquals } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { LiveRun } from "../../lib/console/state/live_run.ts";
import { type StoredUse, useOfRun } from "../../lib/console/state/limit_use.ts";
import { WatchedRate } from "../../lib/console/state/watched_rate.ts";
import { readRates, type Watched, watchedProgress } from "../../lib/console/state/watched_run.ts";
import { UNUSED } from "../../lib/fetch/rate/limit_store.ts";
import type { Wait } from "../../lib/report/text/wait.ts";
import { tempDir } from "../support/temp.ts";
import { stationsJob } from "./served.ts";

const NOW = Date.parse("2026-11-28T18:00:00Z");
const iso = (ms: number | null) => ms === null ? null : new Date(ms).toISOString().slice(0, 16);

async function jobWith(limits: string) {
  using dir = tempDir();
  const text = stationsJob(["readings"]).replace(/limits: \[.*?\] }/, `limits: ${limits} }`);
  await Deno.writeTextFile(dir.file("job.yaml"), text);
  return await readJob(dir.file("job.yaml"), { readText: Deno.readTextFile, env: () => "x" });
}

type Job = Awaited<ReturnType<typeof jobWith>>;

/** A watched run with 100 of 102 windows left, of which two failed in it. */
function watched(more: Partial<Watched> = {}): Watched {
  const totals = {
    ...{ windows: 102, requests: 102, rows: 0, seconds: 0, done: 2, left: 100 },
    ...{ requests_left: 100, rows_left: 0, seconds_left: 0, at_least: false },
  };
  const failed = (at: string) => ({
    ...{ stream: "readings", scope: "", each: "", kind: "failed" as const, at },
    ...{ window: null, reason: "503", rejected: [] },
  });
  return {
    record: {
      ...{ run: "r1", startedAt: "2026-11-28T17:00:00.000Z", kind: "backfill" as const },
      options: { account: "aaaaaa" },
    } as never,
    holder: { host: "office", pid: 1 },
    survey: { ...totals, streams: { readings: totals } },
    entries: [
      failed("2026-11-28T17:01:00.000Z"),
      failed("2026-11-28T17:02:00.000Z"),
      failed("2026-11-27T17:00:00.000Z"),
    ] as never,
    ...{ rates: [], workers: [], perSecond: null },
    useAt: () => ({ quotas: new Map(), pausedMs: 0 }),
    ...more,
  };
}

/** The same run as its own process shows it. */
function live(job: Job, used: number, wait: Wait | null) {
  const run = new LiveRun(job);
  const use = { free: 40 - used, resetsAfterMs: 9.5 * 3_600_000 + 2000, returning: [] };
  const limitsUse = { quotas: new Map([["40/d", use]]), pausedMs: 0 };
  run.fold(
    {
      ...{ kind: "run_started", run: "r1", job: "weather", target: "t", resumed: false },
      limitsUse,
    } as const,
    NOW,
  );
  run.fold({
    ...{ kind: "stream_planned", stream: "readings", range: "", windows: 98, skipped: 4 },
    ...{ minutes: 98 * 1440, requests: 98, seconds: 1, doneAtMs: 0, requestsPerSecond: 2 },
    ...{ exact: true, atLeast: false },
  }, NOW);
  run.fold({ kind: "waiting", wait }, NOW);
  return run.progress(NOW)!;
}

Deno.test("a watched run ends when its own line says, with what is used of its account's quota", async () => {
  const job = await jobWith('[2/s, { limit: 40/d, resets: "03:30", time_zone: UTC }]');
  const periodStartMs = Date.parse("2026-11-28T03:30:00Z");
  const stored = (account: string, used: number): StoredUse => ({
    ...{ apiKey: account.repeat(64), limit: "40/d", nowMs: NOW },
    state: { ...UNUSED, periodStartMs, used },
  });
  const wait: Wait = {
    kind: "limit",
    reason: "40/d",
    sinceMs: NOW,
    untilMs: NOW + 9.5 * 3_600_000 + 4000,
  };
  for (const used of [0, 25, 40]) {
    for (const current of used === 40 ? [null, wait] : [null]) {
      const all = [stored("b", 7), stored("a", used)];
      const run = watched();
      const record = { ...run.record, ...current === null ? {} : { wait: current } };
      const useAt = (atMs: number) => useOfRun(job, all, record, atMs);
      const shown = watchedProgress(job, { ...run, record, useAt }, NOW);
      const own = live(job, used, current);
      assertEquals(iso(shown.doneAtMs), iso(own.doneAtMs), `${used} used, ${current?.kind}`);
      assertEquals(shown.streams[0]!.requestsLeft, own.streams[0]!.requestsLeft);
    }
  }
});

Deno.test("a watched run counts windows that failed or were rejected in it, and no earlier ones", async () => {
  const job = await jobWith("[2/s]");
  const { entries } = watched();
  const rejected = [...entries, { ...entries[0]!, kind: "rejected" as const }];
  const [one] = watchedProgress(job, watched({ entries: rejected }), NOW).streams;
  assertEquals([one!.done, one!.failed, one!.requestsLeft], [3, 2, 97]);
  const [stream] = watchedProgress(job, watched(), NOW).streams;
  assertEquals([stream!.done, stream!.failed, stream!.requestsLeft], [2, 2, 98]);
  assertEquals(stream!.share, 2 / 102);
});

Deno.test("a watched run that is slower than its limit ends as late as its workers make it", async () => {
  const job = await jobWith("[2/s]");
  const worker = (seconds: number, requests: number, run = "r1") => ({
    ...{ run, name: "w", host: "office", pid: 1, ended_at: null, windows: 0, claimed: 0, rows: 0 },
    ...{ started_at: "2026-11-28T17:00:00.000Z", per_second: 0, requests },
    seen_at: new Date(NOW + 1000 * seconds).toISOString(),
  });
  const rate = new WatchedRate();
  // An hour in which it may have waited does not count.
  assertEquals(rate.note("r1", [worker(0, 7), worker(0, 3), worker(0, 99, "r0")]), null);
  assertEquals(rate.note("r1", [worker(5, 8), worker(4, 4)]), null);
  assertEquals(rate.note("r1", [worker(20, 12), worker(20, 8)]), 0.5);
  const workers = [worker(120, 37), worker(119, 33)];
  assertEquals(rate.note("r1", [worker(60, 22), worker(60, 18)]), 0.5);
  const perSecond = rate.note("r1", workers);
  assertEquals(perSecond, 0.5);
  const shown = watchedProgress(job, watched({ workers, perSecond }), NOW);
  assertEquals([shown.perSecond, shown.requests, shown.doneAtMs], [0.5, 70, NOW + 196_000]);
  assertEquals(watchedProgress(job, watched(), NOW).doneAtMs, NOW + 49_000);
});

Deno.test("the rate of a watched run falls to zero while it waits", async () => {
  const minute = NOW / 60_000;
  const rows = [[minute - 5, 60], [minute - 3, 120]];
  const target = { query: () => Promise.resolve({ columns: [], rows }) };
  const rates = await readRates(target as never, "weather", NOW);
  assertEquals(rates.map(({ perSecond }) => perSecond), [1, 0, 2, 0, 0, 0]);
});
