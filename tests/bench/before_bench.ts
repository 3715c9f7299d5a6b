// Compares whole runs of one process with those of another checkout, such as one of before: the processor time of the
// client and of PostgreSQL for a row, as ratios of runs that alternate.
//
//     git worktree add ../before COMMIT
//     deno run -A tests/bench/before_bench.ts ../before [--days 60] [--rounds 5]
import { parseArgs } from "@std/cli/parse-args";
import { startPostgres } from "../support/postgres_server.ts";
import { startPageServer } from "./page_server.ts";
import { DEFAULTS, type RacingTime, runRacing } from "./racing_command.ts";
import { median } from "./racing_run.ts";

/** What is compared. */
export interface BeforeOptions {
  /** Folder of the other checkout. */
  readonly checkout: string;
  readonly days: number;
  readonly rounds: number;
}

/** Runs the comparison and prints a line for each round, and the medians. */
export async function beforeBench({ checkout, days, rounds }: BeforeOptions): Promise<void> {
  await using server = await startPostgres(DEFAULTS);
  await using pages = await startPageServer();
  await runRacing({ server, pages, days });
  const [client, database]: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const run = (other: boolean) =>
      runRacing({ server, pages, days, ...(other ? { checkout } : {}) });
    // Whoever goes first takes turns.
    const isFirst = round % 2 === 0;
    const pair = [await run(isFirst), await run(!isFirst)];
    const [before, now] = (isFirst ? pair : pair.toReversed()) as [RacingTime, RacingTime];
    client!.push(perRow(now, "clientSeconds") / perRow(before, "clientSeconds"));
    database!.push(perRow(now, "serverSeconds") / perRow(before, "serverSeconds"));
    console.log([
      `client ${perRow(before, "clientSeconds").toFixed(2)} us a row before`,
      `${perRow(now, "clientSeconds").toFixed(2)} now (${client!.at(-1)!.toFixed(3)})`,
      `PostgreSQL ${perRow(before, "serverSeconds").toFixed(2)} before`,
      `${perRow(now, "serverSeconds").toFixed(2)} now (${database!.at(-1)!.toFixed(3)})`,
      `${now.rows} rows`,
    ].join("  "));
  }
  console.log(
    `median: client ${median(client!).toFixed(3)}, PostgreSQL ${median(database!).toFixed(3)}`,
  );
}

/** Microseconds a row. */
function perRow(time: RacingTime, of: "clientSeconds" | "serverSeconds"): number {
  return 1e6 * time[of] / time.rows;
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["days", "rounds"],
    default: { days: "60", rounds: "5" },
  });
  await beforeBench({
    checkout: String(flags._[0]),
    days: Number(flags.days),
    rounds: Number(flags.rounds),
  });
  Deno.exit(0);
}
