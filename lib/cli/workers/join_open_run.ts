// Joins a run that another process has started: fetches windows of it until none is left, the run ends, or this
// process is stopped. It keeps nothing on this machine.
import { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { targetPrefix } from "../../checkpoint/key.ts";
import { commit, openMemoryKv } from "../../checkpoint/open_kv.ts";
import { type FetchedSince, readFetchedSince } from "../../checkpoint/fetched_since.ts";
import type { Job } from "../../config/schema/job.ts";
import { definitionOf, differences } from "../../coordinate/definition.ts";
import { sliceJob } from "../../cron/slice_job.ts";
import type { RunEvent } from "../../report/event.ts";
import { clockOfRun, type CrewPlan, type UpdateSlice } from "../../run_crew.ts";
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
   * The store of checkpoints, where this process keeps its own notes until it leaves. Defaults to one in memory, which
   * Deno Deploy does not have.
   */
  readonly kv?: Deno.Kv;
}

/** The longest time that a timer counts. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * The parts in which a job differs from that of a run: other windows would be fetched, or other rows would be created
 * from them.
 */
export function differingParts(job: Job, { plan }: OpenRun): string[] {
  const { definition, update } = plan as CrewPlan;
  if (definition === undefined) return [];
  return differences(definition, definitionOf(jobIn(job, update)));
}

/** Whether a run is a phase of an update by cron. */
export function isOfUpdate({ plan }: OpenRun): boolean {
  return (plan as CrewPlan).update !== undefined;
}

/** The job as a run fetches it: a slice of an update may have shortened its windows. */
function jobIn(job: Job, update: UpdateSlice | undefined): Job {
  return update === undefined ? job : sliceJob(job, update.cuts);
}

/** Joins a run; its end in another process is not an error, nor is the end of its slice. */
export async function joinOpenRun(
  job: Job,
  { run, plan, xid }: OpenRun,
  { target, name, show, signal, kv, windDown }: JoinContext,
): Promise<RunResult> {
  const { streams, params, range, resume, retryOnly, options, update } = plan as CrewPlan;
  const worker = thisWorker(name);
  await using notes = kv === undefined ? await inMemory() : notesIn(kv, worker.worker);
  const checkpoint = new Checkpoint(notes.kv, notes.stamp, job.job);
  const wallNow = await clockOfRun(target, plan as CrewPlan, Date.now);
  const slice = update === undefined ? undefined : deadlineIn(update, wallNow());
  const ended = new AbortController();
  const ends = present([ended.signal, slice?.signal]);
  const result = await performRun({
    ...{ job: jobIn(job, update), streams, range, resume, target, checkpoint, run, env },
    show: unlessMissed(show),
    options: { ...options as unknown as RunOptions, params },
    retry: retryOnly === null ? undefined : { only: new Set(retryOnly) },
    fetched: await fetchedBefore(target, job, update),
    archive: readSettings(env).archive,
    logsFolder: undefined,
    ...{ worker, wallNow },
    joined: { xid, isUpdate: update !== undefined },
    onEnd: () => ended.abort(),
    windDown: AbortSignal.any(present([windDown, slice?.windDown])),
    signal: AbortSignal.any([signal, ...ends]),
  });
  const hasEnded = ends.some(({ aborted }) => aborted) && !signal.aborted;
  return hasEnded ? { ...result, error: undefined } : result;
}

/** Shows no summary of a run that ended before this process took part in it. */
function unlessMissed(show: (event: RunEvent) => void): (event: RunEvent) => void {
  let hasStarted = false;
  return (event) => {
    hasStarted ||= event.kind === "run_started";
    if (hasStarted || event.kind !== "run_finished") show(event);
  };
}

/** The end of a slice by the clock of the process that started it, which may die before. */
function deadlineIn({ windDownAtMs, overAtMs }: UpdateSlice, nowMs: number) {
  const at = (ms: number) => AbortSignal.timeout(Math.min(LONGEST_MS, Math.max(0, ms - nowMs)));
  return { windDown: at(windDownAtMs), signal: at(overAtMs) };
}

function present(signals: readonly (AbortSignal | undefined)[]): AbortSignal[] {
  return signals.filter((signal) => signal !== undefined);
}

/** What earlier slices of an update have fetched; undefined in its first one, and in a backfill. */
async function fetchedBefore(
  target: Target,
  { job }: Job,
  update: UpdateSlice | undefined,
): Promise<FetchedSince | undefined> {
  if (update === undefined || update.sinceMs === null) return undefined;
  return await readFetchedSince(target, job, update.sinceMs);
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
