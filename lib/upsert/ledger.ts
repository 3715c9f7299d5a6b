// Owns the ledger entries of finished windows, which the target records in the same transaction as their
// rows: enough to rebuild a lost checkpoint from the target alone. They are derived from the batch.
import type { Job } from "../config/schema/job.ts";
import { settledParts } from "../plan/needed.ts";
import type { Finished } from "./batch.ts";
import { formatCivil } from "../plan/time/civil.ts";
import type { LedgerEntry } from "./sql/system_tables.ts";

/** The ledger entries of finished windows; a partly settled window has two. */
export function ledgerOf(job: Job, finished: readonly Finished[]): LedgerEntry[] {
  return finished.flatMap((window) => entriesOf(job, window));
}

function entriesOf(job: Job, finished: Finished): LedgerEntry[] {
  const { unit, pages, records, rows, requestedAt, responseMs } = finished;
  const { stream, scope, each, window } = unit;
  const common = {
    job: job.job,
    stream,
    scope,
    each,
    records,
    rows: rows.rows,
    rejected: rows.rejectedCount,
    fetchedAt: new Date(requestedAt).toISOString(),
    pages,
    responseMs,
  };
  if (window === null) return [{ ...common, from: null, to: null, settled: true }];
  const settleMs = job.streams[stream]?.settle ?? 0;
  return settledParts(window, records === 0, settleMs, requestedAt, job.time_zone).map((
    part,
    i,
  ) => ({
    ...common,
    // What the window measured counts once.
    ...i === 0 ? {} : { pages: 0, responseMs: 0 },
    from: formatCivil(part.from),
    to: formatCivil(part.to),
    settled: part.settled,
  }));
}
