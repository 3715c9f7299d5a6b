// Folds events into the summary of a run. Nothing else counts, so the JSON output, the last
// line and the checkpoint agree.
import type { RunEvent } from "./event.ts";
import type { Summary } from "./summary.ts";
import { addCounts } from "./summary.ts";

/** Adds one event to a summary. */
export function foldSummary(summary: Summary, event: RunEvent): void {
  switch (event.kind) {
    case "request":
      if (event.event.kind === "requested") summary.requests++;
      if (event.event.kind === "refused") summary.refused++;
      if (event.event.kind === "retrying") summary.retries++;
      break;
    case "window_done":
      summary.windows.done++;
      summary.rejected += event.rejected;
      summary.replaced += event.replaced ?? 0;
      break;
    case "window_failed":
      summary.windows.failed++;
      break;
    case "stream_finished":
      summary.windows.planned += event.planned;
      summary.windows.skipped += event.skipped;
      break;
    case "batch_written":
      for (const [table, counts] of event.counts) addCounts(summary.rows, table, counts);
      break;
  }
}
