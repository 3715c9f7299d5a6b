// Owns the events of a written batch. Invariant: they are emitted after its transaction has committed and
// the checkpoint has recorded it, so a window reported as done is done.
import { formatCivil } from "../plan/time/civil.ts";
import type { Unit } from "../plan/unit.ts";
import type { Finished, WrittenBatch } from "../upsert/batch.ts";
import type { Listener } from "./event.ts";
import { anyVanished, type WriteCounts } from "../upsert/sql/write_counts.ts";
import type { Subject } from "./text/subject.ts";

/** The subject of events about a unit. */
export function subjectOf(unit: Unit): Subject {
  const { stream, each, window } = unit;
  return {
    stream,
    each,
    from: window === null ? null : formatCivil(window.from),
    to: window === null ? null : formatCivil(window.to),
  };
}

/** Emits the events of a batch; `ms` is the duration of its transaction. */
export function reportBatch(
  listen: Listener,
  batch: WrittenBatch,
  counts: ReadonlyMap<string, WriteCounts>,
  ms: number,
): void {
  const { rows, finished, restarted, split, failed } = batch;
  if (rows > 0 || anyVanished(counts)) {
    listen({ kind: "batch_written", counts, rows, windows: finished.length, ms });
  }
  for (const { unit, reason } of restarted) {
    listen({
      kind: "window_restarted",
      subject: subjectOf(unit),
      reason,
    });
  }
  for (const { unit, reason } of split) {
    listen({ kind: "window_split", subject: subjectOf(unit), reason });
  }
  for (const window of finished) reportWindow(listen, window);
  for (const { unit, failure } of failed) {
    const { message, hint } = failure;
    listen({ kind: "window_failed", subject: subjectOf(unit), reason: message, hint });
  }
}

function reportWindow(listen: Listener, window: Finished): void {
  const { pages, records, responseMs, rows } = window;
  const subject = subjectOf(window.unit);
  for (const { table, column, reason, value } of rows.rejected) {
    listen({ kind: "row_rejected", subject, table, column, reason, value });
  }
  listen({
    kind: "window_done",
    subject,
    pages,
    records,
    rows: rows.rows,
    counts: rows.counts,
    rejected: rows.rejectedCount,
    replaced: rows.replaced ?? 0,
    ms: responseMs,
  });
}
