// The database, or the pooler in front of it, restarts under four workers of one run: all of them continue, the rows
// are those of the API, and no window is fetched again that was not in flight.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { HAS_PGBOUNCER, startPooler } from "../support/pgbouncer.ts";
import { type PostgresServer, startPostgres } from "../support/postgres_server.ts";
import { crowded, startForCrowd } from "./crowd.ts";
import { longTest, size } from "./long.ts";
import { daysOf, meterJob, tablesOf } from "./meter_api.ts";
import { openSite } from "./site.ts";
import { openSql } from "./sql.ts";

const WORKERS = 4;
const IN_FLIGHT = 2;
const DAYS = daysOf("2022-01-01", size("2022-04-01", "2023-01-01"));
const RANGE = ["--start-date", DAYS[0]!, "--end-date", DAYS.at(-1)!];

/** Runs the workers, and restarts what a test restarts after so many requests. */
async function restartUnder(url: string, restarts: (() => Promise<void>)[]): Promise<void> {
  const crowd = { isThere: false };
  await using api = startForCrowd(crowd);
  const job = meterJob(api.url, { source: `  concurrency: ${IN_FLIGHT}` });
  await using site = await openSite(job, { database: { url } });
  const timeoutMs = 180_000;
  await using run = site.spawn("backfill", [...RANGE, "--workers", `${WORKERS}`], { timeoutMs });
  await crowded(site, WORKERS);
  crowd.isThere = true;
  for (const restart of restarts) {
    const asked = api.asked.length;
    while (api.asked.length < asked + 40) await delay(5);
    await restart();
  }
  const { code, stderr } = await run.result;
  assertEquals(code, 0, stderr);
  assertEquals(await site.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
  const times = api.timesAsked();
  assertEquals([...times.keys()].sort(), DAYS);
  const twice = [...times.values()].filter((count) => count > 1).length;
  assert(twice <= WORKERS * IN_FLIGHT * restarts.length, `${twice} windows were fetched twice`);
  await using sql = openSql(url);
  assertEquals(await sql.run("SELECT * FROM hindcast_claims"), []);
  const workers = await sql.run("SELECT name FROM hindcast_workers WHERE windows > 0");
  assertEquals(workers.length, WORKERS, stderr);
}

/** Stops the server, and starts it after so many milliseconds. */
function restartOf(server: PostgresServer, mode: "immediate" | "fast", awayMs = 0) {
  return async () => {
    await server.stop(mode);
    await delay(awayMs);
    await server.start();
  };
}

Deno.test("four workers continue when the database is restarted", async () => {
  await using server = await startPostgres();
  const restarts = [restartOf(server, "immediate"), restartOf(server, "fast")];
  await restartUnder(await server.createDatabase(), restarts.slice(0, size(1, 2)));
});

longTest(
  "the database is away for longer than a lease under four workers, and all of them go on",
  async () => {
    await using server = await startPostgres();
    await restartUnder(await server.createDatabase(), [restartOf(server, "fast", 17_000)]);
  },
);

longTest(
  "pgbouncer is killed and started again under four workers, and all of them go on",
  async () => {
    if (!HAS_PGBOUNCER) return;
    await using server = await startPostgres();
    await using pooler = await startPooler(await server.createDatabase(), { isQuiet: true });
    await restartUnder(pooler.url, [pooler.restart, pooler.restart]);
  },
);
