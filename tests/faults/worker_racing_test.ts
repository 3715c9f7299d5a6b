// Eight workers write the eleven tables of the racing job side by side, horses and jockeys of many days in common: none
// deadlocks, and the tables equal those of one process alone.
import { assertEquals } from "@std/assert";
import { startSandbox } from "../../lib/sandbox/server.ts";
import { serve } from "../support/http_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { crowded } from "./crowd.ts";
import { figure, longTest } from "./long.ts";
import { openSite } from "./site.ts";
import { openSql } from "./sql.ts";

/** The racing job without its limits, with so few windows in flight that eight workers share two months. */
const FAST = `job: racing
include: racing.yaml
source: { limits: 500/s, concurrency: 4 }
streams:
  regions: { limits: 500/s }
  courses: { limits: 500/s }
  racecards: { limits: 500/s }
  results: { limits: 500/s }
`;

longTest(
  "eight workers of the racing job never deadlock, and write what one process writes",
  async () => {
    await using sandbox = await startSandbox({ limit: 0, latencyMs: 20 });
    const files = { "racing.yaml": await Deno.readTextFile(`${REPOSITORY}config/racing.yaml`) };
    const env = {
      RACING_API_URL: sandbox.url,
      RACING_API_USERNAME: sandbox.username,
      RACING_API_PASSWORD: sandbox.password,
    };
    const args = ["--start-date", "2024-01-01", "--end-date", "2024-03-31"];
    const patient = { timeoutMs: 900_000 };
    await using calm = await openSite(FAST, { env, files });
    assertEquals((await calm.run("backfill", args, patient)).code, 0);
    // The API responds once all workers take part.
    const gate = Promise.withResolvers<void>();
    await using gated = serve(async ({ url, headers }) => {
      const { pathname, search } = new URL(url);
      // The streams before these have one window each.
      if (/racecards|results/.test(pathname)) await gate.promise;
      return await fetch(sandbox.url + pathname + search, { headers });
    });
    await using site = await openSite(FAST, { env: { ...env, RACING_API_URL: gated.url }, files });
    await using run = site.spawn("backfill", [...args, "--workers", "8"], patient);
    await crowded(site, 8);
    gate.resolve();
    const shared = await run.result;
    assertEquals(shared.code, 0, shared.stderr);
    const [rows, expected] = [await site.rows(), await calm.rows()];
    for (const table of Object.keys(expected)) assertEquals(rows[table], expected[table], table);
    await using sql = openSql(site.databaseUrl);
    const [found] = await sql.run(
      `SELECT deadlocks::int, (SELECT count(*)::int FROM hindcast_workers
    WHERE windows > 0) AS workers FROM pg_stat_database WHERE datname = current_database()`,
    );
    assertEquals(found!.deadlocks, 0);
    figure(`racing: ${found!.workers} workers, ${Object.keys(rows).length} tables, no deadlock`);
  },
);
