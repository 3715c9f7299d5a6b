// Workers that join an update by cron: they share each of its phases, what they do counts for the update, and whoever
// dies or is stopped, nothing is missing and nothing is fetched twice without need.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { readArguments } from "../../lib/cli/arguments.ts";
import { CronService } from "../../lib/cli/cron/service.ts";
import { openJob } from "../../lib/cli/open_job.ts";
import { givenOptions, runFlags } from "../../lib/cli/run_options.ts";
import { readSettings } from "../../lib/cli/settings.ts";
import { runJob } from "../../lib/run_job.ts";
import { crowded } from "../faults/crowd.ts";
import {
  type Asked,
  daysOf,
  type MeterApi,
  meterJob,
  startMeters,
  tablesOf,
} from "../faults/meter_api.ts";
import { processes } from "../faults/processes.ts";
import { openSite, PASSWORD, type Site } from "../faults/site.ts";
import { openSql } from "../faults/sql.ts";
import { serve } from "../support/http_server.ts";

type Tables = Record<string, unknown[]>;

const DAY_MS = 86_400_000;
const dayAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
/** The days that an update fetches: yesterday and today, and before them those that no backfill has fetched. */
const [FIRST, YESTERDAY] = [dayAgo(20), dayAgo(1)];
const DAYS = daysOf(FIRST, dayAgo(-1));

/** Requests that wait until the test lets them pass: those of yesterday and today, and those of earlier days. */
function gates() {
  const [recent, earlier] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const spoil = ({ from }: Asked): Promise<void> | undefined => {
    if (from >= YESTERDAY) return recent.promise;
    return from === FIRST ? undefined : earlier.promise;
  };
  return { recent, earlier, spoil };
}

/** Starts take long on a busy machine. */
const PATIENT = { timeoutMs: 180_000 };

/** A site whose first day was fetched, so that an update has two phases. */
async function siteOf(api: MeterApi, more = ""): Promise<Site> {
  const site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }) + more, {
    env: { BACKFILL_BUDGET: "10m" },
  });
  await runJob(site.file("job.yaml"), {
    ...{ database: site.databaseUrl, checkpoint: site.file("program.db"), start: FIRST },
    ...{ variables: { METER_PASSWORD: PASSWORD }, end: FIRST },
  });
  return site;
}

/** The update service of another machine, which has a checkpoint of its own. */
async function isolateOf(site: Site) {
  Deno.env.set("METER_PASSWORD", PASSWORD);
  const job = await openJob(site.file("job.yaml"));
  const settings: Record<string, string> = {
    ...{ DATABASE_URL: site.databaseUrl, BACKFILL_KV: site.file("isolate.db") },
  };
  const service = new CronService({
    ...{ job, given: givenOptions(job, readArguments([], runFlags(job)), Date.now()) },
    settings: { ...readSettings((name) => settings[name]), logsFolder: undefined },
    ...{ schedule: "0 5 * * *", budgetMs: 600_000, signal: new AbortController().signal },
    ...{ access: { hostname: "127.0.0.1", password: undefined }, say: () => {} },
  });
  return { service, [Symbol.dispose]: () => Deno.env.delete("METER_PASSWORD") };
}

/** Resolves when the update claims its windows, because it knows of another worker. */
async function shared(site: Site): Promise<void> {
  await crowded(site, 1);
}

async function assertWhole(site: Site, api: MeterApi, mostTwice: number): Promise<void> {
  assertEquals(await site.rows(), tablesOf(DAYS) as Tables);
  const times = api.timesAsked();
  assertEquals([...times.keys()].sort(), DAYS);
  const twice = [...times].filter(([, count]) => count > 1).map(([day]) => day);
  assert(twice.length <= mostTwice, `fetched more than once: ${twice.join(" ")}`);
  await using sql = openSql(site.databaseUrl);
  assertEquals(await sql.run("SELECT * FROM hindcast_claims"), []);
}

Deno.test("a worker and another isolate join each phase of an update, which counts what they did", async () => {
  const { recent, earlier, spoil } = gates();
  await using api = startMeters(spoil);
  const reported: string[] = [];
  await using hook = serve(async (request) => {
    reported.push((await request.json()).event);
    return new Response();
  });
  await using site = await siteOf(api, `notify: { url: "${hook.url}" }\n`);
  await using update = site.spawn("cron", ["--once"], PATIENT);
  while (api.asked.length < 3) await delay(5);
  await using worker = site.spawn("worker", ["--name", "helper", "--wait", "0"], PATIENT);
  await shared(site);
  const text = await Deno.readTextFile(site.file("job.yaml"));
  await Deno.writeTextFile(site.file("other.yaml"), text.replace("window: day", "window: 2d"));
  const other = await site.run("worker", ["--config", site.file("other.yaml")]);
  assertEquals(other.code, 2, other.stdout);
  assertStringIncludes(other.stderr, "job file of the run in streams.readings");
  using isolate = await isolateOf(site);
  const helping = isolate.service.update(true);
  recent.resolve();
  await crowded(site, 3);
  const { stdout } = await site.run("status", ["--json"]);
  const names = JSON.parse(stdout).workers.map(({ name }: { name: string }) => name);
  assertEquals(names.sort(), ["cron", "helper", `${Deno.hostname()}:${Deno.pid}`].sort());
  worker.kill("SIGINT");
  assertEquals((await worker.result).code, 130);
  earlier.resolve();
  const [{ code, stdout: told, stderr }, helped] = await Promise.all([update.result, helping]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(told, `update done: ${DAYS.length - 1} windows`);
  assertEquals([helped?.outcome, helped?.message], [
    "more",
    "helped with the update of another process",
  ]);
  assert(helped!.windows.done > 0);
  assertEquals((await isolate.service.health()).more, false, "the update is not its own");
  assertEquals(reported, ["done", "done", "done"], "one of the backfill, one of each phase");
  // The worker had two windows in flight.
  await assertWhole(site, api, 2);
  await using sql = openSql(site.databaseUrl);
  const runs = `SELECT (summary->'windows'->'done')::int AS done, ended_at IS NOT NULL AS ended
    FROM hindcast_runs WHERE kind = 'cron'`;
  assertEquals(await sql.run(runs), [{ done: DAYS.length - 1, ended: true }]);
});

Deno.test("an update whose process is killed ends for its workers too, and the next one continues", async () => {
  const { recent, earlier, spoil } = gates();
  await using api = startMeters(spoil);
  await using site = await siteOf(api);
  await using update = site.spawn("cron", ["--once"], PATIENT);
  while (api.asked.length < 3) await delay(5);
  await using helper = site.spawn("worker", ["--name", "helper"], PATIENT);
  await shared(site);
  recent.resolve();
  await crowded(site, 2);
  for (const { pid, command } of await processes()) {
    if (!command.includes(site.file("job.yaml")) || command.includes("launch.ts")) continue;
    if (/tasks\/cron\.ts/.test(command)) Deno.kill(pid, "SIGKILL");
  }
  const { code, stderr } = await helper.result;
  assertEquals(code, 0, stderr);
  await update.result;
  earlier.resolve();
  const next = await site.run("cron", ["--once"]);
  assertEquals(next.code, 0, next.stderr);
  assertStringIncludes(next.stdout, "update done");
  // Those of today are fetched by each update; of the others, two windows were in flight at each of the two.
  await assertWhole(site, api, 6);
});
