// Owns the summary of a run: the object that `backfill --json` prints and that the checkpoint keeps. Its
// field names are stable, for scripts (docs/reference.md, "JSON output").
import { NOTHING, sumCounts, type WriteCounts } from "../upsert/sql/write_counts.ts";

/** How a run ended. */
export type Outcome = "done" | "failed" | "interrupted";

/** What a run did. */
export interface Summary {
  /** Whether every planned window is done and no row was rejected. */
  ok: boolean;
  /** Id of the run. */
  run: string;
  /** How it ended. */
  outcome: Outcome;
  /** Wall time in seconds. */
  seconds: number;
  /** Requests sent, retries included. */
  requests: number;
  /** Responses that refused a request as too frequent, such as 429. */
  refused: number;
  /** Requests sent again. */
  retries: number;
  /** Windows by outcome; skipped ones were done before, and those of the range that are left are absent if none is. */
  windows: { planned: number; done: number; failed: number; skipped: number; left?: number };
  /** Rows written, by table. */
  rows: Record<string, WriteCounts>;
  /** Rows that were rejected and recorded. */
  rejected: number;
  /** Rows that replaced a different row of the same response with the same key. */
  replaced: number;
}

/** An empty summary. */
export function emptySummary(run: string): Summary {
  return {
    ok: true,
    run,
    outcome: "done",
    seconds: 0,
    requests: 0,
    refused: 0,
    retries: 0,
    windows: { planned: 0, done: 0, failed: 0, skipped: 0 },
    rows: {},
    rejected: 0,
    replaced: 0,
  };
}

/** The summary of a run in two parts, such as the phases of an update by cron. */
export function joinSummaries(first: Summary, second: Summary): Summary {
  const isFailed = second.outcome === "done" && first.outcome === "failed";
  const sum = (name: "seconds" | "requests" | "refused" | "retries" | "rejected" | "replaced") =>
    first[name] + second[name];
  const rows = structuredClone(first.rows);
  for (const [table, counts] of Object.entries(second.rows)) addCounts(rows, table, counts);
  return {
    ok: second.ok && !isFailed,
    run: second.run,
    outcome: isFailed ? "failed" : second.outcome,
    seconds: Math.round(sum("seconds") * 1000) / 1000,
    requests: sum("requests"),
    refused: sum("refused"),
    retries: sum("retries"),
    windows: {
      planned: first.windows.planned + second.windows.planned,
      done: first.windows.done + second.windows.done,
      failed: first.windows.failed + second.windows.failed,
      skipped: first.windows.skipped + second.windows.skipped,
      ...second.windows.left === undefined ? {} : { left: second.windows.left },
    },
    rows,
    rejected: sum("rejected"),
    replaced: sum("replaced"),
  };
}

/** The rows that a run marked or deleted because the API no longer returns them, over all tables. */
export function vanishedRows({ rows }: Pick<Summary, "rows">): number {
  return Object.values(rows).reduce((sum, { vanished = 0 }) => sum + vanished, 0);
}

/** Adds counts of one table to those of a run. */
export function addCounts(
  rows: Record<string, WriteCounts>,
  table: string,
  more: WriteCounts,
): void {
  rows[table] = sumCounts(rows[table] ?? NOTHING, more);
}

/** Puts the tables of a summary in the order of the job file, whichever received rows first. */
export function orderTables(summary: Summary, tables: readonly string[]): void {
  const written = Object.entries(summary.rows);
  summary.rows = Object.fromEntries(
    written.toSorted(([a], [b]) => tables.indexOf(a) - tables.indexOf(b)),
  );
}
