// Owns what the report of a slice says: what its runs add up to, and how it ended. It reads and writes nothing.
import { Failure } from "../failure.ts";
import type { Summary } from "../report/summary.ts";
import { formatCount } from "../report/text/format.ts";
import type { TickReport } from "./state.ts";

/**
 * The report of a slice that could not start.
 *
 * @throws the error, if it is a bug in Hindcast.
 */
export function failedReport(atMs: number, error: unknown): TickReport {
  const report = emptyReport(atMs);
  fail(report, error);
  return report;
}

/** The report of a slice that has done nothing yet. */
export function emptyReport(atMs: number): TickReport {
  return {
    outcome: "done",
    complete: false,
    at: new Date(atMs).toISOString(),
    seconds: 0,
    windows: { done: 0, failed: 0 },
    requests: 0,
    rows: 0,
    rejected: 0,
    message: null,
  };
}

/** Adds what a run did. */
export function addUp(report: TickReport, summary: Summary): void {
  report.windows.done += summary.windows.done;
  report.windows.failed += summary.windows.failed;
  report.requests += summary.requests;
  report.rejected += summary.rejected;
  for (const { inserted, updated, vanished = 0 } of Object.values(summary.rows)) {
    report.rows += inserted + updated + vanished;
  }
}

/** Completes the report of an update whose phases have all ended. */
export function finish(report: TickReport): void {
  const { windows, rejected } = report;
  report.complete = true;
  if (windows.failed + rejected === 0) return;
  report.outcome = "failed";
  report.message =
    `${formatCount(windows.failed, "window")} failed, ${formatCount(rejected, "row")} rejected: ` +
    "see deno task errors; the next update fetches them again";
}

/**
 * Reports what ended a slice.
 *
 * @throws the error, if it is a bug in Hindcast.
 */
export function fail(report: TickReport, error: unknown): void {
  if (!(error instanceof Failure)) throw error;
  report.outcome = error.kind === "locked" ? "locked" : "failed";
  report.message = error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
}
