// Whole commands that share a run: every row is as the API has it, each window is fetched once, and twice only
// where a worker died; whoever dies, the others finish.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { type Crowd, crowded, startForCrowd } from "../faults/crowd.ts";
import { daysOf, type MeterApi, meterJob, tablesOf } from "../faults/meter_api.ts";
import { processes } from "../faults/processes.ts";
import { openSite, type Site } from "../faults/site.ts";
import { openSql } from "../faults/sql.ts";

type Tables = Record<string, unknown[]>;

const DAYS = daysOf("2023-01-01", "2023-03-12");
const RANGE = ["--start-date", DAYS[0]!, "--end-date", DAYS.at(-1)!];

/** The API, which takes a while for each response. */
function startSlow(crowd: Crowd = { isThere: true }): MeterApi {
  return startForCrowd(crowd);
}

async function siteOf(api: MeterApi): Promise<Site> {
  return await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
}

/** The processes of a command in a site, by the names of the workers; the backfill itself is w1. */
async function workersOf(site: Site): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { pid, command } of await processes()) {
    if (!command.includes(site.file("job.yaml")) || command.includes("launch.ts")) continue;
    if (/tasks\/backfill\.ts/.test(command)) found.set("w1", pid);
    const [, name] = /tasks\/worker\.ts.*--name (\S+)/.exec(command) ?? [];
    if (name !== undefined) found.set(name, pid);
  }
  return found;
}

/** Resolves when so many windows were requested. */
async function requested(api: MeterApi, count: number): Promise<void> {
  while (api.timesAsked().size < count) await delay(5);
}

async function assertWhole(site: Site, api: MeterApi, mostTwice: number): Promise<void> {
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
  const times = api.timesAsked();
  assertEquals([...times.keys()].sort(), DAYS);
  const twice = [...times].filter(([, count]) => count > 1).map(([day]) => day);
  assert(twice.length <= mostTwice, `fetched more than once: ${twice.join(" ")}`);
  const { stdout } = await site.run("backfill", [...RANGE, "--check-status", "--json"]);
  assertEquals(JSON.parse(stdout).left, 0);
  await using sql = openSql(site.databaseUrl);
  assertEquals(await sql.run("SELECT * FROM hindcast_claims"), []);
  const runs = await sql.run("SELECT ended_at IS NOT NULL AS ended FROM hindcast_runs");
  assertEquals(runs, [{ ended: true }]);
}

Deno.test("backfill --workers shares a run: each window is fetched once, and the summary covers all workers", async () => {
  const crowd = { isThere: false };
  await using api = startSlow(crowd);
  await using site = await siteOf(api);
  const running = site.run("backfill", [...RANGE, "--workers", "3", "--json"]);
  await crowded(site, 3);
  crowd.isThere = true;
  const run = await running;
  assertEquals(run.code, 0, run.stderr);
  const { windows, outcome } = JSON.parse(run.stdout);
  assertEquals([outcome, windows.done, windows.planned], ["done", DAYS.length, DAYS.length]);
  await assertWhole(site, api, 0);
  await using sql = openSql(site.databaseUrl);
  const workers = await sql.run(
    "SELECT name, windows > 0 AS has_worked FROM hindcast_workers ORDER BY name",
  );
  assertEquals(workers, ["w1", "w2", "w3"].map((name) => ({ name, has_worked: true })), run.stderr);
  assertStringIncludes(run.stderr, "[w2] ");
});

Deno.test("a killed worker leaves nothing behind, even if it started the run", async () => {
  const crowd = { isThere: false };
  await using api = startSlow(crowd);
  await using site = await siteOf(api);
  await using run = site.spawn("backfill", [...RANGE, "--workers", "4"]);
  await crowded(site, 4);
  crowd.isThere = true;
  await requested(api, 20);
  const workers = await workersOf(site);
  assertEquals(workers.size, 4);
  Deno.kill(workers.get("w3")!, "SIGKILL");
  await requested(api, 45);
  Deno.kill(workers.get("w1")!, "SIGKILL");
  const { stderr } = await run.result;
  // Each of the two had at most a claim of two windows or two in flight, in each of two streams.
  await assertWhole(site, api, 16);
  assert(!stderr.includes("deadlock"), stderr);
});

Deno.test("a worker that was stopped for longer than its lease commits nothing when it continues, and joins again", async () => {
  const crowd = { isThere: false };
  await using api = startSlow(crowd);
  await using site = await siteOf(api);
  await using run = site.spawn("backfill", [...RANGE, "--workers", "2"]);
  await crowded(site, 2);
  crowd.isThere = true;
  await requested(api, 20);
  const stopped = (await workersOf(site)).get("w2")!;
  Deno.kill(stopped, "SIGSTOP");
  await using sql = openSql(site.databaseUrl);
  await sql.run(`UPDATE hindcast_locks SET lease_until = now() WHERE job =
    (SELECT 'worker ' || worker FROM hindcast_workers WHERE name = 'w2')`);
  const claims =
    `SELECT count(*)::int AS count FROM hindcast_claims JOIN hindcast_workers USING (worker)
    WHERE name = 'w2'`;
  while ((await sql.run(claims))[0]!.count !== 0) await delay(20);
  await requested(api, 50);
  Deno.kill(stopped, "SIGCONT");
  const { code, stderr } = await run.result;
  assertEquals(code, 0, stderr);
  await assertWhole(site, api, 16);
});

Deno.test("worker joins a backfill that was started alone, and returns its claims when it is stopped", async () => {
  const crowd = { isThere: false };
  await using api = startSlow(crowd);
  await using site = await siteOf(api);
  await using run = site.spawn("backfill", RANGE);
  await requested(api, 4);
  await using worker = site.spawn("worker", ["--name", "guest"]);
  await crowded(site, 2);
  worker.kill("SIGINT");
  crowd.isThere = true;
  assertEquals((await worker.result).code, 130);
  await using sql = openSql(site.databaseUrl);
  const guest = await sql.run(`SELECT count(c.worker)::int AS claims FROM hindcast_workers AS w
    LEFT JOIN hindcast_claims AS c USING (worker) WHERE w.name = 'guest'`);
  assertEquals(guest, [{ claims: 0 }]);
  const { code, stdout } = await run.result;
  assertEquals(code, 0);
  assertStringIncludes(stdout, "another worker has joined the run");
  await assertWhole(site, api, 4);
});

Deno.test("worker says what to do when there is no run to join", async () => {
  await using api = startSlow();
  await using site = await siteOf(api);
  const none = await site.run("worker", ["--wait", "0"]);
  assertEquals(none.code, 2);
  assertStringIncludes(none.stderr, "no run of job");
  await using embedded = await openSite(meterJob(api.url), { database: "pglite" });
  const { code, stderr } = await embedded.run("backfill", ["--workers", "2"]);
  assertEquals(code, 2, stderr);
  assertStringIncludes(stderr, "an embedded database can be used by one process only");
});

Deno.test("backfill --resume starts after all workers of a run were killed at once", async () => {
  await using api = startSlow();
  await using site = await siteOf(api);
  {
    await using _run = site.spawn("backfill", [...RANGE, "--workers", "2"]);
    await requested(api, 20);
    // Leaving the scope kills them all.
  }
  const { code, stderr } = await site.run("backfill", ["--resume"]);
  assertEquals(code, 0, stderr);
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
});
