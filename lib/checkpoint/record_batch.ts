// Owns the last station: it records in the checkpoint the windows that a written batch completes, never
// before its transaction has committed. Windows that failed meanwhile are recorded after them.
import type { Job } from "../config/schema/job.ts";
import { partsOf, type VisitOf } from "../upsert/ledger.ts";
import type { Finished, WrittenBatch } from "../upsert/batch.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { DoneWindow } from "./done_tracks.ts";

/** Records the windows that a batch completed and those that failed meanwhile; `at` is epoch milliseconds. */
export async function recordBatch(
  job: Job,
  checkpoint: Checkpoint,
  batch: WrittenBatch,
  at: number,
  visitOf: VisitOf = () => undefined,
): Promise<void> {
  // A page of a feed that comes from the archive moves no position.
  const fetched = batch.finished.filter(({ unit }) => unit.feed?.isReplay !== true);
  for (const finished of fetched) measure(checkpoint, finished);
  if (fetched.length > 0) {
    await checkpoint.done(fetched.map((finished) => doneWindow(job, finished, visitOf)), at);
  }
  for (const { unit, failure } of batch.failed) {
    await checkpoint.failed(unit, unit.window, failure.message, failure.hint, at);
  }
}

function doneWindow(job: Job, finished: Finished, visitOf: VisitOf): DoneWindow {
  const { unit, rows, requestedAt } = finished;
  const { stream, scope, each, window, feed } = unit;
  return {
    stream,
    scope,
    each,
    window,
    parts: partsOf(job, finished, visitOf).parts,
    rejected: rows.rejected,
    rejectedCount: feed === undefined ? rows.rejectedCount : feed.outstanding ?? 0,
    isPage: feed !== undefined,
    requestedAt,
  };
}

function measure(checkpoint: Checkpoint, finished: Finished): void {
  const { unit, pages, records, rows, responseMs } = finished;
  const more = {
    windows: 1,
    pages,
    records,
    rows: rows.rows,
    minutes: unit.window === null ? 0 : unit.window.to - unit.window.from,
    answerMs: responseMs,
  };
  checkpoint.measures.add(unit.stream, more, unit.scope);
}
