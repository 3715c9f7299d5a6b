// Prints what sharing a run costs and gains: windows of an API that takes 100 ms and has no limit, fetched by 1, 2,
// 4 and 8 workers with 4 windows in flight each; and the statements and milliseconds of coordination a window.
// The workers share one event loop, or with --processes they are those of `backfill --workers N`: then the rate is
// that of the middle half of the requests, so that the start of the processes does not count, and the processor
// time is that of everything between a short run and a longer one.
//
//     deno run -A tests/bench/claim_bench.ts [--link MS] [--windows 640] [--workers 1,2,4,8] [--processes]
//
// With --link the database is that many milliseconds away.
import { parseArgs } from "@std/cli/parse-args";
import { OPTIONS, runShared } from "../coordinate/shared_run.ts";
import { startPostgres } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { serverSeconds, timed } from "./processor_time.ts";
import { type SlowApi, startSlowApi } from "./slow_api.ts";
import { startSlowLink } from "./slow_link.ts";

/** What is measured. */
export interface ClaimOptions {
  /** Round trip to the database, in milliseconds. */
  readonly linkMs: number;
  readonly windows: number;
  readonly workers: readonly number[];
}

type Server = Awaited<ReturnType<typeof startPostgres>>;

const RESPONSE_MS = 100;
const START = "2000-01-01";
/** Windows of the run that shows what the start of processes takes. */
const FEW = 32;

function jobText({ url }: SlowApi): string {
  return `job: claims
source: { url: "${url}", concurrency: 4 }
tables: { days: { key: id, columns: { id: text } } }
streams: { days: { request: { path: /days, query: { day: "{from}" } }, window: day, rows: days } }
`;
}

/** The last day of so many. */
function endOf(windows: number): string {
  return new Date(Date.parse(START) + (windows - 1) * 86_400_000).toISOString().slice(0, 10);
}

/** Workers that share one event loop: prints a line for each number of them. */
export async function claimBench({ linkMs, windows, workers }: ClaimOptions): Promise<void> {
  await using server = await startPostgres({ fsync: "on", synchronous_commit: "on" });
  await using api = await startSlowApi(RESPONSE_MS);
  let alone = 0;
  for (const count of workers) {
    let [messages, statements, ms] = [0, 0, 0];
    const url = new URL(await server.createDatabase());
    using link = linkMs === 0 ? undefined : await startSlowLink(Number(url.port), linkMs);
    if (link !== undefined) url.port = String(link.port);
    const { summaries } = await runShared(jobText(api), count, {
      options: { ...OPTIONS, start: START, end: endOf(windows) },
      url: url.href,
      onCoordinate: (more, took) => {
        messages++;
        statements += more;
        ms += took;
      },
    });
    const { seconds, windows: { done } } = summaries[0]!;
    alone ||= seconds * count;
    const gain = alone / seconds;
    print(count, [
      `${seconds.toFixed(1)} s`,
      `${gain.toFixed(2)} times as fast, ${(gain / count).toFixed(2)} of the number`,
      `${rateOf(await api.arrivals()).toFixed(0)} windows/s in the middle half`,
      `${done} windows`,
      `${(messages / windows).toFixed(2)} messages, ${
        (statements / windows).toFixed(2)
      } statements ` +
      `and ${(ms / windows).toFixed(2)} ms of coordination a window`,
    ]);
  }
}

/** Workers that are processes: prints a line for each number of them. */
export async function processBench({ windows, workers }: ClaimOptions): Promise<void> {
  await using server = await startPostgres({ fsync: "on", synchronous_commit: "on" });
  await using api = await startSlowApi(RESPONSE_MS);
  let alone = 0;
  for (const count of workers) {
    const few = await runProcesses(server, api, count, FEW);
    const run = await runProcesses(server, api, count, windows);
    const perWindow = (before: number, after: number) =>
      `${(1000 * (after - before) / (windows - FEW)).toFixed(2)} ms`;
    alone ||= run.rate / count;
    print(count, [
      `${run.seconds.toFixed(1)} s`,
      `${run.rate.toFixed(0)} windows/s, ${(run.rate / alone / count).toFixed(2)} of the number`,
      `${perWindow(few.clientSeconds, run.clientSeconds)} of processor time of the workers ` +
      `and ${perWindow(few.serverSeconds, run.serverSeconds)} of the database's a window`,
      `${(few.clientSeconds / count).toFixed(2)} s to start a worker`,
    ]);
  }
}

async function runProcesses(server: Server, api: SlowApi, workers: number, windows: number) {
  using folder = tempDir();
  const job = folder.file("job.yaml");
  await Deno.writeTextFile(job, jobText(api));
  const DATABASE_URL = await server.createDatabase();
  const before = await serverSeconds(server.dataDir);
  const args = ["--config", job, "--start-date", START, "--end-date", endOf(windows), "--json"];
  const ran = await timed(
    ["deno", "task", "--quiet", "backfill", ...args, "--workers", `${workers}`],
    {
      cwd: REPOSITORY,
      env: { DATABASE_URL, BACKFILL_KV: folder.file("kv.db"), BACKFILL_LOGS: folder.file("logs") },
    },
  );
  const { windows: { done } } = JSON.parse(ran.stdout);
  if (done !== windows) throw new Error(`Cannot measure: ${done} of ${windows} windows are done`);
  return {
    seconds: ran.seconds,
    rate: rateOf(await api.arrivals()),
    clientSeconds: ran.cpuSeconds,
    serverSeconds: await serverSeconds(server.dataDir) - before,
  };
}

/** Requests a second over the middle half of them. */
function rateOf(arrivals: readonly number[]): number {
  const [from, to] = [1, 3].map((quarter) => Math.floor(arrivals.length * quarter / 4));
  return (to! - from!) * 1000 / (arrivals[to!]! - arrivals[from!]!);
}

function print(workers: number, parts: readonly string[]): void {
  console.log([`${workers} workers`, ...parts].join("  "));
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["link", "windows", "workers"],
    boolean: ["processes"],
    default: { link: "0", windows: "640", workers: "1,2,4,8" },
  });
  await (flags.processes ? processBench : claimBench)({
    linkMs: Number(flags.link),
    windows: Number(flags.windows),
    workers: flags.workers.split(",").map(Number),
  });
  Deno.exit(0);
}
