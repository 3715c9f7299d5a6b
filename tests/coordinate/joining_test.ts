// Who may join a run in progress: a worker with the job file of the run, and `backfill --resume` for the same dates
// and streams. Everyone else sees what differs.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runJob } from "../../lib/run_job.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { delay } from "@std/async/delay";
import { crowded } from "../faults/crowd.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "../faults/meter_api.ts";
import { openSite, PASSWORD } from "../faults/site.ts";
import { openSql } from "../faults/sql.ts";

const DAYS = daysOf("2024-01-01", "2024-01-31");
const RANGE = ["--start-date", DAYS[0]!, "--end-date", DAYS.at(-1)!];

Deno.test("backfill --resume joins the run in progress; another job file, or other dates, are refused", async () => {
  const gate = Promise.withResolvers<void>();
  await using api = startMeters(({ number }) => number > 4 ? gate.promise : undefined);
  const text = meterJob(api.url, { source: "  concurrency: 2" });
  await using site = await openSite(text);
  await using run = site.spawn("backfill", RANGE);
  while (api.asked.length < 5) await delay(5);

  await Deno.writeTextFile(site.file("other.yaml"), text.replace("window: day", "window: 2d"));
  const other = await site.run("worker", ["--config", site.file("other.yaml"), "--name", "other"]);
  assertEquals(other.code, 2, other.stdout);
  assertStringIncludes(
    other.stderr,
    "other.yaml differs from the job file of the run in streams.readings",
  );
  const dates = await site.run("backfill", ["--resume", ...RANGE.with(1, "2023-01-01")]);
  assertEquals(dates.code, 1, dates.stdout);
  assertStringIncludes(dates.stderr, "Cannot start: job");

  await using helper = site.spawn("backfill", ["--resume"]);
  await helper.printed("joining it");
  await using sql = openSql(site.databaseUrl);
  const claims = "SELECT count(DISTINCT worker)::int AS count FROM hindcast_claims";
  while ((await sql.run(claims))[0]!.count !== 2) await delay(20);
  gate.resolve();
  const [first, second] = await Promise.all([run.result, helper.result]);
  assertEquals([first.code, second.code], [0, 0], first.stderr + second.stderr);
  assertEquals(await site.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
  assertEquals([...api.timesAsked().values()].filter((times) => times > 1), []);
});

Deno.test("backfill --resume joins a run that has taken the job and is not recorded yet", async () => {
  const gate = Promise.withResolvers<void>();
  await using api = startMeters(({ number }) => number > 4 ? gate.promise : undefined);
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
  const before = ["--start-date", "2023-01-01", "--end-date", "2023-01-01"];
  assertEquals((await site.run("backfill", before)).code, 0);
  await using sql = openSql(site.databaseUrl);
  // Runs can be read, but none can be recorded.
  await sql.run("BEGIN; LOCK TABLE hindcast_runs IN SHARE MODE");
  await using run = site.spawn("backfill", RANGE, { timeoutMs: 180_000 });
  await sql.waits();
  await using helper = site.spawn("backfill", ["--resume"], { timeoutMs: 180_000 });
  await helper.printed("to start");
  await sql.run("COMMIT");
  await helper.printed("joining it");
  await crowded(site, 2);
  gate.resolve();
  const [first, second] = await Promise.all([run.result, helper.result]);
  assertEquals([first.code, second.code], [0, 0], first.stderr + second.stderr);
});

Deno.test("workers leave when the run is interrupted where it was started, and return their claims", async () => {
  const gate = Promise.withResolvers<void>();
  await using api = startMeters(({ number }) => number > 4 ? gate.promise : undefined);
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
  await using run = site.spawn("backfill", [...RANGE, "--workers", "2"]);
  await using guest = site.spawn("worker", ["--name", "guest"]);
  await crowded(site, 3);
  run.kill("SIGINT");
  assertEquals((await run.result).code, 130);
  const { code, stderr } = await guest.result;
  assertEquals(code, 0, stderr);
  await using sql = openSql(site.databaseUrl);
  assertEquals(await sql.run("SELECT * FROM hindcast_claims"), []);
  gate.resolve();
  assertEquals((await site.run("backfill", ["--resume"])).code, 0);
  assertEquals(await site.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
});

Deno.test("worker joins a runJob() of another program, and the summary is that of both", async () => {
  const gate = Promise.withResolvers<void>();
  await using api = startMeters(({ number }) => number > 4 ? gate.promise : undefined);
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
  const running = runJob(site.file("job.yaml"), {
    ...{ database: site.databaseUrl, checkpoint: site.file("program.db") },
    ...{ variables: { METER_PASSWORD: PASSWORD }, start: DAYS[0]!, end: DAYS.at(-1)! },
  });
  await using helper = site.spawn("worker", ["--name", "helper"]);
  await crowded(site, 2);
  gate.resolve();
  const [{ ok, windows }, { code, stderr }] = [await running, await helper.result];
  assertEquals([ok, windows.done, windows.planned], [true, DAYS.length, DAYS.length]);
  assertEquals(code, 0, stderr);
  assertEquals(await site.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
  assertEquals([...api.timesAsked().values()].filter((times) => times > 1), []);
  await using sql = openSql(site.databaseUrl);
  const workers = await sql.run(
    "SELECT name, windows > 0 AS has_worked FROM hindcast_workers ORDER BY name",
  );
  assertEquals(workers, ["helper", "program"].map((name) => ({ name, has_worked: true })));
});

Deno.test("worker says who holds the job where nobody may join", async () => {
  await using api = startMeters();
  await using site = await openSite(meterJob(api.url));
  await using target = await openTarget(site.databaseUrl);
  await using _lock = await target.lock("meters", { run: "r", host: "here", pid: 7 });
  const { code, stderr } = await site.run("worker", ["--wait", "0"]);
  assertEquals(code, 2, stderr);
  assertStringIncludes(stderr, "fetch what is left: ");
  assertMatch(
    stderr,
    /is held by a process that does not share its run \(pid 7 on here since .+ UTC\)/,
  );
});
