// Shares a grid of `for_each` values among the workers of `backfill --workers N`, from an API that responds at once,
// and prints what each number of workers took: seconds, requests, rows and coverage afterwards, the peak memory and
// the processor time of each process, and that of PostgreSQL. It fails where a value is missing or was fetched twice.
//
//     deno run -A tests/bench/grid_bench.ts [--values 100000] [--workers 1,2,4] [--in-flight 16]
import { parseArgs } from "@std/cli/parse-args";
import postgres from "postgres";
import { startPostgres } from "../support/postgres_server.ts";
import { REPOSITORY } from "../support/repository.ts";
import { tempDir } from "../support/temp.ts";
import { serverSeconds, timed } from "./processor_time.ts";
import { type SlowApi, startSlowApi } from "./slow_api.ts";

/** What is measured. */
export interface GridOptions {
  readonly values: number;
  readonly workers: readonly number[];
  /** Requests that each worker has in flight. */
  readonly inFlight: number;
}

type Server = Awaited<ReturnType<typeof startPostgres>>;

/** The most that a process held, and its processor time. */
interface Used {
  readonly peakMb: number;
  readonly cpuSeconds: number;
}

const LOOK_MS = 200;
/** `USER_HZ` of Linux. */
const TICKS_PER_SECOND = 100;

function jobText({ url }: SlowApi, inFlight: number): string {
  return `job: grid
source: { url: "${url}", concurrency: ${inFlight} }
tables: { things: { key: id, columns: { id: text } } }
streams:
  things:
    request: { path: /things, query: { id: "{each.code}" } }
    for_each: { code: { query: SELECT code FROM codes ORDER BY code } }
    rows: things
`;
}

/** Runs the benchmark and prints a line for each number of workers and each of their processes. */
export async function gridBench({ values, workers, inFlight }: GridOptions): Promise<void> {
  await using server = await startPostgres({ fsync: "on", synchronous_commit: "on" });
  await using api = await startSlowApi(0);
  for (const count of workers) {
    const { seconds, serverTime, used } = await runGrid(server, api, { values, count, inFlight });
    console.log(
      `${count} workers  ${
        seconds.toFixed(1)
      } s  ${values} values, each requested and written once  ` +
        `${(1000 * serverTime / values).toFixed(2)} ms of PostgreSQL a value`,
    );
    for (const [name, { peakMb, cpuSeconds }] of used) {
      console.log(
        `  ${name}  ${peakMb.toFixed(0)} MB at most  ${cpuSeconds.toFixed(1)} s of processor time`,
      );
    }
  }
}

async function runGrid(
  server: Server,
  api: SlowApi,
  { values, count, inFlight }: { values: number; count: number; inFlight: number },
) {
  using folder = tempDir();
  const job = folder.file("job.yaml");
  await Deno.writeTextFile(job, jobText(api, inFlight));
  const DATABASE_URL = await server.createDatabase();
  const sql = postgres(DATABASE_URL, { max: 1 });
  await sql.unsafe(
    `CREATE TABLE codes AS SELECT 'c' || n AS code FROM generate_series(1, ${values}) AS n`,
  );
  const before = await serverSeconds(server.dataDir);
  using watch = watchProcesses(job);
  const env = {
    DATABASE_URL,
    BACKFILL_KV: folder.file("kv.db"),
    BACKFILL_LOGS: folder.file("logs"),
  };
  const command = ["deno", "task", "--quiet", "backfill", "--config", job, "--json"];
  const { seconds } = await timed([...command, "--workers", `${count}`], { cwd: REPOSITORY, env });
  const serverTime = await serverSeconds(server.dataDir) - before;
  const requests = (await api.arrivals()).length;
  const [found] = await sql`SELECT (SELECT count(*)::int FROM things) AS rows,
    (SELECT count(DISTINCT each)::int FROM hindcast_windows) AS done,
    (SELECT count(*)::int FROM hindcast_claims) AS claims`;
  const survey = await timed([...command, "--check-status"], { cwd: REPOSITORY, env });
  const { done, left } = JSON.parse(survey.stdout);
  await sql.end();
  const all = { requests, ...found, covered: done, left };
  const expected = { requests: values, rows: values, done: values, claims: 0 };
  if (JSON.stringify(all) !== JSON.stringify({ ...expected, covered: values, left: 0 })) {
    throw new Error(`Not as it should be: ${JSON.stringify(all)}`);
  }
  return { seconds, serverTime, used: watch.used };
}

/** Reads what the processes of a run use, which name the job file in their arguments, until it is disposed. */
function watchProcesses(job: string): Disposable & { used: Map<string, Used> } {
  const used = new Map<string, Used>();
  let ended = false;
  const look = async () => {
    while (!ended) {
      for await (const { name: pid } of Deno.readDir("/proc")) {
        const command = /^\d+$/.test(pid) ? await readProc(pid, "cmdline") : "";
        const [, task] = /tasks\/(backfill|worker)\.ts/.exec(command) ?? [];
        if (task === undefined || !command.includes(job) || /check-status/.test(command)) continue;
        const [, name = "w1"] = /--name\0(\w+)/.exec(command) ?? [];
        const now = await usedBy(pid);
        if (now !== undefined) used.set(name, now);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  look();
  return { used, [Symbol.dispose]: () => ended = true };
}

async function usedBy(pid: string): Promise<Used | undefined> {
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(await readProc(pid, "status"))?.[1];
  // After the name in brackets: state, and ten fields later the ticks in user and in system mode.
  const [user, system] = (await readProc(pid, "stat")).replace(/^.*\) /, "").split(" ").slice(11);
  if (peak === undefined || system === undefined) return undefined;
  return {
    peakMb: Number(peak) / 1024,
    cpuSeconds: (Number(user) + Number(system)) / TICKS_PER_SECOND,
  };
}

async function readProc(pid: string, name: string): Promise<string> {
  return await Deno.readTextFile(`/proc/${pid}/${name}`).catch(() => "");
}

if (import.meta.main) {
  const flags = parseArgs(Deno.args, {
    string: ["values", "workers", "in-flight"],
    default: { values: "100000", workers: "1,2,4", "in-flight": "16" },
  });
  await gridBench({
    values: Number(flags.values),
    workers: flags.workers.split(",").map(Number),
    inFlight: Number(flags["in-flight"]),
  });
  Deno.exit(0);
}
