// `kill -9` of an update by cron and of its workers, again and again; another process starts for each. At the end the
// database holds what it would hold without the kills.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { runJob } from "../../lib/run_job.ts";
import { chance } from "../support/chance.ts";
import type { RunningTask } from "../support/run_task.ts";
import { figure, longTest } from "./long.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { processes } from "./processes.ts";
import { openSite, PASSWORD, type Site } from "./site.ts";
import { openSql } from "./sql.ts";

const KILLS = Number(Deno.env.get("HINDCAST_KILLS") ?? 12);

/** The processes of a site, which update it or work on its update. */
async function processesOf(site: Site): Promise<{ pid: number; isUpdate: boolean }[]> {
  return (await processes()).filter(({ command }) =>
    command.includes(site.file("job.yaml")) && /tasks\/(cron|worker)\.ts/.test(command) &&
    !command.includes("launch.ts")
  ).map(({ pid, command }) => ({ pid, isUpdate: command.includes("tasks/cron.ts") }));
}

longTest("kills of an update and of its workers lose no row and double none", async () => {
  const random = chance("kills of an update");
  const ago = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  const days = daysOf(ago(500), ago(-1));
  await using api = startMeters();
  await using site = await openSite(meterJob(api.url, { source: "  concurrency: 2" }));
  await runJob(site.file("job.yaml"), {
    ...{ database: site.databaseUrl, checkpoint: site.file("program.db") },
    ...{ variables: { METER_PASSWORD: PASSWORD }, start: days[0]!, end: days[0]! },
  });
  api.spoil = async () => void await delay(100);
  const tasks: RunningTask[] = [];
  await using started = new AsyncDisposableStack();
  const start = (isUpdate: boolean) => {
    const [command, args] = isUpdate ? ["cron", ["--once"]] : ["worker", ["--wait", "20"]];
    const task = site.spawn(command as string, args as string[], { timeoutMs: 900_000 });
    tasks.push(started.use(task));
  };
  for (const isUpdate of [true, false, false]) start(isUpdate);
  for (let kill = 0; kill < KILLS; kill++) {
    const count = api.asked.length;
    while (api.asked.length < count + 20) await delay(20);
    const alive = await processesOf(site);
    const victim = alive[Math.floor(random() * alive.length)];
    assert(victim !== undefined, `the update ended after ${kill} kills`);
    try {
      Deno.kill(victim.pid, "SIGKILL");
    } catch { /* it has left meanwhile */ }
    start(victim.isUpdate);
    // Workers end with the update whose process was killed.
    if (victim.isUpdate) start(false);
  }
  await Promise.all(tasks.map(({ result }) => result));
  const { code, stdout } = await site.run("cron", ["--once"], { timeoutMs: 900_000 });
  assertEquals(code, 0, stdout);
  assertEquals(await site.rows(), tablesOf(days) as Record<string, unknown[]>);
  const times = api.timesAsked();
  assertEquals([...times.keys()].sort(), days);
  const twice = [...times].filter(([day, count]) => day < ago(1) && count > 1).length;
  figure(`${KILLS} kills of an update and its workers, ${twice} windows fetched more than once`);
  assert(twice <= KILLS * 3 * 24, `${twice} windows were fetched twice`);
  await using sql = openSql(site.databaseUrl);
  assertEquals(await sql.run("SELECT * FROM hindcast_claims"), []);
});
