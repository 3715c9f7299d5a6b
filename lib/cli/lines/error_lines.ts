// Formats a window to fetch again for `errors`: why it failed or which rows were rejected. Pure.
import { formatCount, oneLine } from "../../report/text/format.ts";
import type { RetryEntry } from "../../checkpoint/retry_entry.ts";
import { viewEntry } from "../../checkpoint/snapshot.ts";

/** Rejected rows shown of one window; `--json` shows all that are kept. */
const ROWS_SHOWN = 10;

/** The lines of one entry. */
export function entryLines(entry: RetryEntry): string[] {
  const view = viewEntry(entry);
  const days = view.window === null ? "" : ` ${[...new Set(view.window)].join(" .. ")}`;
  const each = entry.each === "" ? "" : ` ${entry.each}`;
  const lines = [
    `${entry.stream}${each}${days}   ${entry.kind} at ${entry.at.slice(0, 19)}Z: ${entry.reason}`,
  ];
  if (entry.hint !== undefined) lines.push(`  hint: ${entry.hint}`);
  for (const { table, column, reason, value } of entry.rejected.slice(0, ROWS_SHOWN)) {
    const where = column === null ? table : `${table}.${column}`;
    lines.push(`  ${where}: ${reason}${value === "" ? "" : `: ${value.slice(0, 200)}`}`);
  }
  const more = entry.rejected.length - ROWS_SHOWN;
  if (more > 0) lines.push(`  and ${formatCount(more, "row")} more, see --json`);
  return lines.map(oneLine);
}
