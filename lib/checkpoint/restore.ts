// Rebuilds a checkpoint from the target's ledger: done windows, failed windows, windows with rejected
// rows, runs and measures. The values of rejected rows are not in the ledger and stay unknown until the
// window is fetched again. It reads the ledger twice and never holds it in memory.
import type { Job } from "../config/schema/job.ts";
import { parseCivil } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import type { Target } from "../upsert/write/target.ts";
import type { RecordedFailure } from "../upsert/history.ts";
import { readFailures, readRuns } from "../upsert/history.ts";
import type { Checkpoint, DoneWindow } from "./checkpoint.ts";
import { addMeasure, type Measure, NO_MEASURE } from "./measures.ts";
import { type Days, daysOf } from "./snapshot.ts";
import type { LedgerEntry } from "../upsert/sql/system_tables.ts";

/** What was restored of one stream. */
export interface Restored {
  /** Entries of the ledger: each is a window, or the settled or unsettled part of one. */
  windows: number;
  /** First and last day; null for a stream without windows. */
  days: Days | null;
  /** Windows with rejected rows: they are done, and are fetched again by `--resume`. */
  rejected: number;
}

/** What a checkpoint is rebuilt from. */
export interface RestoreInput {
  /** The job. */
  readonly job: Job;
  /** Its checkpoint, whose coverage is replaced. */
  readonly checkpoint: Checkpoint;
  /** The target; the caller holds the job's lock. */
  readonly target: Pick<Target, "readLedger" | "query" | "stream" | "write">;
}

/**
 * Restores the checkpoint of a job if it holds no window of it while the target's ledger does: the
 * checkpoint was lost, or this is another machine. Returns whether it did.
 */
export async function restoreIfForgotten(input: RestoreInput): Promise<boolean> {
  const { job, checkpoint, target } = input;
  for (const stream of Object.keys(job.streams)) {
    if ((await checkpoint.scopes(stream)).length > 0) return false;
  }
  for await (const _ of target.readLedger(job.job)) {
    await restoreCoverage(input);
    return true;
  }
  return false;
}

/** What is reported when a checkpoint was restored. */
export const RESTORED = "the checkpoint was empty; it was restored from the database";

/** Replaces the coverage of a job by what the target's ledger records, and returns it by stream. */
export async function restoreCoverage(
  { job, checkpoint, target }: RestoreInput,
): Promise<Record<string, Restored>> {
  const restored: Record<string, Restored> = {};
  const hulls = new Map<string, Window>();
  const measures = new Map<string, Measure>();
  const count = (entry: LedgerEntry, { stream, window }: DoneWindow) => {
    const sum = restored[stream] ??= { windows: 0, days: null, rejected: 0 };
    sum.windows++;
    measure(measures, entry, window);
    if (window === null) return;
    const hull = hulls.get(stream) ?? window;
    hulls.set(stream, {
      from: Math.min(hull.from, window.from),
      to: Math.max(hull.to, window.to),
    });
  };
  await checkpoint.rebuild(doneWindows(job, target, count), knownFailures(job, target));
  await checkpoint.measures.restore(measures);
  await checkpoint.runs.restore(readRuns(target, job.job));
  for (const [stream, hull] of hulls) restored[stream]!.days = daysOf(hull);
  for (const { kind, stream } of await checkpoint.retryEntries()) {
    if (kind === "rejected" && restored[stream] !== undefined) restored[stream].rejected++;
  }
  const known = Object.keys(job.streams).filter((name) => Object.hasOwn(restored, name));
  return Object.fromEntries(known.map((name) => [name, restored[name]!]));
}

/** Adds what the window of a ledger entry measured; entries of earlier versions hold no measures. */
function measure(sums: Map<string, Measure>, entry: LedgerEntry, window: Window | null): void {
  const minutes = window === null ? 0 : window.to - window.from;
  const sum = sums.get(entry.stream) ?? { ...NO_MEASURE };
  if (entry.pages > 0) {
    const { pages, records, rows, responseMs } = entry;
    addMeasure(sum, { windows: 1, pages, records, rows, minutes, answerMs: responseMs });
  } else if (sum.windows > 0) sum.minutes += minutes;
  if (sum.windows > 0) sums.set(entry.stream, sum);
}

async function* knownFailures(
  job: Job,
  target: RestoreInput["target"],
): AsyncGenerator<RecordedFailure> {
  for await (const failure of readFailures(target, job.job)) {
    if (Object.hasOwn(job.streams, failure.stream)) yield failure;
  }
}

/** Settled entries come last, so that they win where the ledger has both for a date. */
async function* doneWindows(
  job: Job,
  target: Pick<Target, "readLedger">,
  count: (entry: LedgerEntry, window: DoneWindow) => void,
): AsyncGenerator<DoneWindow> {
  for (const settled of [false, true]) {
    for await (const entry of target.readLedger(job.job)) {
      if (entry.settled !== settled || !Object.hasOwn(job.streams, entry.stream)) continue;
      const window = doneWindow(entry);
      if (window === undefined) continue;
      count(entry, window);
      yield window;
    }
  }
}

/** The window of an entry; undefined if its dates cannot be read. */
function doneWindow(entry: LedgerEntry): DoneWindow | undefined {
  const { stream, scope, each, records, rejected, settled } = entry;
  const requestedAt = Date.parse(entry.fetchedAt);
  const known = { stream, scope, each, rejected: [], rejectedCount: rejected, requestedAt };
  const state = { empty: records === 0, settled };
  if (entry.from === null) {
    return { ...known, window: null, parts: [{ from: 0, to: 0, ...state }] };
  }
  const [from, to] = [parseCivil(entry.from), parseCivil(entry.to ?? "")];
  if (from === undefined || to === undefined || from >= to) return undefined;
  return { ...known, window: { from, to }, parts: [{ from, to, ...state }] };
}
