// Owns the ledger entries of finished windows, which the target records in the same transaction as their
// rows: enough to rebuild a lost checkpoint from the target alone. They are derived from the batch.
import type { Job } from "../config/schema/job.ts";
import { settledParts } from "../plan/needed.ts";
import { agesOf, settleAgeMs, unchangedFetches, type Visit } from "../plan/settling.ts";
import type { Unit } from "../plan/unit.ts";
import type { Finished } from "./batch.ts";
import { formatCivil } from "../plan/time/civil.ts";
import type { LedgerEntry } from "./sql/ledger_sql.ts";

/** Returns the last visit of exactly the window of a unit; only streams with ages have visits. */
export type VisitOf = (unit: Unit) => Visit | undefined;

/** The ledger entries of finished windows; a partly settled window has two. */
export function ledgerOf(
  job: Job,
  finished: readonly Finished[],
  visitOf: VisitOf = () => undefined,
): LedgerEntry[] {
  const windows = finished.filter(({ unit }) => unit.feed === undefined);
  return [
    ...windows.flatMap((window) => entriesOf(job, window, visitOf)),
    ...feedEntries(job, finished),
  ];
}

/** One entry for each feed, with what all of its pages measured; it is settled once the feed has no more. */
function feedEntries(job: Job, finished: readonly Finished[]): LedgerEntry[] {
  const entries = new Map<string, LedgerEntry>();
  for (const page of finished) {
    const { unit: { feed, ...unit } } = page;
    if (feed === undefined || feed.isReplay) continue;
    const id = JSON.stringify([unit.stream, unit.scope, unit.each]);
    const [entry] = entriesOf(job, page, () => undefined);
    const before = entries.get(id);
    entries.set(id, {
      ...entry!,
      settled: feed.isAgain ? before?.settled ?? true : feed.reached!.ended,
      rejected: feed.outstanding ?? 0,
      records: entry!.records + (before?.records ?? 0),
      rows: entry!.rows + (before?.rows ?? 0),
      pages: entry!.pages + (before?.pages ?? 0),
      responseMs: entry!.responseMs + (before?.responseMs ?? 0),
    });
  }
  return [...entries.values()];
}

/** The parts of a finished window with their state, and what later fetches compare with. */
export function partsOf(
  job: Job,
  { unit, records, rows, requestedAt }: Finished,
  visitOf: VisitOf,
): { parts: ReturnType<typeof settledParts>; digest?: string | undefined; unchanged?: number } {
  const { window, stream } = unit;
  const isEmpty = records === 0;
  const settle = job.streams[stream]?.settle;
  if (window === null) return { parts: [{ from: 0, to: 0, empty: isEmpty, settled: true }] };
  const ages = agesOf(settle);
  // Rows that were rejected are in no digest.
  const digest = ages === undefined || rows.rejectedCount > 0 ? undefined : rows.digest?.text;
  const unchanged = unchangedFetches(
    visitOf(unit),
    digest ?? null,
    ages ?? [],
    requestedAt,
    job.time_zone,
  );
  const ageMs = settleAgeMs(settle, unchanged);
  const parts = settledParts(window, isEmpty, ageMs, requestedAt, job.time_zone);
  return { parts, ...ages === undefined ? {} : { digest, unchanged } };
}

function entriesOf(job: Job, finished: Finished, visitOf: VisitOf): LedgerEntry[] {
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
  const { parts, ...compared } = partsOf(job, finished, visitOf);
  return parts.map((part, i) => ({
    ...common,
    ...compared,
    // What the window measured counts once.
    ...i === 0 ? {} : { pages: 0, responseMs: 0 },
    from: formatCivil(part.from),
    to: formatCivil(part.to),
    settled: part.settled,
  }));
}
