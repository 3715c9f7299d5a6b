// Owns the plain lines of a run, one per window, for pipes, nohup, cron and the log file. A fold over
// events; pure.
import type { RunEvent } from "./event.ts";
import {
  formatCount,
  formatNumber,
  formatRate,
  formatSeconds,
  formatSubject,
  oneLine,
} from "./text/format.ts";
import { formatCompletion, formatWait } from "./text/wait.ts";
import { type Summary, vanishedRows } from "./summary.ts";
import type { Subject } from "./text/subject.ts";

/** The lines of an event; most events have none or one. */
export function plainLines(event: RunEvent): string[] {
  return linesOf(event).map(oneLine);
}

function linesOf(event: RunEvent): string[] {
  switch (event.kind) {
    case "run_started":
      return [
        `run ${event.run}: job ${event.job} into ${event.target}` +
        (event.resumed ? ", resumed" : ""),
      ];
    case "stream_planned":
      return [plannedLine(event)];
    case "window_done":
      return [doneLine(event)];
    case "window_failed":
      return [`${beginning(event.subject)}   failed: ${event.reason}`];
    case "window_split":
      return [`${beginning(event.subject)}   split: ${event.reason}`];
    case "window_restarted":
      return [`${beginning(event.subject)}   restarted: ${event.reason}`];
    case "row_rejected":
      return [rejectedLine(event)];
    case "warning":
      return [
        `warning: ${event.message}`,
        ...(event.hint === undefined ? [] : [`hint: ${event.hint}`]),
      ];
    case "drift":
      return [`changed: ${event.stream}: ${event.message}`, `hint: ${event.advice}`];
    case "waiting":
      return [event.wait === null ? "requests resume" : formatWait(event.wait)];
    case "run_finished":
      return summaryLines(event.summary);
    case "request":
    case "page_read":
    case "batch_written":
    case "stream_finished":
      return [];
  }
}

type Of<Kind extends RunEvent["kind"]> = Extract<RunEvent, { kind: Kind }>;

/** Widths of the columns for stream and dates; longer values shift the rest of the line. */
const [STREAM_CHARS, DATES_CHARS] = [12, 24];

function plannedLine(event: Of<"stream_planned">): string {
  const { stream, range, windows, skipped, requests, seconds, requestsPerSecond } = event;
  const done = formatCompletion(seconds, event.doneAtMs);
  const approximately = event.exact ? "" : "~";
  const forecast = event.atLeast ? "at least " : approximately;
  const at = requestsPerSecond === null ? "" : ` at ${formatRate(requestsPerSecond)}`;
  const requested = requests === 0
    ? "nothing to fetch"
    : `${forecast}${formatCount(requests, "request")}${at}, about ${formatSeconds(seconds)}${done}`;
  return [
    `${stream.padEnd(STREAM_CHARS + 2)} ${(range ?? "all").padEnd(DATES_CHARS)}`,
    cell(windows + skipped, 6, "window", approximately),
    `${formatNumber(skipped).padStart(5)} done`,
    `${formatNumber(windows).padStart(5)} left`,
    requested,
  ].join("  ");
}

/** Stream and dates of a window: the beginning of its line. */
function beginning(subject: Subject): string {
  return `  ${subject.stream.padEnd(STREAM_CHARS)} ${formatSubject(subject).padEnd(DATES_CHARS)}`;
}

function doneLine(event: Of<"window_done">): string {
  const { subject, pages, records, rows, counts, rejected, replaced = 0, ms } = event;
  const cells = [
    beginning(subject),
    cell(pages, 3, "page"),
    cell(records, 6, "record"),
    cell(rows, 7, "row"),
    counts === undefined ? "".padEnd(11) : `${formatNumber(counts.inserted).padStart(7)} new`,
    counts === undefined ? "".padEnd(15) : `${formatNumber(counts.updated).padStart(7)} changed`,
    formatSeconds(ms / 1000).padStart(7),
  ];
  if (counts?.vanished) cells.push(`${formatNumber(counts.vanished)} vanished`);
  if (rejected > 0) cells.push(`${formatNumber(rejected)} rejected`);
  if (replaced > 0) cells.push(`${formatNumber(replaced)} replaced under the same key`);
  return cells.join("  ");
}

/** A count and its noun as a column. */
function cell(count: number, chars: number, noun: string, before = ""): string {
  const plural = Math.round(count) === 1 ? noun : `${noun}s`;
  return `${`${before}${formatNumber(count)}`.padStart(chars)} ${plural.padEnd(noun.length + 1)}`;
}

function rejectedLine(event: Of<"row_rejected">): string {
  const { subject, table, column, reason, value } = event;
  const where = column === null ? table : `${table}.${column}`;
  const shown = value === ""
    ? ""
    : ` (${value.length > 120 ? `${value.slice(0, 120)}...` : value})`;
  return `${beginning(subject)}   rejected a row of ${where}: ${reason}${shown}`;
}

/** The last lines of a run: rows by table, and the outcome. */
function summaryLines(summary: Summary): string[] {
  const lines = Object.entries(summary.rows)
    .filter(([, { inserted, updated, unchanged, dropped = 0, vanished = 0 }]) =>
      inserted + updated + unchanged + dropped + vanished > 0
    )
    .map(([table, { inserted, updated, unchanged, dropped = 0, vanished = 0 }]) =>
      `  ${table.padEnd(24)} ${formatNumber(inserted).padStart(10)} new` +
      `${formatNumber(updated).padStart(10)} changed${
        formatNumber(unchanged).padStart(10)
      } unchanged${
        dropped > 0 ? `${formatNumber(dropped).padStart(10)} dropped by a trigger` : ""
      }${vanished > 0 ? `${formatNumber(vanished).padStart(10)} vanished` : ""}`
    );
  return [...lines, lastLine(summary)];
}

function lastLine(summary: Summary): string {
  const { windows, requests, refused, retries, rejected, replaced, seconds } = summary;
  const parts = [`${summary.outcome}: ${windowsText(windows)}`, formatCount(requests, "request")];
  if (windows.failed > 0) parts.push(`${formatNumber(windows.failed)} failed`);
  const vanished = vanishedRows(summary);
  if (vanished > 0) parts.push(`${formatCount(vanished, "row")} vanished`);
  if (windows.skipped > 0) parts.push(`${formatNumber(windows.skipped)} done before`);
  if (rejected > 0) parts.push(`${formatCount(rejected, "row")} rejected`);
  if (replaced > 0) parts.push(`${formatCount(replaced, "row")} replaced under the same key`);
  if (retries > 0) parts.push(formatCount(retries, "retry", "retries"));
  if (refused > 0) parts.push(`${formatCount(refused, "request")} refused`);
  return [...parts, formatSeconds(seconds)].join(", ");
}

/** Windows of this run; of the whole range, what was done before included, for a run that ended early. */
function windowsText({ planned, done, failed, skipped, left }: Summary["windows"]): string {
  if (left === undefined) return `${formatNumber(done)} of ${formatCount(planned, "window")}`;
  return `${formatNumber(done + skipped)} of ${
    formatCount(done + skipped + failed + left, "window")
  }`;
}
