// Owns the way back from the target to a checkpoint: the ledger's entries become done windows, and those
// of which rows were rejected are to be asked again. What the target does not record cannot be restored:
// which windows failed (they are gaps), and the values of rejected rows. It reads the ledger twice and
// holds none of it.
import type { Job } from "../config/schema/job.ts";
import { parseCivil } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import type { Target } from "../upsert/write/target.ts";
import type { Checkpoint, ProvenWindow } from "./checkpoint.ts";
import { type Days, daysOf } from "./snapshot.ts";
import type { LedgerEntry } from "../upsert/sql/system_tables.ts";

/** What was restored of one stream. */
export interface Restored {
  /** Entries of the ledger, each a window or the settled or unsettled part of one. */
  windows: number;
  /** First and last day; null for a stream without windows. */
  days: Days | null;
  /** Windows of which rows were rejected: they are done, and to be asked again. */
  rejected: number;
}

/** What a checkpoint is restored from. */
export interface RestoreInput {
  /** The job. */
  readonly job: Job;
  /** Its checkpoint, whose coverage is replaced. */
  readonly checkpoint: Checkpoint;
  /** The target, of which the job's lock is held. */
  readonly target: Pick<Target, "readLedger">;
}

/** Whether the target's ledger knows windows of a job of which the checkpoint knows none at all. */
export async function isForgotten({ job, checkpoint, target }: RestoreInput): Promise<boolean> {
  for (const stream of Object.keys(job.streams)) {
    if ((await checkpoint.scopes(stream)).length > 0) return false;
  }
  for await (const _ of target.readLedger(job.job)) return true;
  return false;
}

/** Replaces the coverage of a job by what the target's ledger proves; tells it by stream, in the order of the job. */
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
  for (const { kind, stream } of await checkpoint.troubles()) {
    if (kind === "rejected" && restored[stream] !== undefined) restored[stream].rejected++;
  }
  const known = Object.keys(job.streams).filter((name) => Object.hasOwn(restored, name));
  return Object.fromEntries(known.map((name) => [name, restored[name]!]));
}

/** What was final when it was fetched comes last, and so counts where both are known of a date. */
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

/** The window of an entry; undefined where its dates cannot be read. */
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
