// Prints which share of the allowed rate whole runs use: racecards and results side by side, HTTP, JSON,
// extraction, PostgreSQL and checkpoint included, against the sandbox in another process.
//
//     deno run -A tests/bench/run_rate_bench.ts [--requests 60] [--limits 2,5] [--latencies 50,400,2000]
import { parseArgs } from "@std/cli/parse-args";
import { parseRate, type Rate } from "../../lib/plan/time/rate.ts";
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import { limitKinds } from "../../lib/sandbox/rate_limit.ts";
import type { LimitKind } from "../../lib/sandbox/rate_limit.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { tempDir } from "../support/temp.ts";
import { startPageServer } from "./page_server.ts";
import { quantile, racingRun, type Ran } from "./racing_run.ts";

/** What is measured. */
export interface RunRateOptions {
  readonly limits: readonly number[];
  readonly latenciesMs: readonly number[];
  readonly jitterMs: number;
  readonly kinds: readonly LimitKind[];
  /** Requests of each run, about. */
  readonly requests: number;
}

const FIRST = parseCivil("2024-03-01")!;

/** Runs the benchmark and prints a line a cell. */
export async function runRateBench(options: RunRateOptions): Promise<void> {
  await using server = await startPostgres();
  await using pages = await startPageServer();
  // A day takes one request for its card and about half a one for its results.
  const days = Math.max(1, Math.round(options.requests / 1.5));
  const run = async (limits: Rate[]) => {
    using folder = tempDir();
    const databaseUrl = await server.createDatabase();
    return await racingRun({
      ...{ url: pages.url, databaseUrl, kvPath: folder.file("kv.db"), limits },
      start: formatDay(FIRST),
      end: formatDay(FIRST + (days - 1) * MINUTES_PER_DAY),
    });
  };
  // The server makes its pages once before they are requested at a rate.
  await run([]);
  for (const limit of options.limits) {
    for (const latencyMs of options.latenciesMs) {
      for (const limitKind of options.kinds) {
        await pages.behave({ limit, latencyMs, limitKind, jitterMs: options.jitterMs });
        const ran = await run([parseRate(`${limit}/s`)]);
        print(`${limit}/s ${String(latencyMs).padStart(4)} ms ${limitKind.padEnd(11)}`, limit, ran);
      }
      await pages.behave({});
    }
  }
}

function print(name: string, limit: number, ran: Ran): void {
  const { racecards = [], results = [] } = ran.sentAt;
  const sent = [...racecards, ...results].sort((a, b) => a - b);
  const seconds = (sent.at(-1)! - sent[0]!) / 1000;
  const used = (sent.length - 1) / limit / seconds;
  const longer = seconds / (sent.length / limit) - 1;
  const both = Math.min(racecards.at(-1)!, results.at(-1)!);
  const share = (times: number[]) => times.filter((at) => at <= both).length;
  console.log(
    [
      name,
      `${sent.length} requests ${(100 * used).toFixed(2)} % of the rate, ${
        (100 * longer).toFixed(2)
      } % over N/R`,
      `${ran.summary.refused} refused`,
      `side by side ${share(racecards)} racecards and ${share(results)} results`,
      `event loop late ${quantile(ran.lateMs, 0.99).toFixed(1)} ms at p99, ${
        quantile(ran.ownLateMs, 0.99).toFixed(1)
      } ms of it its own`,
    ].join("   "),
  );
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["requests", "limits", "latencies", "jitter", "kinds"],
    default: {
      ...{ requests: "60", limits: "2,5", latencies: "50,400,2000", jitter: "8" },
      kinds: limitKinds.join(","),
    },
  });
  await runRateBench({
    limits: flags.limits.split(",").map(Number),
    latenciesMs: flags.latencies.split(",").map(Number),
    jitterMs: Number(flags.jitter),
    kinds: flags.kinds.split(",") as LimitKind[],
    requests: Number(flags.requests),
  });
}
