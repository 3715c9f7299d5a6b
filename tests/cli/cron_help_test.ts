// What a service of updates does where a backfill of its job is in progress, as an isolate of Deno Deploy: it helps,
// leaves nothing behind, and its update follows.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { CronService } from "../../lib/cli/cron/service.ts";
import { openJob } from "../../lib/cli/open_job.ts";
import { givenOptions, runFlags } from "../../lib/cli/run_options.ts";
import { readArguments } from "../../lib/cli/arguments.ts";
import { readSettings } from "../../lib/cli/settings.ts";
import { openKv } from "../../lib/checkpoint/open_kv.ts";
import { crowded } from "../faults/crowd.ts";
import { daysOf, meterJob, startMeters } from "../faults/meter_api.ts";
import { openSite, PASSWORD } from "../faults/site.ts";

const DAYS = daysOf("2024-01-01", "2024-01-31");

Deno.test("the update service helps a backfill that holds its job, and updates afterwards", async () => {
  const gate = Promise.withResolvers<void>();
  await using api = startMeters(({ number }) => number > 4 ? gate.promise : undefined);
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
  await using run = site.spawn("backfill", [
    ...["--start-date", DAYS[0]!, "--end-date", DAYS.at(-1)!, "--workers", "2"],
  ]);
  while (api.asked.length < 5) await delay(5);
  Deno.env.set("METER_PASSWORD", PASSWORD);
  const kvPath = site.file("isolate.db");
  const job = await openJob(site.file("job.yaml"));
  const settings: Record<string, string> = { DATABASE_URL: site.databaseUrl, BACKFILL_KV: kvPath };
  const service = new CronService({
    ...{ job, given: givenOptions(job, readArguments([], runFlags(job)), Date.now()) },
    settings: { ...readSettings((name) => settings[name]), logsFolder: undefined },
    ...{ schedule: "0 5 * * *", budgetMs: 600_000, signal: new AbortController().signal },
    ...{ access: { hostname: "127.0.0.1", password: undefined }, say: () => {} },
  });
  const helping = service.update(true);
  await crowded(site, 3);
  gate.resolve();
  const [{ code, stderr }, report] = await Promise.all([run.result, helping]);
  assertEquals([code, report?.outcome], [0, "more"], stderr + JSON.stringify(report));
  assert(report!.windows.done > 0);
  assertEquals([...api.timesAsked()].filter(([, times]) => times > 1), []);
  assertEquals([...api.timesAsked().keys()].sort(), DAYS);
  using kv = await openKv(kvPath);
  const left = await Array.fromAsync(kv.list({ prefix: [] }), ({ key }) => key.slice(0, 2).join());
  assertEquals(left.filter((key) => key !== "hindcast,layout"), ["hindcast,cron"]);
  assertEquals((await service.goOn(true))?.outcome, "done");
  Deno.env.delete("METER_PASSWORD");
});
