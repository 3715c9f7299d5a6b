// Owns what `checkpoint --rebuild` reports: what was restored of each stream of the job. Pure.
import type { Job } from "../config/schema/job.ts";
import type { Window } from "../plan/time/window.ts";
import type { Logs } from "../upsert/read_logs.ts";
import type { RetryEntry } from "./retry_entry.ts";
import { type Days, daysOf } from "./snapshot.ts";

/** What was restored of one stream. */
export interface Restored {
  /** Entries of the ledger: each is a window, or the settled or unsettled part of one. */
  windows: number;
  /** First and last day; null for a stream without windows. */
  days: Days | null;
  /** Windows with rejected rows: they are done, and are fetched again by `--resume`. */
  rejected: number;
}

/** What the logs restored, by stream. */
export function restoredOf(
  job: Job,
  { tracks }: Logs,
  entries: readonly RetryEntry[],
): Record<string, Restored> {
  const restored: Record<string, Restored> = {};
  for (const name of Object.keys(job.streams)) {
    const windows = tracks.filter(({ stream }) => stream === name).flatMap((track) =>
      track.windows
    );
    if (windows.length === 0) continue;
    const hull = hullOf(windows.flatMap(({ window }) => window ?? []));
    restored[name] = {
      windows: windows.length,
      days: hull === undefined ? null : daysOf(hull),
      rejected: entries.filter(({ kind, stream }) => kind === "rejected" && stream === name).length,
    };
  }
  return restored;
}

function hullOf(windows: readonly Window[]): Window | undefined {
  let hull: Window | undefined;
  for (const { from, to } of windows) {
    hull = { from: Math.min(hull?.from ?? from, from), to: Math.max(hull?.to ?? to, to) };
  }
  return hull;
}
