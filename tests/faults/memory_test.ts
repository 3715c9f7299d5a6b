// The amount that waits in memory is bounded, whichever side is slow: rows, bytes and windows are counted at
// the API while the database is blocked, and the memory of a real process is measured.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { MOST_HELD_BYTES } from "../../lib/fetch/rate/page_budget.ts";
import { BYTES_WAITING, ROWS_WAITING } from "../../lib/upsert/batch.ts";
import { openBench } from "./in_process.ts";
import { figure, longTest } from "./long.ts";
import {
  daysOf,
  type MeterApi,
  meterJob,
  readingsOf,
  type Spoil,
  startMeters,
} from "./meter_api.ts";
import { processes } from "./processes.ts";
import { openSite } from "./site.ts";
import { openSql, type OtherSession } from "./sql.ts";

/** Far more than may wait. */
const [FIRST, LAST] = ["1990-01-01", "2009-12-31"];
const AT_ONCE = 4;
const SAMPLE = readingsOf(
  daysOf("2024-01-01", "2024-02-01").find((day) => readingsOf(day).length)!,
);

/** Responses with so many readings of so many bytes for each day. */
function wideDays(readings: number, bytes: number): Spoil {
  const text = JSON.stringify({
    total: readings,
    readings: Array.from({ length: readings }, (_, at) => ({
      ...SAMPLE[0]!,
      id: `@DAY@/${at}`,
      day: "@DAY@",
      note: "n".repeat(bytes),
    })),
  });
  return ({ from }) => new Response(text.replaceAll("@DAY@", from));
}

/** The job with pages that hold a whole day. */
function wideJob(url: string): string {
  return meterJob(url, { source: `  concurrency: ${AT_ONCE}` }).replace("size: 20", "size: 1000");
}

/** Locks the table of readings once it is there. */
async function lockReadings(other: OtherSession): Promise<void> {
  for (;;) {
    try {
      return void await other.run("BEGIN; LOCK TABLE readings IN ACCESS EXCLUSIVE MODE");
    } catch {
      await other.run("ROLLBACK");
      await delay(5);
    }
  }
}

/** Waits until the API has received no request for a second; returns how many it received. */
async function untilQuiet(api: MeterApi): Promise<number> {
  let [asked, since] = [0, performance.now()];
  while (performance.now() - since < 1000) {
    if (api.asked.length > asked) [asked, since] = [api.asked.length, performance.now()];
    await delay(10);
  }
  return asked;
}

/** Days that may wait: in a batch being written, one being prepared, one being collected, and in flight. */
function mostDays(rowsOfDay: number, bytesOfDay: number): number {
  const inBatch = Math.ceil(Math.min(ROWS_WAITING / rowsOfDay, BYTES_WAITING / bytesOfDay));
  return 3 * inBatch + 2 * AT_ONCE + 8;
}

const SIZES: Record<string, { readings: number; bytes: number }> = {
  "many small rows": { readings: 500, bytes: 10 },
  "rows of 100 KB": { readings: 10, bytes: 100_000 },
};

for (const [what, { readings, bytes }] of Object.entries(SIZES)) {
  Deno.test(`backfill() stops requesting ${what} when the database stalls`, async () => {
    await using api = startMeters(wideDays(readings, bytes));
    await using bench = await openBench(wideJob(api.url));
    await using other = openSql(bench.databaseUrl);
    const stop = new AbortController();
    const running = bench.run(FIRST, LAST, { signal: stop.signal });
    await lockReadings(other);
    await other.waits();
    const written = Number(
      (await other.run("SELECT count(DISTINCT day) AS days FROM readings"))[0]!.days,
    );
    const waiting = await untilQuiet(api) - written;
    // A reading becomes two rows, its meter's and its own.
    const most = mostDays(2 * readings, readings * bytes);
    assert(waiting <= most, `${waiting} days wait, at most ${most} may`);
    stop.abort();
    await other.run("ROLLBACK");
    assertEquals((await running).summary.outcome, "interrupted");
    figure(`${what}: ${waiting} days of ${readings} readings wait, ${most} may`);
  });
}

const STREAMS = 6;
const PAGE_BYTES = 3_000_000;
const IN_FLIGHT = 8;

