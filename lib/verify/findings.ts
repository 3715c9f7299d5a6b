// What may be found wrong with the coverage of one stream and scope, each with the next command. It reads nothing: the
// facts were read before.
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { FeedsOf } from "../checkpoint/feed_view.ts";
import type { RetryEntry } from "../checkpoint/retry_entry.ts";
import { type Days, daysOf } from "../checkpoint/snapshot.ts";
import type { Job } from "../config/schema/job.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";
import { formatCount } from "../report/text/format.ts";
import type { Target } from "../upsert/write/target.ts";
import type { Evidence } from "./evidence.ts";
import { resumeCommand } from "./resume_command.ts";
import type { Request } from "./unfetched.ts";

/** A reason why coverage is incomplete. */
export interface Finding {
  /**
   * - `gap`: dates between the first and the last done that are not.
   * - `unproven`: dates that are done according to the checkpoint and missing from the ledger.
   * - `failed`, `rejected`: windows to fetch again.
   * - `no_rows`: the ledger states rows, and the tables hold none or do not exist.
   * - `not_fetched`: a stream, or one of its `for_each` values, that was never fetched.
   */
  readonly kind: "gap" | "unproven" | "failed" | "rejected" | "no_rows" | "not_fetched";
  /** First and last day; null if it concerns no dates. */
  readonly window: Days | null;
  /** The `for_each` values; empty where there are none. */
  readonly each: string;
  /** What was found. */
  readonly reason: string;
  /** The next command. */
  readonly next: string;
}

/** What coverage is verified with. */
export interface CoverageInput {
  /** The job. */
  readonly job: Job;
  /** Its checkpoint on the target. */
  readonly checkpoint: Checkpoint;
  /** The target. */
  readonly target: Pick<Target, "readLedger" | "countRows" | "stream">;
}

/** What was read before anything is compared. */
export interface Facts extends CoverageInput {
  /** What the ledger proves. */
  readonly evidence: Evidence;
  /** Rows of each table; a table that does not exist is absent. */
  readonly rowsByTable: Readonly<Record<string, number>>;
  /** The retry list. */
  readonly entries: readonly RetryEntry[];
  /** What the last run requested. */
  readonly request: Request;
  /** Where the feeds have arrived. */
  readonly feedsOf: FeedsOf;
}

/** The facts about one stream and scope. */
export interface Case extends Facts {
  /** Name of the stream. */
  readonly stream: string;
  /** The parameters it was fetched with; empty for none. */
  readonly scope: string;
}

/** All findings, gaps first; `missing` are values that were never fetched, `hull` the dates that are done. */
export function findingsOf(
  matter: Case,
  tracks: readonly Track[],
  missing: readonly string[],
  hull: Window | null,
): Finding[] {
  return [
    ...tracks.flatMap((track) => gapsOf(matter, track)),
    ...tracks.flatMap((track) => unprovenOf(matter, track)),
    ...entriesOf(matter).map((entry) => retryFinding(entry)),
    ...noRows(matter),
    ...unread(matter),
    ...missing.map((each) => missingFinding(matter, each, hull)),
  ];
}

/** The retry entries of the stream and scope. */
export function entriesOf({ entries, stream, scope }: Case): readonly RetryEntry[] {
  return entries.filter((entry) => entry.stream === stream && entry.scope === scope);
}

function missingFinding({ stream, scope }: Case, each: string, hull: Window | null): Finding {
  return {
    kind: "not_fetched",
    window: hull === null ? null : daysOf(hull),
    each,
    reason: "was never fetched",
    next: resumeCommand(stream, scope, hull),
  };
}

/** From the first to the last of several spans. */
export function hullOf(spans: readonly Window[]): Window {
  return spans.reduce((hull, { from, to }) => ({
    from: Math.min(hull.from, from),
    to: Math.max(hull.to, to),
  }));
}

function gapsOf({ checkpoint, stream, scope }: Case, track: Track): Finding[] {
  const coverage = checkpoint.coverage(track);
  const spans = coverage.spans();
  if (spans.length === 0) return [];
  return coverage.gaps(hullOf(spans)).map((gap) => ({
    kind: "gap",
    window: daysOf(gap),
    each: track.each,
    reason: "was never fetched, though dates before and after it were",
    next: resumeCommand(stream, scope, gap),
  }));
}

function unprovenOf({ checkpoint, evidence }: Case, track: Track): Finding[] {
  const lacking = checkpoint.coverage(track).spans().flatMap((span) =>
    evidence.lacking(track, span)
  );
  const about = {
    kind: "unproven",
    each: track.each,
    reason: "is done according to the checkpoint, but the database has no record of it",
    next: "deno task checkpoint --rebuild, then deno task backfill --resume",
  } as const;
  const isItem = checkpoint.item(track) !== undefined && !evidence.hasItem(track);
  return [
    ...lacking.map((range) => ({ ...about, window: daysOf(range) })),
    ...(isItem ? [{ ...about, window: null }] : []),
  ];
}

function retryFinding({ kind, window, each, reason }: RetryEntry): Finding {
  return {
    kind,
    window: window === null ? null : daysOf(window),
    each,
    reason: kind === "failed" ? `failed: ${reason}` : reason,
    next: "deno task errors, then deno task backfill --resume",
  };
}

function noRows({ job, evidence, rowsByTable, stream, scope }: Case): Finding[] {
  const rows = evidence.rows(stream, scope);
  if (rows === 0) return [];
  const tables = [...new Set(job.streams[stream]!.rows.map((entry) => entry.table))];
  const about = { kind: "no_rows", window: null, each: "" } as const;
  const next = `deno task backfill --only ${stream}`;
  const missing = tables.filter((table) => rowsByTable[table] === undefined);
  const reasons = missing.map((table) => `the table "${table}" does not exist`);
  if (missing.length === 0 && tables.every((table) => rowsByTable[table] === 0)) {
    reasons.push(
      `${formatCount(rows, "row")} written, but ${tables.join(", ")} ${
        tables.length === 1 ? "is" : "are"
      } empty`,
    );
  }
  return reasons.map((reason) => ({ ...about, reason, next }));
}

/** Feeds that were restarted and have not been read since. */
function unread({ feedsOf, stream, scope }: Case): Finding[] {
  return feedsOf(stream, scope).filter(({ read_at }) => read_at === null).map(({ each }) => ({
    ...{
      kind: "not_fetched",
      window: null,
      each,
      reason: "was restarted and has not been read since",
    },
    next: resumeCommand(stream, scope, null),
  }));
}
