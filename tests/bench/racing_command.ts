// Runs the racing job without a limit as a user does, by `deno task backfill`, and measures the processor time of all
// its processes and of PostgreSQL.
import { formatDay, MINUTES_PER_DAY, parseCivil } from "../../lib/plan/time/civil.ts";
import type { PostgresServer } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import type { PageServer } from "./page_server.ts";
import { serverSeconds, type Timed, timed } from "./processor_time.ts";

/**
 * PostgreSQL's own defaults; the test server's are faster than any real one. Nothing runs in the background that
 * would count for the wrong run.
 */
export const DEFAULTS: Record<string, string> = {
  fsync: "on",
  full_page_writes: "on",
  synchronous_commit: "on",
  shared_buffers: "128MB",
  autovacuum: "off",
  max_wal_size: "8GB",
};

/** What is run. */
export interface RacingCommand {
  readonly server: PostgresServer;
  readonly pages: PageServer;
  /** Days of the range. */
  readonly days: number;
  /** Processes that share the run; without it, `--workers` is left out. */
  readonly workers?: number;
  /** The checkout whose command runs. Defaults to this one. */
  readonly checkout?: string;
}

/** What a run took. */
export interface RacingTime extends Pick<Timed, "seconds"> {
  /** Rows that were compared or written. */
  readonly rows: number;
  readonly windows: number;
  /** Seconds of processor time of all processes of the command. */
  readonly clientSeconds: number;
  /** Seconds of processor time of PostgreSQL. */
  readonly serverSeconds: number;
}

const FIRST = parseCivil("2024-03-01")!;

/** What a row takes, in microseconds of processor time, without the start of processes. */
export interface RowCost {
  readonly clientUs: number;
  readonly serverUs: number;
  /** Rows of a window. */
  readonly rowsOfWindow: number;
  /** Seconds of processor time until the first row. */
  readonly startSeconds: number;
  /** Seconds on the clock of the long run. */
  readonly seconds: number;
}

/** Days of the short run. */
const SHORT_DAYS = 5;

/** Measures what a row takes: the difference of a long and a short run. */
export async function rowCost(command: RacingCommand): Promise<RowCost> {
  const short = await runRacing({ ...command, days: SHORT_DAYS });
  const long = await runRacing(command);
  const rows = long.rows - short.rows;
  const perRow = (of: "clientSeconds" | "serverSeconds") => (long[of] - short[of]) / rows;
  return {
    clientUs: 1e6 * perRow("clientSeconds"),
    serverUs: 1e6 * perRow("serverSeconds"),
    rowsOfWindow: rows / (long.windows - short.windows),
    startSeconds: short.clientSeconds - perRow("clientSeconds") * short.rows,
    seconds: long.seconds,
  };
}

/** Runs racecards and results into a new database. */
export async function runRacing(
  { server, pages, days, workers, checkout = REPOSITORY }: RacingCommand,
): Promise<RacingTime> {
  using folder = tempDir();
  const job = folder.file("job.yaml");
  // Of that checkout: an earlier one does not know the keys of a later job.
  const text = await Deno.readTextFile(`${checkout}/config/racing.yaml`);
  await Deno.writeTextFile(job, text.replaceAll(/^ +limits: .*$/gm, ""));
  const env = {
    ...{ RACING_API_URL: pages.url, RACING_API_USERNAME: "sandbox" },
    ...{ RACING_API_PASSWORD: "sandbox-password-1", DATABASE_URL: await server.createDatabase() },
    ...{ BACKFILL_KV: folder.file("kv.db"), BACKFILL_LOGS: folder.file("logs") },
  };
  const before = await serverSeconds(server.dataDir);
  const run = await timed([
    ...["deno", "task", "--quiet", "backfill", `--config=${job}`, "--only=racecards,results"],
    `--start-date=${formatDay(FIRST)}`,
    `--end-date=${formatDay(FIRST + (days - 1) * MINUTES_PER_DAY)}`,
    ...workers === undefined ? [] : [`--workers=${workers}`],
    "--json",
  ], { cwd: checkout, env });
  const { rows, windows } = JSON.parse(run.stdout) as {
    rows: Record<string, { inserted: number; updated: number; unchanged: number }>;
    windows: { done: number };
  };
  return {
    rows: Object.values(rows).reduce(
      (sum, { inserted, updated, unchanged }) => sum + inserted + updated + unchanged,
      0,
    ),
    windows: windows.done,
    seconds: run.seconds,
    clientSeconds: run.cpuSeconds,
    serverSeconds: await serverSeconds(server.dataDir) - before,
  };
}
