// SIGINT and SIGTERM at any moment: exit 130 within five seconds, the state saved, the next command printed.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { chance } from "../support/chance.ts";
import type { RunningTask, TaskResult } from "../support/run_task.ts";
import { size } from "./long.ts";
import { type MeterApi, meterJob, type Spoil, startMeters } from "./meter_api.ts";
import { openSite, type Site } from "./site.ts";
import { openSql, type OtherSession } from "./sql.ts";

const DAYS = ["--start-date", "2024-01-01", "--end-date", "2024-03-31"];
/** Deno Deploy kills five seconds after SIGINT. */
const LONGEST_MS = 5000;
const STEP_MS = 20;

/**
 * How long something takes, by steps of this process: a machine that has no time for anybody, which test
 * machines may be for many seconds, has none for this clock either.
 */
async function fairMs(promise: Promise<unknown>): Promise<number> {
  let [ms, over] = [0, false];
  promise.finally(() => over = true);
  while (!over) {
    const from = performance.now();
    await Promise.race([promise, delay(STEP_MS)]);
    ms += Math.min(performance.now() - from, 2 * STEP_MS);
  }
  return ms;
}

/** Signals a task and returns how it ended and after how long. */
async function stop(
  task: RunningTask,
  signal: Deno.Signal,
): Promise<TaskResult & { ms: number }> {
  const over = await Promise.race([task.result, delay(0)]);
  if (over !== undefined) throw new Error(`Cannot signal a run that has ended: ${over.stderr}`);
  task.kill(signal);
  const ms = await fairMs(task.result);
  return { ...await task.result, ms };
}

function assertStopped({ code, ms, stdout, stderr }: TaskResult & { ms: number }): void {
  assertEquals(code, 130, stdout + stderr);
  assert(ms < LONGEST_MS, `it took ${ms} ms`);
}

async function asked(api: MeterApi, requests: number): Promise<void> {
  while (api.asked.length < requests) await delay(5);
}

/** Asserts that what is done is kept, and that the next run completes it. */
async function assertResumes(site: Site, api: MeterApi): Promise<void> {
  api.spoil = () => undefined;
  const resumed = await site.run("backfill", ["--resume", "--json"]);
  assertEquals([resumed.code, JSON.parse(resumed.stdout).ok], [0, true], resumed.stderr);
}

/** A response that arrives too slowly to ever be complete. */
const drip: Spoil = () => {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await delay(50);
      controller.enqueue(new TextEncoder().encode(" "));
    },
  });
  return new Response(body);
};

Deno.test("backfill exits with 130 and prints how to continue when it gets a signal while it fetches", async () => {
  await using api = startMeters(async () => void await delay(20));
  await using site = await openSite(meterJob(api.url));
  await using task = site.spawn("backfill", DAYS);
  await asked(api, 20);
  const stopped = await stop(task, "SIGINT");
  assertStopped(stopped);
  assertStringIncludes(stopped.stdout, "interrupted: ");
  assertMatch(stopped.stdout, /next {3}deno task backfill --config \S+ --resume\n/);
  assert((await site.rows()).readings!.length > 0, "nothing was kept");
  await assertResumes(site, api);
});

Deno.test("backfill exits with 130 when it gets a signal while the API responds slowly", async () => {
  await using api = startMeters(drip);
  await using site = await openSite(meterJob(api.url));
  await using task = site.spawn("backfill", DAYS);
  await asked(api, 2);
  const stopped = await stop(task, "SIGTERM");
  assertStopped(stopped);
  assertMatch(stopped.stdout, /next {3}deno task backfill --config \S+ --resume\n/);
});

/** Starts a backfill and returns when it waits for a table that another session has locked. */
async function hanging(site: Site, api: MeterApi, other: OtherSession): Promise<RunningTask> {
  api.spoil = async ({ number }) => {
    if (number === 20) await other.run("BEGIN; LOCK TABLE readings IN ACCESS EXCLUSIVE MODE");
  };
  const task = site.spawn("backfill", DAYS);
  await asked(api, 20);
  await other.waits();
  return task;
}

Deno.test("backfill exits with 130 when it gets a signal while a table of the database is locked", async () => {
  await using api = startMeters();
  await using site = await openSite(meterJob(api.url));
  await using other = openSql(site.databaseUrl);
  await using task = await hanging(site, api, other);
  const stopped = await stop(task, "SIGTERM");
  await other.run("ROLLBACK");
  assertStopped(stopped);
  assertMatch(stopped.stdout, /next {3}deno task backfill --config \S+ --resume\n/);
  await assertResumes(site, api);
});

Deno.test("backfill exits at once on a second signal", async () => {
  await using api = startMeters();
  await using site = await openSite(meterJob(api.url));
  await using other = openSql(site.databaseUrl);
  await using task = await hanging(site, api, other);
  task.kill("SIGINT");
  await task.printed("stopping");
  await delay(300);
  const stopped = await stop(task, "SIGINT");
  assertEquals(stopped.code, 130);
  assert(stopped.ms < 2000, `it took ${stopped.ms} ms`);
});

Deno.test("backfill exits with 130 when it gets a signal as it starts", async () => {
  await using api = startMeters();
  const random = chance("signals");
  for (let attempt = 0; attempt < size(1, 40); attempt++) {
    const signal = attempt % 2 === 0 ? "SIGINT" : "SIGTERM";
    await using site = await openSite(meterJob(api.url), { database: "new pglite" });
    await using task = site.spawn("backfill", DAYS);
    await delay(random() * 1500);
    const stopped = await stop(task, signal);
    // Deno itself is ended by SIGTERM with 143 until the first line of the launcher has run.
    const begun = [...Deno.readDirSync(site.folder)].length > 1;
    assertStopped(stopped.code === 143 && !begun ? { ...stopped, code: 130 } : stopped);
  }
});
