// Compares whole runs of one process with those of another checkout, such as an earlier commit: the processor time of
// the client and of PostgreSQL per row, without that of the start, as ratios of alternating runs.
//
//     git worktree add ../before COMMIT
//     deno run -A tests/bench/before_bench.ts ../before [--days 80] [--rounds 5]
//
// Without a checkout, runs through pgbouncer are compared with runs on a direct connection ("before").
import { parseArgs } from "@std/cli/parse-args";
import { startPooler } from "../support/pgbouncer.ts";
import { type PostgresServer, startPostgres } from "../support/postgres_server.ts";
import { startPageServer } from "./page_server.ts";
import { DEFAULTS, type RowCost, rowCost, runRacing } from "./racing_command.ts";
import { median } from "./racing_run.ts";

/** What is compared. */
export interface BeforeOptions {
  /** Folder of the other checkout; undefined to compare this one through pgbouncer with itself. */
  readonly checkout?: string;
  readonly days: number;
  readonly rounds: number;
}

type Measure = "clientUs" | "serverUs" | "startSeconds";

const MEASURES: Readonly<Record<Measure, string>> = {
  clientUs: "us of the client a row",
  serverUs: "us of PostgreSQL a row",
  startSeconds: "s to start",
};

/** Runs the comparison and prints a line for each round, and the medians. */
export async function beforeBench({ checkout, days, rounds }: BeforeOptions): Promise<void> {
  await using server = await startPostgres(DEFAULTS);
  await using pages = await startPageServer();
  await using pooler = checkout === undefined
    ? await startPooler(server.url, { isQuiet: true })
    : undefined;
  const pooled = pooler && pooledServer(server, new URL(pooler.url).port);
  await runRacing({ server, pages, days });
  const ratios: Record<Measure, number[]> = { clientUs: [], serverUs: [], startSeconds: [] };
  const names = Object.keys(MEASURES) as Measure[];
  for (let round = 0; round < rounds; round++) {
    const run = (isOther: boolean) =>
      isOther
        ? rowCost({ server, pages, days, ...(checkout === undefined ? {} : { checkout }) })
        : rowCost({ server: pooled ?? server, pages, days });
    // The two alternate in going first.
    const isFirst = round % 2 === 0;
    const pair = [await run(isFirst), await run(!isFirst)];
    const [before, now] = (isFirst ? pair : pair.toReversed()) as [RowCost, RowCost];
    const cells = names.map((name) => {
      const ratio = now[name] / before[name];
      ratios[name].push(ratio);
      return `${now[name].toFixed(2)} ${MEASURES[name]}, ${before[name].toFixed(2)} before (${
        ratio.toFixed(2)
      })`;
    });
    console.log(cells.join("   "));
  }
  const medians = names.map((name) => `${MEASURES[name]} ${median(ratios[name]).toFixed(3)}`);
  console.log(`medians of the ratios: ${medians.join(", ")}`);
}

/** The server, whose databases are reached at another port. */
function pooledServer(server: PostgresServer, port: string): PostgresServer {
  const createDatabase = async () =>
    Object.assign(new URL(await server.createDatabase()), { port }).href;
  return { ...server, createDatabase };
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["days", "rounds"],
    default: { days: "80", rounds: "5" },
  });
  await beforeBench({
    ...(flags._.length === 0 ? {} : { checkout: await Deno.realPath(String(flags._[0])) }),
    days: Number(flags.days),
    rounds: Number(flags.rounds),
  });
  Deno.exit(0);
}
