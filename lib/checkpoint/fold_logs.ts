// Owns what the rows of a target's logs mean for a checkpoint: which windows they make done, which are to be
// fetched again, and what they measured. It reads and writes nothing. Invariant: of a failure and a window over
// the same dates the one whose transaction came later counts.
import type { Track } from "../plan/scope.ts";
import type { LoggedFailure, LoggedTrack, LoggedWindow, Logs } from "../upsert/read_logs.ts";
import type { Change } from "./change.ts";
import type { DoneWindow } from "./done_tracks.ts";
import { addMeasure, type Measure, NO_MEASURE, sumIds } from "./measures.ts";
import { failedEntry } from "./retry_entry.ts";
import type { RetryList } from "./retry_list.ts";

/** The window of an entry of the ledger. */
export function doneOf({ stream, scope, each }: Track, logged: LoggedWindow): DoneWindow {
  const { window, empty, settled, rejected, fetchedAt } = logged;
  return {
    ...{ stream, scope, each, window },
    parts: [{ ...window ?? { from: 0, to: 0 }, empty, settled }],
    ...{ rejected: [], rejectedCount: rejected, requestedAt: fetchedAt },
  };
}

/** Applies failures and windows to the retry list, in the order of their transactions. */
export function foldRetries(retryList: RetryList, { tracks, failures }: Logs): Change[] {
  const byTrack = new Map<string, LoggedFailure[]>();
  for (const failure of failures) {
    const id = trackId(failure);
    byTrack.set(id, [...byTrack.get(id) ?? [], failure]);
  }
  const changes: Change[] = [];
  for (const track of tracks) {
    const id = trackId(track);
    const failed = byTrack.get(id) ?? [];
    byTrack.delete(id);
    changes.push(...foldTrack(retryList, track, failed));
  }
  for (const failure of [...byTrack.values()].flat()) changes.push(...fail(retryList, failure));
  return changes;
}

function foldTrack(
  retryList: RetryList,
  track: LoggedTrack,
  failures: LoggedFailure[],
): Change[] {
  const changes: Change[] = [];
  let hasEntries = retryList.has(track);
  for (const window of track.windows) {
    while (failures.length > 0 && failures[0]!.xid < window.xid) {
      changes.push(...fail(retryList, failures.shift()!));
      hasEntries = true;
    }
    if (!hasEntries && window.rejected === 0) continue;
    changes.push(...retryList.fold(doneOf(track, window)));
    hasEntries = true;
  }
  return [...changes, ...failures.flatMap((failure) => fail(retryList, failure))];
}

function fail(retryList: RetryList, failure: LoggedFailure): Change[] {
  const { window, reason, hint, at } = failure;
  if (reason === null) return retryList.resolve(failure, window);
  return retryList.add(failedEntry(failure, window, reason, hint, at));
}

/** Sums of measures by stream, with what the windows of the logs measured. */
export function addSums(
  before: Readonly<Record<string, Measure>>,
  { tracks }: Logs,
): Record<string, Measure> {
  const sums = Object.fromEntries(
    Object.entries(before).map(([stream, sum]) => [stream, { ...sum }]),
  );
  for (const { stream, scope, sums: more } of tracks) {
    if (more.pages === 0 && more.minutes === 0) continue;
    for (const id of sumIds(stream, scope)) addMeasure(sums[id] ??= { ...NO_MEASURE }, more);
  }
  return sums;
}

function trackId({ stream, scope, each }: Track): string {
  return `${stream}\0${scope}\0${each}`;
}
