// Plays runs that several processes share in one process: each has its own connections, its own checkpoint and its
// own memory, as on separate machines.
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import { openMemoryKv } from "../../lib/checkpoint/open_kv.ts";
import { performRun } from "../../lib/cli/perform_run.ts";
import type { RunOptions } from "../../lib/cli/run_options.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { lookPauseMs } from "../../lib/coordinate/look_pause.ts";
import { readJob } from "../../lib/config/read_job.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import type { Summary } from "../../lib/report/summary.ts";
import { clockOfRun, type CrewPlan } from "../../lib/run_crew.ts";
import { openTarget } from "../../lib/upsert/open_target.ts";
import { WorkerTable } from "../../lib/upsert/worker_table.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { sharedPostgres } from "../support/postgres_server.ts";

/** The options of a run over ten days. */
export const OPTIONS: RunOptions = {
  ...{ start: "2024-01-01", end: "2024-01-10", params: {} },
  ...{ groups: [], only: [], with: [], without: [] },
};

async function jobOf(text: string): Promise<Job> {
  return await readJob("job.yaml", { readText: () => text, env: () => undefined });
}

/** How a shared run is played. */
export interface Play {
  /** The options of the run. */
  readonly options?: RunOptions;
  /** Address of the database; a new one unless given. */
  readonly url?: string;
  /** By how many milliseconds the wall clock of each process is ahead. */
  readonly clocksAheadMs?: readonly number[];
  /** Receives each message that a process sends to coordinate the run: its statements and their milliseconds. */
  readonly onCoordinate?: (statements: number, ms: number) => void;
  /** Receives each event with the number of its process; the one that started the run is 0. */
  readonly onEvent?: (process: number, event: RunEvent) => void;
}

/** Runs a job in so many processes; resolves to the summaries, the one that started the run first. */
export async function runShared(
  text: string,
  count: number,
  { options = OPTIONS, onCoordinate, ...play }: Play = {},
): Promise<{ url: string; summaries: Summary[] }> {
  const url = play.url ?? await (await sharedPostgres()).createDatabase();
  const job = await jobOf(text);
  await using first = counted(await openTarget(url), onCoordinate);
  const run = `run-${crypto.randomUUID()}`;
  await using _lock = await first.lock(job.job, { run, host: "test", pid: 1 });
  const common = {
    ...{ job, run, resume: false, logsFolder: undefined },
    ...{ signal: new AbortController().signal, env: () => undefined, options },
  };
  const show = (at: number) => (event: RunEvent) => play.onEvent?.(at, event);
  const clock = (at: number) => () => Date.now() + (play.clocksAheadMs?.[at] ?? 0);
  const worker = (name: string) => ({ worker: crypto.randomUUID(), name, host: "test", pid: 1 });
  using kv = await openMemoryKv();
  const checkpoint = new Checkpoint(kv, first.id, job.job);
  const leading = performRun({
    ...common,
    ...{ target: first, checkpoint, worker: worker("w1"), isShared: true, wallNow: clock(0) },
    show: show(0),
  });
  const others = Array.from({ length: count - 1 }, async (_, at) => {
    await using target = counted(await openTarget(url), onCoordinate);
    using kv = await openMemoryKv();
    const table = new WorkerTable(target, job.job);
    let open = await table.openRun();
    for (let looks = 0; open === undefined; looks++) {
      await new Promise((resolve) => setTimeout(resolve, lookPauseMs(looks)));
      open = await table.openRun();
    }
    const { streams, range } = open.plan as CrewPlan;
    return await performRun({
      ...common,
      ...{ streams, range, target, worker: worker(`w${at + 2}`) },
      joined: { xid: open.xid, isUpdate: false },
      checkpoint: new Checkpoint(kv, target.id, job.job),
      show: show(at + 1),
      wallNow: await clockOfRun(target, open.plan as CrewPlan, clock(at + 1)),
    });
  });
  const results = await Promise.all([leading, ...others]);
  for (const { error } of results) if (error !== undefined) throw error;
  return { url, summaries: results.map(({ summary }) => summary) };
}

/** A target that reports what coordination costs: claims, signs of life and readings of the logs. */
function counted(target: Target, onCoordinate: Play["onCoordinate"]): Target {
  if (onCoordinate === undefined) return target;
  const timed = async <R>(statements: number, run: () => Promise<R>): Promise<R> => {
    const startedAt = performance.now();
    const result = await run();
    onCoordinate(statements, performance.now() - startedAt);
    return result;
  };
  const transact = target.transact.bind(target);
  target.transact = (statements) => timed(statements.length, () => transact(statements));
  const query = target.query.bind(target);
  target.query = (sql, options) =>
    sql.includes("txid_current_snapshot")
      ? timed(1, () => query(sql, options))
      : query(sql, options);
  return target;
}
