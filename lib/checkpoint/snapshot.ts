// Owns the readable views of a checkpoint: the output of `status --json` and the copy in logs/. Field
// names are stable (docs/reference.md, "JSON output"). Nothing reads a view back: KV is the source of truth.
import type { Job } from "../config/schema/job.ts";
import type { Stream } from "../config/schema/stream_schema.ts";
import { formatCivil, formatDay, MINUTES_PER_DAY } from "../plan/time/civil.ts";
import { rangeOf } from "../plan/needed.ts";
import { scopeOf } from "../plan/scope.ts";
import type { Coverage } from "../plan/coverage.ts";
import { union } from "../plan/coverage.ts";
import type { Window } from "../plan/time/window.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { RetryEntry } from "./retry_entry.ts";

/** First and last day of a range; minutes where it does not end at midnight. */
export type Days = [first: string, last: string];

/** The state of one stream; `Range` is how ranges of dates are represented. */
export interface StreamView<Range> {
  /** Group of the stream. */
  group: string;
  /** The parameters it was fetched with; empty if none. */
  scope: string;
  /** Ranges that are done. */
  coverage: Range[];
  /** Its ranges for which the API had no record. */
  empty: Range[];
  /** Its ranges that may still change. */
  unsettled: Range[];
  /** Ranges that were never fetched, between the first date of the stream (or of coverage) and its last. */
  gaps: Range[];
  /** Windows that failed, with the reason. */
  failed: RetryView[];
  /** Windows with rejected rows. */
  rejected: RetryView[];
  /** When a stream without windows was last fetched, ISO 8601; null for others. */
  fetched_at: string | null;
  /** Number of `for_each` values of such a stream that are done. */
  items: number;
  /** Rows that runs have created from its records. */
  rows: number;
}

/** The state of one stream as it is printed. */
export type StreamSnapshot = StreamView<Days>;

/** A window to fetch again. */
export interface RetryView {
  /** Its days; null for a stream without windows. */
  window: Days | null;
  /** Canonical text of the `for_each` values. */
  each: string;
  /** When it happened, ISO 8601. */
  at: string;
  /** What happened. */
  reason: string;
  /** What to do about it. */
  hint: string | null;
}

/** The state of streams with the parameters of a run over a range, with days. */
export async function snapshot(
  ...about: Parameters<typeof viewStreams>
): Promise<Record<string, StreamSnapshot>> {
  const views = Object.entries(await viewStreams(...about));
  return Object.fromEntries(views.map(([name, view]) => [name, inDays(view)]));
}

/** The same view with the first and last days of its ranges; for a long history these are many strings. */
export function inDays(view: StreamView<Window>): StreamSnapshot {
  return {
    ...view,
    coverage: view.coverage.map(daysOf),
    empty: view.empty.map(daysOf),
    unsettled: view.unsettled.map(daysOf),
    gaps: view.gaps.map(daysOf),
  };
}

/** The state of streams with the parameters of a run over a range. */
export async function viewStreams(
  job: Job,
  checkpoint: Checkpoint,
  streams: readonly string[],
  params: Readonly<Record<string, unknown>>,
  range: Window | undefined,
): Promise<Record<string, StreamView<Window>>> {
  const views: Record<string, StreamView<Window>> = {};
  const scopes = streams.map((name) => scopeOf(job, name, params));
  const [entries] = await Promise.all([
    checkpoint.retryEntries(),
    ...streams.map((name, at) => checkpoint.load(name, scopes[at]!)),
  ]);
  for (const [at, name] of streams.entries()) {
    const own = entries.filter((entry) => entry.stream === name && entry.scope === scopes[at]);
    views[name] = viewStream(
      job.streams[name]!,
      { name, scope: scopes[at]!, range },
      checkpoint,
      own,
    );
  }
  return views;
}

function viewStream(
  stream: Stream,
  { name, scope, range }: { name: string; scope: string; range: Window | undefined },
  checkpoint: Checkpoint,
  own: readonly RetryEntry[],
): StreamView<Window> {
  // A plan may have looked at tracks that nothing was fetched of yet.
  const tracks = checkpoint.tracks(name, scope).filter((track) =>
    checkpoint.item(track) !== undefined || checkpoint.coverage(track).ranges.length > 0
  );
  const items = tracks.flatMap((track) => checkpoint.item(track) ?? []);
  const coverages = tracks.map((track) => checkpoint.coverage(track));
  const covered = union(coverages.flatMap((coverage) => [...coverage.ranges]));
  const whole = range === undefined ? hull(covered) : rangeOf(stream, range);
  return {
    group: stream.group,
    scope,
    coverage: covered,
    empty: union(coverages.flatMap((coverage) => coverage.ranges.filter((range) => range.empty))),
    unsettled: union(
      coverages.flatMap((coverage) => coverage.ranges.filter((range) => !range.settled)),
    ),
    gaps: whole === undefined ? [] : gapsOf(coverages, whole),
    failed: own.filter((entry) => entry.kind === "failed").map(viewEntry),
    rejected: own.filter((entry) => entry.kind === "rejected").map(viewEntry),
    fetched_at: items.length === 0
      ? null
      : new Date(Math.max(...items.map((item) => item.at))).toISOString(),
    items: items.length,
    rows: checkpoint.measures.of(name)?.rows ?? 0,
  };
}

/** The gaps in a range; the whole range if nothing was ever fetched. */
function gapsOf(coverages: readonly Coverage[], whole: Window): Window[] {
  if (coverages.length === 0) return [whole];
  return union(coverages.flatMap((coverage) => coverage.gaps(whole)));
}

/** An entry, as printed and as written to the errors file. */
export function viewEntry(entry: RetryEntry): RetryView {
  return {
    window: entry.window === null ? null : daysOf(entry.window),
    each: entry.each,
    at: entry.at,
    reason: entry.reason,
    hint: entry.hint ?? null,
  };
}

function hull(ranges: readonly Window[]): Window | undefined {
  const [first, last] = [ranges[0], ranges.at(-1)];
  return first === undefined || last === undefined ? undefined : { from: first.from, to: last.to };
}

/** A window as its first and last day, or its bounds to the minute. */
export function daysOf({ from, to }: Window): Days {
  const whole = from % MINUTES_PER_DAY === 0 && to % MINUTES_PER_DAY === 0;
  return whole ? [formatDay(from), formatDay(to - 1)] : [formatCivil(from), formatCivil(to)];
}