/** The wide job with several streams that read the same. */
function manyStreams(url: string): string {
  const job = meterJob(url, { source: `  concurrency: ${IN_FLIGHT}` });
  const [before, stream] = job.replace("size: 20", "size: 1000").split("streams:\n  readings:\n");
  const streams = Array.from({ length: STREAMS }, (_, at) => `  readings_${at}:\n${stream}`);
  return `${before}streams:\n${streams.join("\n")}`;
}

Deno.test("backfill() bounds what six streams hold together when the database stalls", async () => {
  await using api = startMeters(wideDays(10, PAGE_BYTES / 10));
  await using bench = await openBench(manyStreams(api.url));
  await using other = openSql(bench.databaseUrl);
  const stop = new AbortController();
  let written = 0;
  const onEvent = (event: { kind: string }) => {
    if (event.kind === "window_done") written++;
  };
  const running = bench.run(FIRST, LAST, { signal: stop.signal, onEvent });
  await lockReadings(other);
  await other.waits();
  const waiting = await untilQuiet(api) - written;
  // Whatever the number of streams: three batches, each with a last page beyond its bound; the pages that the
  // budget has room for, and the one that is parsed.
  const most = 3 * (Math.ceil(BYTES_WAITING / PAGE_BYTES) + 1) +
    Math.floor(MOST_HELD_BYTES / PAGE_BYTES) + 1;
  stop.abort();
  await other.run("ROLLBACK");
  assertEquals((await running).summary.outcome, "interrupted");
  assert(waiting > 0 && waiting <= most, `${waiting} pages wait, at most ${most} may`);
  figure(`${STREAMS} streams: ${waiting} pages of 3 MB wait, ${most} may`);
});

Deno.test("backfill() delays no rows when the API is slow", async () => {
  let written = 0;
  const stop = AbortSignal.timeout(120_000);
  // The API responds only when the earlier days are in the database, except those requested concurrently.
  await using api = startMeters(async ({ number }) => {
    while (number > written + AT_ONCE && !stop.aborted) await delay(2);
    return undefined;
  });
  await using bench = await openBench(wideJob(api.url));
  const { summary } = await bench.run("2024-01-01", "2024-03-31", {
    signal: stop,
    onEvent: (event) => {
      if (event.kind === "window_done") written++;
    },
  });
  assertEquals([summary.outcome, written], ["done", 91]);
});

/** The most memory, in MB, that the process of a site's backfill holds until something has come to pass. */
async function mostMemory(file: string, until: Promise<unknown>): Promise<number> {
  let [most, over] = [0, false];
  until.then(() => over = true, () => over = true);
  while (!over) {
    for (const { command, megabytes } of await processes()) {
      if (command.includes("tasks/backfill.ts") && command.includes(file)) {
        most = Math.max(most, megabytes);
      }
    }
    await delay(50);
  }
  return most;
}

Deno.test("a backfill's process uses little memory when six streams are fast and the database stalls", async () => {
  await using api = startMeters(wideDays(10, PAGE_BYTES / 10));
  await using site = await openSite(manyStreams(api.url));
  await using other = openSql(site.databaseUrl);
  await using task = site.spawn("backfill", ["--start-date", FIRST, "--end-date", LAST]);
  const quiet = lockReadings(other).then(() => other.waits()).then(() => untilQuiet(api));
  const most = await mostMemory(site.file("job.yaml"), quiet);
  assert(most > 0 && most < 250, `${most} MB`);
  figure(
    `database blocked: ${Math.round(most)} MB at most, ${await quiet} pages of 3 MB requested`,
  );
  task.kill("SIGTERM");
});

longTest(
  "a backfill's process uses little memory when the API is slow and returns gigabytes",
  async () => {
    const days = daysOf("2020-01-01", "2024-01-01");
    const answer = wideDays(10, 100_000);
    await using api = startMeters(async (asked) => {
      await delay(20);
      return answer(asked);
    });
    await using site = await openSite(wideJob(api.url));
    const args = ["--start-date", days[0]!, "--end-date", days.at(-1)!];
    await using task = site.spawn("backfill", args, { timeoutMs: 300_000 });
    const most = await mostMemory(site.file("job.yaml"), task.result);
    const { code, stderr } = await task.result;
    assertEquals(code, 0, stderr);
    assert(most > 0 && most < 600, `${most} MB`);
    figure(`slow API: ${Math.round(most)} MB at most, ${days.length} days of 1 MB`);
  },
);
