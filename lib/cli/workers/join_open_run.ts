// Joins a run that another process has started: fetches windows of it until none is left, the run ends, or this
// process is stopped. It keeps nothing on this machine.
import { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { targetPrefix } from "../../checkpoint/key.ts";
import { commit, openMemoryKv } from "../../checkpoint/open_kv.ts";
import type { Job } from "../../config/schema/job.ts";
import { definitionOf, differences } from "../../coordinate/definition.ts";
import type { RunEvent } from "../../report/event.ts";
import { clockOfRun, type CrewPlan } from "../../run_crew.ts";
import type { RunResult } from "../../run.ts";
import type { OpenRun } from "../../upsert/worker_table.ts";
import type { Target } from "../../upsert/write/target.ts";
import { env } from "../open_job.ts";
import { performRun } from "../perform_run.ts";
import type { RunOptions } from "../run_options.ts";
import { readSettings } from "../settings.ts";
import { thisWorker } from "./worker_count.ts";

/** How a run is joined. */
export interface JoinContext {
  /** The database that the run writes to. */
  readonly target: Target;
  /** The name of this process among the workers. */
  readonly name: string;
  /** Receives each event. */
  readonly show: (event: RunEvent) => void;
  /** Stops this process; its claims are returned. */
  readonly signal: AbortSignal;
  /** Starts no further window once it aborts. Defaults to never. */
  readonly windDown?: AbortSignal;
  /**
   * The store of checkpoints, in which this process keeps notes of its own until it leaves. Defaults to one in memory,
   * which Deno Deploy does not have.
   */
  readonly kv?: Deno.Kv;
}

/**
 * The parts in which a job differs from that of a run: other windows would be fetched, or other rows would be created
 * from them.
 */
export function differingParts(job: Job, { plan }: OpenRun): string[] {
  const { definition } = plan as CrewPlan;
  return definition === undefined ? [] : differences(definition, definitionOf(job));
}

/** Joins a run; its end in another process is not an error. */
export async function joinOpenRun(
  job: Job,
  { run, plan }: OpenRun,
  { target, name, show, signal, kv, ...more }: JoinContext,
): Promise<RunResult> {
  const { streams, params, range, resume, retryOnly, options } = plan as CrewPlan;
  const worker = thisWorker(name);
  await using notes = kv === undefined ? await inMemory() : notesIn(kv, worker.worker);
  const checkpoint = new Checkpoint(notes.kv, notes.stamp, job.job);
  const ended = new AbortController();
  const result = await performRun({
    ...{ job, streams, range, resume, target, checkpoint, run, env, show, ...more },
    options: { ...options as unknown as RunOptions, params },
    retry: retryOnly === null ? undefined : { only: new Set(retryOnly) },
    archive: readSettings(env).archive,
    logsFolder: undefined,
    worker,
    wallNow: await clockOfRun(target, plan as CrewPlan, Date.now),
    hasJoined: true,
    onEnd: () => ended.abort(),
    signal: AbortSignal.any([signal, ended.signal]),
  });
  const hasEnded = ended.signal.aborted && !signal.aborted;
  return hasEnded ? { ...result, error: undefined } : result;
}

/** Where a process keeps what it learns of the run; nothing of it is needed once it has left. */
interface Notes extends AsyncDisposable {
  readonly kv: Deno.Kv;
  readonly stamp: string;
}

async function inMemory(): Promise<Notes> {
  const kv = await openMemoryKv();
  const dispose = () => Promise.resolve(kv.close());
  return { kv, stamp: "worker", [Symbol.asyncDispose]: dispose };
}

/** Notes under a stamp of their own, which no checkpoint of a database has. */
function notesIn(kv: Deno.Kv, worker: string): Notes {
  const stamp = `worker ${worker}`;
  const forget = async () => {
    const prefix = targetPrefix(stamp);
    for await (const { key } of kv.list({ prefix })) await commit(kv.atomic().delete(key));
  };
  return { kv, stamp, [Symbol.asyncDispose]: forget };
}
