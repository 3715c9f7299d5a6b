// Formats the output of `status`: streams with their coverage, tables with their rows, the last runs and
// the next command; `--json` prints the same with days. Pure.
import type { ArchiveHoldings } from "../../upsert/archive_index.ts";
import type { WorkerView } from "../../upsert/worker_view.ts";
import { formatCount, formatNumber, oneLine } from "../../report/text/format.ts";
import type { RunRecord } from "../../checkpoint/run_log.ts";
import type { FeedView } from "../../checkpoint/feed_view.ts";
import { type Days, daysOf, inDays, type StreamView } from "../../checkpoint/snapshot.ts";
import type { NextVisit } from "../../plan/settling.ts";
import type { Window } from "../../plan/time/window.ts";
import type { ValueCounts } from "../../verify/unfetched.ts";
import { formatInstant, formatWait } from "../../report/text/wait.ts";
import { type Drift, driftLines } from "./drift_lines.ts";
import type { Summary } from "../../report/summary.ts";
import { fitTable } from "./fit_table.ts";

/** Ranges of a kind shown of each stream; the rest is counted. */
const RANGES_SHOWN = 8;

/** A stream, and all parameters it was ever fetched with. */
export type StreamStatus = StreamView<Window> & ValueCounts & {
  scopes: string[];
  /** Whether it has windows, and so dates. */
  isDated: boolean;
  /** The positions of its feeds; empty unless it has `since`. */
  feeds: readonly FeedView[];
  /** The dates of its failed windows. */
  failedWindows: readonly Window[];
  /** When the first of its dates are fetched again; undefined unless `settle` lists ages. */
  next?: NextVisit | undefined;
};

/** What `status` shows; `status --json` prints it with days. */
export interface Status {
  /** Name of the job. */
  job: string;
  /** The database, without credentials. */
  target: string;
  /** The streams by name. */
  streams: Record<string, StreamStatus>;
  /** Number of rows of each table. */
  tables: Record<string, number>;
  /** What the archive holds; null where nothing is archived. */
  archive: ArchiveHoldings | null;
  /** The last runs, newest first. */
  runs: RunRecord[];
  /** The processes of the last run. */
  workers: readonly WorkerView[];
  /** The fields of responses that changed. */
  drift: Drift[];
}

/** What `status --json` prints. */
export function statusJson(status: Status): string {
  const streams = Object.entries(status.streams).map((
    [name, { scopes, isDated: _, failedWindows: _windows, next, ...view }],
  ) => {
    const due = next && { at: new Date(next.atMs).toISOString(), age: ageText(next) };
    return [name, { ...inDays(view), scopes, due: due ?? null }] as const;
  });
  return JSON.stringify({ ...status, streams: Object.fromEntries(streams) });
}

/** The details that `status --details` prints below its summary; its tables fit into `width` cells. */
export function detailLines(status: Status, width?: number): string[] {
  const lines: string[] = [];
  for (const [name, stream] of Object.entries(status.streams)) {
    lines.push(...streamLines(name, stream));
  }
  const tables = Object.entries(status.tables).map(([table, rows]) => [table, formatNumber(rows)]);
  if (tables.length > 0) lines.push("", ...fitTable([["table", "rows"], ...tables], { width }));
  if (status.archive !== null) lines.push("", archiveLine(status.archive));
  if (status.runs.length > 0) {
    lines.push(
      "",
      ...fitTable([RUN_HEADER, ...status.runs.map(runCells)], { width, drop: RUN_DROP }),
    );
    const [{ wait, endedAt }] = status.runs as [RunRecord];
    if (wait !== undefined && endedAt === undefined) lines.push("", oneLine(formatWait(wait)));
  }
  const working = status.workers.filter(({ ended_at }) => ended_at === null);
  if (working.length > 0) {
    lines.push(
      "",
      ...fitTable([WORKER_HEADER, ...working.map(workerCells)], { width, drop: WORKER_DROP }),
    );
  }
  if (status.drift.length > 0) lines.push("", ...driftLines(status.drift));
  return lines;
}

/** What to do next. */
export function nextLine(status: Status): string {
  return `next   deno task ${nextTask(status)}`;
}

function archiveLine({ responses, bytes, from, to }: ArchiveHoldings): string {
  const days = from === null ? "" : `, ${[...new Set([from, to])].join(" .. ")}`;
  return `archive  ${formatCount(responses, "response")}, ${(bytes / 1e6).toFixed(1)} MB${days}`;
}

function nextTask({ runs, streams }: Status): string {
  if (runs.length === 0) return "backfill";
  const troubled = Object.values(streams).some((stream) =>
    stream.failed.length + stream.rejected.length + stream.gaps.length > 0 ||
    stream.missing_values > 0 ||
    stream.feeds.some(({ ended }) => !ended)
  );
  return troubled ? "backfill --resume" : "verify";
}

