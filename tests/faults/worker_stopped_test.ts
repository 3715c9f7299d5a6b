// A worker that was stopped for longer than its shares of two limits and its lease: when it continues, it sends
// nothing that the others do not know of, apart from requests that were on their way.
import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { parseRate } from "../../lib/plan/time/rate.ts";
import { strictServer } from "../fetch/rate/strict_world.ts";
import { crowded } from "./crowd.ts";
import { figure, longTest } from "./long.ts";
import { daysOf, meterJob, startMeters, tablesOf } from "./meter_api.ts";
import { processes } from "./processes.ts";
import { openSite } from "./site.ts";

/** Longer than the lease of a worker (15 s), and than that of a share (5 s). */
const STOPPED_MS = 17_000;
const IN_FLIGHT = 4;

longTest(
  "a worker that was stopped for longer than its leases exceeds no limit when it goes on",
  async () => {
    const days = daysOf("2022-01-01", "2023-07-01");
    // A tenth more than declared: late timers are no excess, the share of a third process is.
    const limiters = ["22/s", "1000/min"].map((text) => strictServer("log", parseRate(text)));
    let refused = 0;
    await using api = startMeters(() => {
      const now = performance.now();
      if (limiters.every((limiter) => limiter.admit(now).ok)) return undefined;
      refused++;
      return new Response("", { status: 429, headers: { "retry-after": "1" } });
    });
    const source = `  concurrency: ${IN_FLIGHT}\n  limits: [20/s, 900/min]`;
    await using site = await openSite(meterJob(api.url, { source }));
    const range = ["--start-date", days[0]!, "--end-date", days.at(-1)!];
    const timeoutMs = 240_000;
    await using run = site.spawn("backfill", [...range, "--workers", "3"], { timeoutMs });
    await crowded(site, 3);
    await delay(5_000);
    const { pid } = (await processes()).find(({ command }) =>
      command.includes(site.file("job.yaml")) && command.includes("--name w2") &&
      !command.includes("launch.ts")
    )!;
    Deno.kill(pid, "SIGSTOP");
    await delay(STOPPED_MS);
    Deno.kill(pid, "SIGCONT");
    const { code, stderr } = await run.result;
    assertEquals(code, 0, stderr);
    assertEquals(await site.rows(), tablesOf(days) as Record<string, unknown[]>);
    const twice = [...api.timesAsked().values()].filter((count) => count > 1).length;
    figure(
      `stopped for ${STOPPED_MS / 1000} s: ${refused} requests refused, ${twice} windows twice`,
    );
    assert(refused <= IN_FLIGHT, `${refused} requests were refused`);
  },
);
