// Rebuilds a checkpoint from the target's ledger: done windows, failed windows, windows with rejected
// rows, runs and measures. The values of rejected rows are not in the ledger and stay unknown until the
// window is fetched again. It reads the ledger twice and never holds it in memory.
import type { Job } from "../config/schema/job.ts";
import { parseCivil } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import type { Target } from "../upsert/write/target.ts";
import type { Checkpoint, ProvenWindow } from "./checkpoint.ts";
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
  readonly target: Pick<Target, "readLedger">;
}

/** Whether the checkpoint holds no window of a job while the target's ledger does. */
export async function isForgotten({ job, checkpoint, target }: RestoreInput): Promise<boolean> {
  for (const stream of Object.keys(job.streams)) {
    if ((await checkpoint.scopes(stream)).length > 0) return false;
  }
  for await (const _ of target.readLedger(job.job)) return true;
  return false;
}

/** Replaces the coverage of a job by what the target's ledger records, and returns it by stream. */
export async function restoreCoverage(
  { job, checkpoint, target }: RestoreInput,
): Promise<Record<string, Restored>> {
  const restored: Record<string, Restored> = {};
  const hulls = new Map<string, Window>();
  const count = ({ stream, window }: ProvenWindow) => {
    const sum = restored[stream] ??= { windows: 0, days: null, rejected: 0 };
    sum.windows++;
    if (window === null) return;
    const hull = hulls.get(stream) ?? window;
    hulls.set(stream, {
      from: Math.min(hull.from, window.from),
      to: Math.max(hull.to, window.to),
    });
  };
  await checkpoint.rebuild(provenWindows(job, target, count));
  for (const [stream, hull] of hulls) restored[stream]!.days = daysOf(hull);
  for (const { kind, stream } of await checkpoint.retryEntries()) {
    if (kind === "rejected" && restored[stream] !== undefined) restored[stream].rejected++;
  }
  const known = Object.keys(job.streams).filter((name) => Object.hasOwn(restored, name));
  return Object.fromEntries(known.map((name) => [name, restored[name]!]));
}

/** Settled entries come last, so that they win where the ledger has both for a date. */
async function* provenWindows(
  job: Job,
  target: Pick<Target, "readLedger">,
  count: (window: ProvenWindow) => void,
): AsyncGenerator<ProvenWindow> {
  for (const settled of [false, true]) {
    for await (const entry of target.readLedger(job.job)) {
      if (entry.settled !== settled || !Object.hasOwn(job.streams, entry.stream)) continue;
      const window = provenWindow(entry);
      if (window === undefined) continue;
      count(window);
      yield window;
    }
  }
}

/** The window of an entry; undefined if its dates cannot be read. */
function provenWindow(entry: LedgerEntry): ProvenWindow | undefined {
  const { stream, scope, each, records, rejected, settled } = entry;
  const known = { stream, scope, each, rejected: [], rejectedCount: rejected };
  const at = Date.parse(entry.fetchedAt);
  const state = { empty: records === 0, settled };
  if (entry.from === null) {
    return { ...known, at, window: null, parts: [{ from: 0, to: 0, ...state }] };
  }
  const [from, to] = [parseCivil(entry.from), parseCivil(entry.to ?? "")];
  if (from === undefined || to === undefined || from >= to) return undefined;
  return { ...known, at, window: { from, to }, parts: [{ from, to, ...state }] };
}