function streamLines(name: string, stream: StreamStatus): string[] {
  const scope = stream.scope === "" ? "" : ` (${stream.scope})`;
  const others = stream.scopes.filter((other) => other !== stream.scope);
  const lines = [`${name}${scope}`];
  lines.push(...feedLines(stream.feeds));
  if (stream.items > 0 && stream.feeds.length === 0) {
    lines.push(
      `  fetched    ${stream.fetched_at}${
        stream.items > 1 ? `, ${formatCount(stream.items, "value")}` : ""
      }`,
    );
  }
  if (stream.coverage.length > 0) lines.push(`  coverage   ${ranges(stream.coverage)}`);
  if (stream.empty.length > 0) lines.push(`  empty      ${ranges(stream.empty)}`);
  if (stream.unsettled.length > 0) lines.push(`  unsettled  ${ranges(stream.unsettled)}`);
  if (stream.next !== undefined) lines.push(`  due        ${dueText(stream.next)}`);
  if (stream.gaps.length > 0) lines.push(`  gaps       ${ranges(stream.gaps)}`);
  if (stream.missing_values > 0) {
    lines.push(`  missing    ${formatCount(stream.missing_values, "value")} never fetched`);
  }
  for (const failed of stream.failed.slice(0, RANGES_SHOWN)) {
    lines.push(
      `  failed     ${
        failed.window === null ? failed.each : daysText(failed.window)
      }: ${failed.reason}`,
    );
  }
  for (const rejected of stream.rejected.slice(0, RANGES_SHOWN)) {
    lines.push(
      `  rejected   ${
        rejected.window === null ? rejected.each : daysText(rejected.window)
      }: ${rejected.reason}`,
    );
  }
  if (lines.length === 1) lines.push("  never fetched");
  if (others.length > 0) {
    lines.push(`  also with  ${others.map((other) => other || "no parameters").join("; ")}`);
  }
  return lines.map(oneLine);
}

/** Where feeds have arrived, one on each line. */
function feedLines(feeds: readonly FeedView[]): string[] {
  const shown = feeds.slice(0, RANGES_SHOWN).map(({ each, read_at, ended, cursor, ...counts }) => {
    const { pages, records, rows, started_at } = counts;
    const read = read_at === null
      ? `restarted ${second(started_at)}, not read since`
      : `${formatCount(pages, "page")}, ${formatCount(records, "record")}, ${
        formatCount(rows, "row")
      } since ${second(started_at)}, read ${second(read_at)}${
        ended ? " to its end" : ", not to its end"
      }`;
    const at = cursor === null ? "" : `, cursor ${cursor}`;
    return `  feed       ${each === "" ? "" : `${each}: `}${read}${at}`;
  });
  const more = feeds.length - shown.length;
  return more > 0 ? [...shown, `  and ${formatCount(more, "more feed")}`] : shown;
}

/** When dates are fetched again, and why: `from 2026-12-01 00:00 UTC, at the age of 3d`. */
function dueText(next: NextVisit): string {
  return `from ${formatInstant(next.atMs)}, at the age of ${ageText(next)}`;
}

/** An age as `settle` lists it: `3d`, `12h`, `90m`. */
function ageText({ ageMs }: NextVisit): string {
  const minutes = ageMs / 60_000;
  if (minutes % 1440 === 0) return `${minutes / 1440}d`;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}

function daysText([first, last]: Days): string {
  return first === last ? first : `${first} .. ${last}`;
}

function ranges(windows: readonly Window[]): string {
  const shown = windows.slice(0, RANGES_SHOWN).map((window) => daysText(daysOf(window)));
  const more = windows.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${formatNumber(more)} more` : "");
}

const WORKER_HEADER = [
  ...[
    "worker",
    "where",
    "since",
    "windows",
    "claimed",
    "requests",
    "a second",
    "last heartbeat",
  ],
];

/** Columns that are left out where there is little room, the first one first. */
const WORKER_DROP = ["since", "claimed", "requests", "where"];

function workerCells(worker: WorkerView): string[] {
  const { name, host, pid, started_at, seen_at, windows, claimed, requests, per_second } = worker;
  return [
    name,
    `pid ${pid} on ${host}`,
    second(started_at),
    ...[windows, claimed, requests].map(formatNumber),
    String(per_second),
    second(seen_at),
  ].map(oneLine);
}

/** An instant in UTC to the second. */
function second(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

const RUN_HEADER = ["last runs", "from", "to", "outcome", "windows", "requests", "seconds"];

const RUN_DROP = ["seconds", "requests"];

function runCells(run: RunRecord): string[] {
  const options = run.options as { start?: string; end?: string };
  const summary = run.summary as Summary | undefined;
  return [
    `${run.startedAt.slice(0, 19)}Z`,
    options.start ?? "",
    options.end ?? "",
    run.endedAt === undefined ? "not ended" : summary?.outcome ?? "",
    summary === undefined ? "" : formatNumber(summary.windows.done),
    summary === undefined ? "" : formatNumber(summary.requests),
    summary === undefined ? "" : formatNumber(summary.seconds),
  ];
}
