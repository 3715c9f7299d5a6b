// Owns the readable views of a checkpoint: what `status --json` prints and what the file in logs/ holds
// for cat and jq. Field names are a promise (docs/reference.md, "JSON output"). KV stays the truth.
import type { Job } from "../config/schema/job.ts";
import { formatCivil, formatDay, MINUTES_PER_DAY } from "../plan/time/civil.ts";
import { rangeOf } from "../plan/needed.ts";
import { scopeOf } from "../plan/scope.ts";
import type { Coverage } from "../plan/coverage.ts";
import { union } from "../plan/coverage.ts";
import type { Window } from "../plan/time/window.ts";
import type { Checkpoint, RetryEntry } from "./checkpoint.ts";

/** First and last day of a range; minutes where it does not end at midnight. */
export type Days = [first: string, last: string];

/** What is known of one stream; `Range` is how ranges of dates are told. */
export interface StreamView<Range> {
  /** Group of the stream. */
  group: string;
  /** The parameters it was fetched with; empty for none. */
  scope: string;
  /** Ranges that are done. */
  coverage: Range[];
  /** Ranges among them in which the source had nothing. */
  empty: Range[];
  /** Ranges among them that may still change. */
  unsettled: Range[];
  /** Ranges that were never fetched, between the first date of the stream (or of coverage) and its last. */
  gaps: Range[];
  /** Windows that failed, with why. */
  failed: TroubleView[];
  /** Windows with rejected rows. */
  rejected: TroubleView[];
  /** When a stream without windows was fetched last; null for others. */
  fetched_at: string | null;
  /** How many of the values of such a stream are done. */
  items: number;
  /** Rows that runs have written for it. */
  rows: number;
}

/** What is known of one stream, as it is printed. */
export type StreamSnapshot = StreamView<Days>;

/** A window to be asked again. */
export interface TroubleView {
  /** Its days; null for a stream without windows. */
  window: Days | null;
  /** Canonical text of the `for_each` values. */
  each: string;
  /** When it happened, ISO 8601. */
  at: string;
  /** What was the case. */
  reason: string;
  /** What to do about it. */
  hint: string | null;
}

/** What is known of streams under the parameters of a run, over a range. */
export async function snapshot(
  ...about: Parameters<typeof viewStreams>
): Promise<Record<string, StreamSnapshot>> {
  const views = Object.entries(await viewStreams(...about));
  return Object.fromEntries(views.map(([name, view]) => [name, inDays(view)]));
}

/** The same view with the first and last days of its ranges: of a long history these are many texts. */
export function inDays(view: StreamView<Window>): StreamSnapshot {
  return {
    ...view,
    coverage: view.coverage.map(daysOf),
    empty: view.empty.map(daysOf),
    unsettled: view.unsettled.map(daysOf),
    gaps: view.gaps.map(daysOf),
  };
}

/** What `snapshot` tells, with ranges as they are kept. */
export async function viewStreams(
  job: Job,
  checkpoint: Checkpoint,
  streams: readonly string[],
  params: Readonly<Record<string, unknown>>,
  range: Window | undefined,
): Promise<Record<string, StreamView<Window>>> {
  const views: Record<string, StreamView<Window>> = {};
  const scopes = streams.map((name) => scopeOf(job, name, params));
  const [troubles] = await Promise.all([
    checkpoint.troubles(),
    ...streams.map((name, at) => checkpoint.load(name, scopes[at]!)),
  ]);
  for (const [at, name] of streams.entries()) {
    views[name] = viewStream(job, checkpoint, name, scopes[at]!, range, troubles);
  }
  return views;
}

function viewStream(
  job: Job,
  checkpoint: Checkpoint,
  name: string,
  scope: string,
  range: Window | undefined,
  troubles: readonly RetryEntry[],
): StreamView<Window> {
  const stream = job.streams[name]!;
  const tracks = checkpoint.tracks(name, scope);
  const items = tracks.flatMap((track) => checkpoint.item(track) ?? []);
  const coverages = tracks.map((track) => checkpoint.coverage(track));
  const covered = union(coverages.flatMap((coverage) => [...coverage.ranges]));
  const whole = range === undefined ? hull(covered) : rangeOf(stream, range);
  const own = troubles.filter((trouble) => trouble.stream === name && trouble.scope === scope);
  return {
    group: stream.group,
    scope,
    coverage: covered,
    empty: union(coverages.flatMap((coverage) => coverage.ranges.filter((range) => range.empty))),
    unsettled: union(
      coverages.flatMap((coverage) => coverage.ranges.filter((range) => !range.settled)),
    ),
    gaps: whole === undefined ? [] : gapsOf(coverages, whole),
    failed: own.filter((trouble) => trouble.kind === "failed").map(viewTrouble),
    rejected: own.filter((trouble) => trouble.kind === "rejected").map(viewTrouble),
    fetched_at: items.length === 0
      ? null
      : new Date(Math.max(...items.map((item) => item.at))).toISOString(),
    items: items.length,
    rows: checkpoint.measured(name)?.rows ?? 0,
  };
}

/** What a range lacks; all of it where nothing was ever fetched. */
function gapsOf(coverages: readonly Coverage[], whole: Window): Window[] {
  if (coverages.length === 0) return [whole];
  return union(coverages.flatMap((coverage) => coverage.gaps(whole)));
}

/** A trouble as it is shown and written to the errors file. */
export function viewTrouble(trouble: RetryEntry): TroubleView {
  return {
    window: trouble.window === null ? null : daysOf(trouble.window),
    each: trouble.each,
    at: trouble.at,
    reason: trouble.reason,
    hint: trouble.hint ?? null,
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
