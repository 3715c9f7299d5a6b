// Prints what sharing a run costs and gains: windows of an API that takes 100 ms and has no limit, fetched by 1, 2,
// 4 and 8 workers with 4 windows in flight each; and the statements and milliseconds of coordination a window.
// The workers share one event loop, or with --processes they are those of `backfill --workers N`: then the rate is
// that of the middle half of the requests, so that the start of the processes does not count, and the processor
// time is that of everything between a short run and a longer one. The speed-up is over the first number of workers:
// of the whole run, and from its first request on.
//
//     deno run -A tests/bench/claim_bench.ts [--link MS] [--response 100] [--windows 640] [--workers 1,2,4,8] \
//       [--processes]
//
// With --link the database is that many milliseconds away. With a longer --response the processor does less in the
// same time, so that what is left is the protocol, also on a busy machine.
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
  /** What the API takes for a response, in milliseconds. */
  readonly responseMs: number;
  readonly windows: number;
  readonly workers: readonly number[];
}

/** The time that a run takes. */
interface Spent {
  readonly workers: number;
  /** Of the whole run. */
  readonly seconds: number;
  /** From the first request to the last response. */
  readonly requesting: number;
}

type Server = Awaited<ReturnType<typeof startPostgres>>;

const IN_FLIGHT = 4;
const START = "2000-01-01";
/** Windows of the run that shows what the start of processes takes. */
const FEW = 32;

function jobText({ url }: SlowApi): string {
  return `job: claims
source: { url: "${url}", concurrency: ${IN_FLIGHT} }
tables: { days: { key: id, columns: { id: text } } }
streams: { days: { request: { path: /days, query: { day: "{from}" } }, window: day, rows: days } }
`;
}

/** The last day of so many. */
function endOf(windows: number): string {
  return new Date(Date.parse(START) + (windows - 1) * 86_400_000).toISOString().slice(0, 10);
}

/** Workers that share one event loop: prints a line for each number of them. */
export async function claimBench(
  { linkMs, responseMs, windows, workers }: ClaimOptions,
): Promise<void> {
  await using server = await startPostgres({ fsync: "on", synchronous_commit: "on" });
  await using api = await startSlowApi(responseMs);
  let one: Spent | undefined;
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
    const [least, most] = idealOf({ responseMs, windows }, count);
    const arrivals = await api.arrivals();
    const rate = rateOf(arrivals);
    const spent = { workers: count, seconds, requesting: requestingSeconds(arrivals, responseMs) };
    one ??= spent;
    print(count, [
      `${seconds.toFixed(2)} s, ${(least / seconds).toFixed(2)} of what the API allows`,
      speedUp(one, spent),
      `${rate.toFixed(0)} windows/s in the middle half, ${(rate / most).toFixed(2)} of it`,
      `${done} windows`,
      `${(messages / windows).toFixed(2)} messages, ${
        (statements / windows).toFixed(2)
      } statements ` +
      `and ${(ms / windows).toFixed(2)} ms of coordination a window`,
    ]);
  }
}

/** Workers that are processes: prints a line for each number of them. */
export async function processBench({ responseMs, windows, workers }: ClaimOptions): Promise<void> {
  await using server = await startPostgres({ fsync: "on", synchronous_commit: "on" });
  await using api = await startSlowApi(responseMs);
  let one: Spent | undefined;
  for (const count of workers) {
    const [, most] = idealOf({ responseMs, windows }, count);
    const few = await runProcesses(server, api, count, FEW);
    const run = await runProcesses(server, api, count, windows);
    const perWindow = (before: number, after: number) =>
      `${(1000 * (after - before) / (windows - FEW)).toFixed(2)} ms`;
    const spent = { workers: count, seconds: run.seconds, requesting: run.requesting };
    one ??= spent;
    print(count, [
      `${run.seconds.toFixed(2)} s`,
      speedUp(one, spent),
      `${run.rate.toFixed(0)} windows/s in the middle half, ${
        (run.rate / most).toFixed(2)
      } of what the API allows`,
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
  const arrivals = await api.arrivals();
  return {
    seconds: ran.seconds,
    requesting: requestingSeconds(arrivals, api.responseMs),
    rate: rateOf(arrivals),
    clientSeconds: ran.cpuSeconds,
    serverSeconds: await serverSeconds(server.dataDir) - before,
  };
}

/** The fewest seconds that so many workers take, and the most windows a second: what the API alone allows. */
function idealOf(
  { responseMs, windows }: Pick<ClaimOptions, "responseMs" | "windows">,
  workers: number,
): [seconds: number, rate: number] {
  const rate = workers * IN_FLIGHT * 1000 / responseMs;
  return [Math.ceil(windows / (workers * IN_FLIGHT)) * responseMs / 1000, rate];
}

/** Seconds from the first request to the last response. */
function requestingSeconds(arrivals: readonly number[], responseMs: number): number {
  return (arrivals.at(-1)! - arrivals[0]! + responseMs) / 1000;
}

/** How much faster a run is than the first one, for each worker that it has more. */
function speedUp(one: Spent, { workers, seconds, requesting }: Spent): string {
  const each = (before: number, after: number) =>
    (before * one.workers / after / workers).toFixed(2);
  return `speed-up ${each(one.seconds, seconds)} x workers, ` +
    `${each(one.requesting, requesting)} in the ${requesting.toFixed(2)} s of requests`;
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
    string: ["link", "response", "windows", "workers"],
    boolean: ["processes"],
    default: { link: "0", response: "100", windows: "640", workers: "1,2,4,8" },
  });
  await (flags.processes ? processBench : claimBench)({
    linkMs: Number(flags.link),
    responseMs: Number(flags.response),
    windows: Number(flags.windows),
    workers: flags.workers.split(",").map(Number),
  });
  Deno.exit(0);
}
