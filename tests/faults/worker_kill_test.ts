// `kill -9` of the workers of one run, again and again: of any, of several, of the one that started it; another one
// joins for each. At the end the database holds what it would hold without the kills. Also a link that breaks.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { crowded, startForCrowd } from "./crowd.ts";
import { chance } from "../support/chance.ts";
import type { RunningTask } from "../support/run_task.ts";
import { startProxy } from "../upsert/proxy.ts";
import { figure, longTest } from "./long.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { processes } from "./processes.ts";
import { openSite, type Site } from "./site.ts";
import { openSql } from "./sql.ts";

const KILLS = Number(Deno.env.get("HINDCAST_KILLS") ?? 50);

/** The processes that work on the run of a site. */
async function workersOf(site: Site): Promise<number[]> {
  return (await processes()).filter(({ command }) =>
    command.includes(site.file("job.yaml")) && /tasks\/(backfill|worker)\.ts/.test(command) &&
    !command.includes("launch.ts")
  ).map(({ pid }) => pid);
}

longTest("50 kills of four workers over one backfill lose no row and double none", async () => {
  const random = chance("kills of workers");
  const days = daysOf("2018-01-01", "2023-01-01");
  await using api = startMeters(async () => void await delay(100));
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
  const range = ["--start-date", days[0]!, "--end-date", days.at(-1)!];
  const tasks: RunningTask[] = [];
  await using started = new AsyncDisposableStack();
  const start = (command: string, args: string[]) =>
    tasks.push(started.use(site.spawn(command, args, { timeoutMs: 900_000 })));
  start("backfill", [...range, "--workers", "4"]);
  while (api.timesAsked().size < 20) await delay(20);
  for (let kill = 0; kill < KILLS; kill++) {
    const alive = await workersOf(site);
    assert(alive.length > 0, `the run ended after ${kill} kills`);
    // Now and then two at once.
    const count = random() < 0.2 && alive.length > 2 ? 2 : 1;
    for (let one = 0; one < count; one++) {
      const [pid] = alive.splice(Math.floor(random() * alive.length), 1);
      try {
        Deno.kill(pid!, "SIGKILL");
      } catch { /* it has left meanwhile */ }
      start("worker", ["--name", `k${kill}${one}`, "--wait", "20"]);
    }
    await delay(300 + 700 * random());
  }
  await Promise.all(tasks.map(({ result }) => result));
  assertEquals(await site.rows(), tablesOf(days) as Record<string, unknown[]>);
  const times = api.timesAsked();
  assertEquals([...times.keys()].sort(), days);
  const twice = [...times.values()].filter((count) => count > 1).length;
  figure(`${KILLS} kills of workers, ${days.length} windows, ${twice} fetched more than once`);
  assert(twice <= KILLS * 2 * 24, `${twice} windows were fetched twice`);
  await using sql = openSql(site.databaseUrl);
  assertEquals(await sql.run("SELECT * FROM hindcast_claims"), []);
});

Deno.test("a worker whose link to the database breaks leaves its windows to the others", async () => {
  const days = daysOf("2023-01-01", "2023-04-01");
  const crowd = { isThere: false };
  await using api = startForCrowd(crowd);
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
  const address = new URL(site.databaseUrl);
  const proxy = startProxy(Number(address.port));
  address.port = String(proxy.port);
  const range = ["--start-date", days[0]!, "--end-date", days.at(-1)!];
  await using run = site.spawn("backfill", [...range, "--workers", "2"]);
  while (api.timesAsked().size < 5) await delay(5);
  await using _guest = site.spawn("worker", ["--name", "guest"], {
    env: { DATABASE_URL: address.href },
  });
  await crowded(site, 3);
  crowd.isThere = true;
  // Nothing answers on its port any more.
  await proxy[Symbol.asyncDispose]();
  assertEquals((await run.result).code, 0);
  assertEquals(await site.rows(), tablesOf(days) as Record<string, unknown[]>);
});
