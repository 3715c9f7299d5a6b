// Prints the processor time that rows of the racing job take on their whole way, of the workers and of PostgreSQL,
// with 1, 2 and 4 workers; that of a claim; and from them, by scaling_model.ts, where PostgreSQL or the claims
// become the limit. Processor time holds on a busy machine, and on one with fewer cores than workers.
//
//     deno run -A tests/bench/scaling_bench.ts [--days 80] [--rounds 1] [--workers 1,2,4]
import { parseArgs } from "@std/cli/parse-args";
import { MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import { ClaimTable } from "../../lib/upsert/claim_table.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { type PostgresServer, startPostgres } from "../support/postgres_server.ts";
import { startPageServer } from "./page_server.ts";
import { serverSeconds } from "./processor_time.ts";
import { DEFAULTS, type RowCost, rowCost, runRacing } from "./racing_command.ts";
import { median } from "./racing_run.ts";
import {
  claimLimit,
  claimLimitRows,
  type Costs,
  rateOfOne,
  serverLimit,
  sharedRate,
  workersToFill,
} from "./scaling_model.ts";

/** What is measured. */
export interface ScalingOptions {
  /** Days of the long run. */
  readonly days: number;
  readonly rounds: number;
  readonly workers: readonly number[];
}

const FIRST = parseCivil("2024-03-01")!;
const CLAIMS = 2_000;
const [WINDOWS_OF_CLAIM, PROPOSED] = [8, 64];
/** A commit on a disk of a data center. */
const COMMIT_MS = 1;

/** Runs the benchmark and prints its tables. */
export async function scalingBench({ days, rounds, workers }: ScalingOptions): Promise<void> {
  await using server = await startPostgres(DEFAULTS);
  await using pages = await startPageServer();
  // The server makes its pages once before they count.
  await runRacing({ server, pages, days });
  let alone: RowCost | undefined;
  for (const count of workers) {
    const costs: RowCost[] = [];
    for (let round = 0; round < rounds; round++) {
      costs.push(await rowCost({ server, pages, days, workers: count }));
    }
    const of = (name: keyof RowCost) => median(costs.map((one) => one[name]));
    const [clientUs, serverUs] = [of("clientUs"), of("serverUs")];
    alone ??= { ...costs[0]!, clientUs, serverUs };
    console.log([
      `${count} workers`,
      `${clientUs.toFixed(1)} us of the workers a row (${
        (clientUs / alone.clientUs).toFixed(2)
      } of one)`,
      `${serverUs.toFixed(1)} us of PostgreSQL (${(serverUs / alone.serverUs).toFixed(2)})`,
      `${(of("startSeconds") / count).toFixed(2)} s to start a worker`,
      `${of("seconds").toFixed(1)} s on the clock`,
    ].join("  "));
  }
  printModel({ ...alone!, claimUs: await claimCost(server), commitMs: COMMIT_MS });
}

/** Processor time of PostgreSQL for a claim of eight windows of 64 that are proposed, in microseconds. */
async function claimCost(server: PostgresServer): Promise<number> {
  await using target = await openTarget(await server.createDatabase());
  await target.prepare({});
  const worker = crypto.randomUUID();
  await using _lock = await target.lock(`worker ${worker}`, { run: "r", host: "h", pid: 1 });
  const table = new ClaimTable(target, "bench", worker);
  const before = await serverSeconds(server.dataDir);
  for (let claim = 0; claim < CLAIMS; claim++) {
    const wanted = Array.from({ length: PROPOSED }, (_, at) => {
      const from = FIRST + (claim * WINDOWS_OF_CLAIM + at) * MINUTES_PER_DAY;
      return { each: "", window: { from, to: from + MINUTES_PER_DAY }, token: crypto.randomUUID() };
    });
    const request = { stream: "days", scope: "", limit: WINDOWS_OF_CLAIM, wanted };
    const { granted } = await table.claim(request, "1:1:");
    await table.release([...granted]);
  }
  return 1e6 * (await serverSeconds(server.dataDir) - before) / CLAIMS;
}

function printModel(costs: Costs): void {
  const round = (value: number) => Math.round(value).toLocaleString("en");
  console.log(
    `\nOne worker: ${round(rateOfOne(costs))} rows/s; a claim takes PostgreSQL ${
      round(costs.claimUs)
    } us, a window has ${round(costs.rowsOfWindow)} rows`,
  );
  for (const cores of [2, 4, 8, 16, 32]) {
    console.log(
      `${String(cores).padStart(2)} cores of PostgreSQL: ${
        round(serverLimit(costs, cores))
      } rows/s, ` +
        `reached by ${
          workersToFill(costs, cores).toFixed(1)
        } workers; the same cores shared with ` +
        `the workers: ${round(sharedRate(costs, cores, cores))} rows/s`,
    );
  }
  console.log(
    `Claims are the limit at ${round(claimLimit(costs))} windows/s, which are ${
      round(claimLimitRows(costs))
    } rows/s here, with commits of ${costs.commitMs} ms`,
  );
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["days", "rounds", "workers"],
    default: { days: "80", rounds: "1", workers: "1,2,4" },
  });
  await scalingBench({
    days: Number(flags.days),
    rounds: Number(flags.rounds),
    workers: flags.workers.split(",").map(Number),
  });
  Deno.exit(0);
}
