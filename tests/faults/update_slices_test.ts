// A worker that shares an update over its slices: it leaves with the end of a slice, and continues with the next one.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { runJob } from "../../lib/run_job.ts";
import { longTest } from "./long.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { openSite, PASSWORD, type Site } from "./site.ts";
import { openSql } from "./sql.ts";

const DAY_MS = 86_400_000;
const dayAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

/** Resolves when the update and its worker have claimed windows in a slice that started after a moment. */
async function together(site: Site, sinceMs: number): Promise<void> {
  await using sql = openSql(site.databaseUrl);
  const claiming = `SELECT count(DISTINCT name)::int AS count FROM hindcast_claims
    JOIN hindcast_workers AS w USING (worker)
    WHERE w.started_at > '${new Date(sinceMs).toISOString()}'`;
  while ((await sql.run(claiming))[0]!.count !== 2) await delay(20);
}

longTest(
  "a worker continues with the next slice of an update, and what may still change is fetched once",
  async () => {
    const days = daysOf(dayAgo(30), dayAgo(-1));
    await using api = startMeters();
    const job = meterJob(api.url, { source: "  concurrency: 2", stream: "    settle: 60d" });
    // A slice starts windows for 18 seconds, and drops those in flight after 27.
    await using site = await openSite(job, { env: { BACKFILL_BUDGET: "30s" } });
    await runJob(site.file("job.yaml"), {
      ...{ database: site.databaseUrl, checkpoint: site.file("program.db") },
      ...{ variables: { METER_PASSWORD: PASSWORD }, start: days[0]!, end: dayAgo(2) },
    });
    const before = api.asked.length;
    const [meeting, next] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let passing = 8;
    api.spoil = async ({ from }) => {
      if (from >= dayAgo(1)) return undefined;
      await meeting.promise;
      if (passing-- <= 0) await next.promise;
      return undefined;
    };
    await using update = site.spawn("cron", ["--once"], { timeoutMs: 300_000 });
    await using worker = site.spawn("worker", ["--name", "helper"], { timeoutMs: 300_000 });
    await together(site, 0);
    meeting.resolve();
    await update.printed("continues in the next slice");
    await together(site, Date.now());
    next.resolve();
    const [first, second] = await Promise.all([update.result, worker.result]);
    assertEquals([first.code, second.code], [0, 0], first.stderr + second.stderr);
    assertStringIncludes(first.stdout, "update done");
    assertEquals(await site.rows(), tablesOf(days) as Record<string, unknown[]>);
    const times = new Map<string, number>();
    for (const { from, skip } of api.asked.slice(before)) {
      if (skip === 0) times.set(from, (times.get(from) ?? 0) + 1);
    }
    assertEquals([...times.keys()].sort(), days);
    // Two windows in flight at each of the two were dropped with the first slice.
    const twice = [...times].filter(([, count]) => count > 1).map(([day]) => day);
    assert(twice.length <= 4, `fetched more than once: ${twice.join(" ")}`);
    await using sql = openSql(site.databaseUrl);
    assertEquals(await sql.run("SELECT * FROM hindcast_claims"), []);
    const runs =
      "SELECT (summary->'windows'->'done')::int AS done FROM hindcast_runs WHERE kind = 'cron'";
    assertEquals(await sql.run(runs), [{ done: days.length }]);
  },
);
