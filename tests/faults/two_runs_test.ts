// Two runs at once: the second run of a job is refused and names the first; a dead holder blocks
// nobody; two jobs do not disturb each other; only one process writes to the folder of an embedded database.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { Failure } from "../../lib/failure.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { openBench } from "./in_process.ts";
import { daysOf, type MeterApi, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { processes } from "./processes.ts";
import { KINDS, openSite } from "./site.ts";
import { openSql } from "./sql.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-01-31"];
const DAYS = daysOf("2024-01-01", "2024-02-01");
type Tables = Record<string, unknown[]>;

/** An API that responds to some requests and then waits until the test lets it continue. */
function startStalled(): { api: MeterApi; goOn: () => void; stalled: () => Promise<void> } {
  const gate = Promise.withResolvers<void>();
  const api = startMeters(async ({ number }) => {
    if (number > 10) await gate.promise;
    return undefined;
  });
  const stalled = async () => {
    while (api.asked.length <= 10) await delay(5);
  };
  return { api, goOn: gate.resolve, stalled };
}

for (const kind of KINDS) {
  Deno.test(`backfill into ${kind} is refused while another one runs, and takes over when that was killed`, async () => {
    const { api, goOn, stalled } = startStalled();
    await using _api = api;
    await using site = await openSite(meterJob(api.url), { database: kind });
    {
      await using _first = site.spawn("backfill", ARGS);
      await stalled();

      const second = await site.run("backfill", ARGS);
      assertEquals(second.code, 1, second.stdout);
      assertMatch(second.stderr, /^error: Cannot .* by pid \d+ .*since \d{4}-\d\d-\d\d/m);
      assertMatch(second.stderr, /^hint: Wait until /m);
      const [, pid] = /pid (\d+)/.exec(second.stderr)!;
      assert((await processes()).some((one) => one.pid === Number(pid)), "that process runs");
      // Leaving the scope kills the first one.
    }
    goOn();
    const third = await site.run("backfill", [...ARGS, "--resume"]);
    assertEquals(third.code, 0, third.stderr);
    assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
  });
}

Deno.test("backfill() commits nothing after another run has taken its lock", async () => {
  await using api = startMeters();
  await using bench = await openBench(meterJob(api.url));
  await using other = await openTarget(bench.databaseUrl);
  await using sql = openSql(bench.databaseUrl);
  const before = (await bench.run("2024-01-01", "2024-01-05")).summary;
  assertEquals(before.outcome, "done");
  await sql.run("UPDATE hindcast_locks SET lease_until = now()");
  const holder = { run: "other", host: "elsewhere", pid: 4711 };
  await using _lock = await other.lock(bench.job.job, holder);
  const { error } = await bench.run("2024-01-06", "2024-01-31");
  assert(error instanceof Failure, String(error));
  assertEquals(error.kind, "locked");
  assertStringIncludes(error.message, "pid 4711 on elsewhere since ");
  const tables = tablesOf(daysOf("2024-01-01", "2024-01-06")) as Tables;
  assertEquals(await bench.rows(), tables);
});

Deno.test("two jobs on one database and one checkpoint file run at once and do not disturb each other", async () => {
  const { api, goOn, stalled } = startStalled();
  await using _api = api;
  await using site = await openSite(meterJob(api.url));
  await using first = site.spawn("backfill", ARGS);
  await stalled();
  await Deno.writeTextFile(site.file("other.yaml"), meterJob(api.url, { prefix: "other_" }));
  await using second = site.spawn("backfill", ["--config", site.file("other.yaml"), ...ARGS]);
  await second.printed("readings ");
  goOn();
  const [one, two] = await Promise.all([first.result, second.result]);
  assertEquals([one.code, two.code], [0, 0], one.stderr + two.stderr);
  const rows = await site.rows();
  const { meters = [], readings = [] } = tablesOf(DAYS) as Tables;
  assertEquals(rows, { meters, readings, other_meters: meters, other_readings: readings });
});
