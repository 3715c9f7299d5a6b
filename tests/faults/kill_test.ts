// `kill -9` at random moments: whatever the process was doing, the next `--resume` continues, and at the
// end the database holds what it would hold without the kill.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { startSandbox } from "../../lib/sandbox/server.ts";
import { chance } from "../support/chance.ts";
import { REPOSITORY } from "../support/repository.ts";
import { figure, longTest, size } from "./long.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { KINDS, openSite, type Site } from "./site.ts";

/** How the lives of a backfill ended. */
interface Lives {
  kills: number;
  /** Killed before the first request of that life. */
  beforeRequests: number;
}

/**
 * Starts a backfill and kills it, again and again; the last life is left alone. A life lasts a random time: from its
 * start in one of three, else from its first request.
 */
async function killAndResume(
  site: Site,
  args: readonly string[],
  kills: number,
  requests: () => number,
  longestMs: number,
): Promise<Lives> {
  const lives: Lives = { kills: 0, beforeRequests: 0 };
  const random = chance("kills");
  for (let life = 0; life < kills; life++) {
    const before = requests();
    await using task = site.spawn("backfill", [...args, "--resume"]);
    const ended = task.result.then(() => true);
    if (life % 3 > 0) {
      while (requests() === before && !await Promise.race([ended, delay(5)]));
    }
    if (await Promise.race([ended, delay(random() * longestMs)])) {
      const { code, stderr } = await task.result;
      throw new Error(`Cannot kill life ${life}: it ended with ${code}: ${stderr}`);
    }
    lives.kills++;
    if (requests() === before) lives.beforeRequests++;
    // Leaving the scope kills the whole process group with SIGKILL.
  }
  return lives;
}

/** Asserts that the backfill is complete: nothing is left to fetch, and nothing is requested. */
async function assertComplete(site: Site, args: readonly string[], requests: () => number) {
  const { stdout } = await site.run("backfill", [...args, "--check-status", "--json"]);
  assertEquals(JSON.parse(stdout).left, 0);
  const before = requests();
  const again = await site.run("backfill", [...args, "--resume"]);
  assertEquals([again.code, requests() - before], [0, 0], again.stderr);
}

for (const kind of KINDS) {
  Deno.test(`backfill() into ${kind} holds every row once when it was killed at random moments`, async () => {
    const kills = size(2, 50);
    const days = daysOf("2023-01-01", size("2023-02-20", "2024-07-01"));
    await using api = startMeters(async () => void await delay(30));
    const job = meterJob(api.url, { source: "  concurrency: 2" });
    await using site = await openSite(job, { database: kind });
    const args = ["--start-date", days[0]!, "--end-date", days.at(-1)!];

    const lives = await killAndResume(site, args, kills, () => api.asked.length, 600);
    const last = await site.run("backfill", [...args, "--resume"], { timeoutMs: 120_000 });
    assertEquals(last.code, 0, last.stderr);

    assertEquals(await site.rows(), tablesOf(days) as Record<string, unknown[]>);
    await assertComplete(site, args, () => api.asked.length);
    const times = api.timesAsked();
    assertEquals([...times.keys()].sort(), days);
    const twice = [...times.values()].filter((count) => count > 1).length;
    assert(twice <= kills * 4, `${twice} windows were fetched twice after ${kills} kills`);
    figure(
      `meters, ${kind}: ${lives.kills} kills (${lives.beforeRequests} before the first request), ` +
        `${days.length} windows, ${twice} fetched more than once`,
    );
  });
}

/** The racing job without its limits, so that a year takes minutes. */
const FAST = `job: racing
include: racing.yaml
source: { limits: 200/s }
streams:
  regions: { limits: 200/s }
  courses: { limits: 200/s }
  racecards: { limits: 200/s }
  results: { limits: 200/s }
`;

for (const kind of KINDS) {
  longTest(
    `backfill() of the racing job into ${kind} equals an undisturbed one when it was killed 50 times`,
    async () => {
      await using sandbox = await startSandbox({ limit: 0, latencyMs: 20 });
      const files = { "racing.yaml": await Deno.readTextFile(`${REPOSITORY}config/racing.yaml`) };
      const env = {
        RACING_API_URL: sandbox.url,
        RACING_API_USERNAME: sandbox.username,
        RACING_API_PASSWORD: sandbox.password,
      };
      const args = ["--start-date", "2024-01-01", "--end-date", "2024-06-30"];
      const requests = () => sandbox.counts.requests;
      const patient = { timeoutMs: 600_000 };

      await using calm = await openSite(FAST, { database: "postgres", env, files });
      assertEquals((await calm.run("backfill", args, patient)).code, 0);
      const undisturbed = requests();

      await using site = await openSite(FAST, { database: kind, env, files });
      const lives = await killAndResume(site, args, 50, requests, 900);
      const last = await site.run("backfill", [...args, "--resume"], patient);
      assertEquals(last.code, 0, last.stderr);
      const asked = requests() - undisturbed;

      await assertComplete(site, args, requests);
      const [rows, expected] = [await site.rows(), await calm.rows()];
      for (const table of Object.keys(expected)) assertEquals(rows[table], expected[table], table);
      figure(
        `racing, ${kind}: ${lives.kills} kills (${lives.beforeRequests} before the first request), ` +
          `${asked} requests where an undisturbed run sends ${undisturbed}, ` +
          `${Object.values(rows).reduce((sum, { length }) => sum + length, 0)} rows the same`,
      );
    },
  );
}
