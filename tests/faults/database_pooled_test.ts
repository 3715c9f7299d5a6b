// Whole commands through a real pgbouncer in transaction mode that serves other clients too: what works on a
// direct connection works there, however the previous run ended.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { HAS_PGBOUNCER, startPooler } from "../support/pgbouncer.ts";
import { sharedPostgres } from "../support/postgres_server.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { openSite } from "./site.ts";

const ARGS = ["--start-date", "2024-01-01", "--end-date", "2024-02-29"];
const DAYS = daysOf("2024-01-01", "2024-03-01");

Deno.test({
  name: "backfill, verify and checkpoint work through pgbouncer, again and after a kill",
  ignore: !HAS_PGBOUNCER,
  async fn() {
    const gate = Promise.withResolvers<void>();
    await using api = startMeters(async ({ number }) => {
      if (number > 10) await gate.promise;
      return undefined;
    });
    await using pooler = await startPooler(await (await sharedPostgres()).createDatabase());
    await using site = await openSite(meterJob(api.url), { database: { url: pooler.url } });
    {
      await using _killed = site.spawn("backfill", ARGS);
      while (api.asked.length <= 10) await delay(5);
      const second = await site.run("backfill", ARGS);
      assertEquals(second.code, 1, second.stdout);
      assertMatch(second.stderr, /^error: Cannot start: job "\w+" is being run by pid \d+ /m);
      // Leaving the scope kills the first one.
    }
    gate.resolve();
    const resumed = await site.run("backfill", [...ARGS, "--resume"], { timeoutMs: 60_000 });
    assertEquals(resumed.code, 0, resumed.stderr);
    assertMatch(
      resumed.stderr,
      /^note: Job "\w+" is locked by pid \d+ .* up to 1?\d s for it to respond$/m,
    );
    assertEquals(await site.rows(), tablesOf(DAYS) as Record<string, unknown[]>);

    for (const [command, ...args] of [["verify"], ["checkpoint", "--rebuild"], ["status"]]) {
      const { code, stderr } = await site.run(command!, args);
      assertEquals([command, code], [command, 0], stderr);
    }
    const again = await site.run("backfill", ARGS);
    assertEquals(again.code, 0, again.stderr);
    assertEquals(again.stderr.includes("note: "), false);
    assertStringIncludes(again.stdout, "done: 60 of 60 windows");
    assertEquals(await site.rows(), tablesOf(DAYS) as Record<string, unknown[]>);
  },
});
