// Owns the options with which a program runs or plans a job, and the streams and dates that they mean.
// It opens nothing and reads no environment variable.
import { parseDateArgument } from "./config/date_argument.ts";
import type { Job } from "./config/schema/job.ts";
import { Failure } from "./failure.ts";
import { selectStreams } from "./plan/stage.ts";
import { civilAt, formatDay, MINUTES_PER_DAY, startOfDay } from "./plan/time/civil.ts";
import type { Window } from "./plan/time/window.ts";
import type { Listener } from "./report/event.ts";

/** Options of `runJob` and `planJob`. */
export interface RunJobOptions {
  /** The database: `postgres://user:password@host/database`, or `pglite:PATH` for an embedded one. */
  readonly database: string;
  /** File of the checkpoint, or the URL of a KV server. Undefined means Deno Deploy's own KV. */
  readonly checkpoint?: string;
  /** Variables that the job refers to, such as credentials. Defaults to none; `Deno.env.toObject()` passes all. */
  readonly variables?: Readonly<Record<string, string>>;
  /** First day: `2015-01-01`, `today`, `yesterday` or `-7d`. Defaults to the job's start. */
  readonly start?: string;
  /** Last day, inclusive. Defaults to today in the job's time zone. */
  readonly end?: string;
  /** Names of the streams to run. Defaults to all that are not optional. */
  readonly streams?: readonly string[];
  /** Values of the job's parameters. Defaults to those in the job file. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Whether finished windows are skipped. Defaults to true; false fetches all windows again. */
  readonly resume?: boolean;
  /** Whether the feeds among the streams restart at their beginning. Defaults to false. */
  readonly fromStart?: boolean;
  /** Receives each event as it happens; must not throw. Defaults to none. */
  readonly onEvent?: Listener;
  /** Stops the run; everything that was fetched completely is still written. Defaults to never. */
  readonly signal?: AbortSignal;
  /** Reads a file of the job as text. Defaults to `Deno.readTextFile`. */
  readonly readText?: (path: string) => Promise<string>;
}

/**
 * The streams and dates of a run.
 *
 * @throws {Failure} of kind `configuration` when a date, a stream or their order is invalid.
 */
export function planOf(
  job: Job,
  options: RunJobOptions,
  nowMs: number,
): { range: Window; streams: string[] } {
  const day = (text: string) => startOfDay(parseDateArgument(text, nowMs, job.time_zone));
  const from = options.start === undefined ? firstDay(job, nowMs) : day(options.start);
  const to = day(options.end ?? "today") + MINUTES_PER_DAY;
  if (from >= to) {
    throw new Failure(
      "configuration",
      `Cannot run from ${formatDay(from)} to ${options.end}: the last day is before the first`,
      { hint: 'Pass "start" and "end" in order; "end" is the last day that is fetched' },
    );
  }
  const selection = { groups: [], only: options.streams ?? [], with: [], without: [] };
  const streams = selectStreams(job, selection);
  if (options.fromStart) refuseNoFeed(job, streams, 'Omit "fromStart"');
  return { range: { from, to }, streams };
}

/**
 * Refuses to restart feeds if no selected stream is a feed.
 *
 * @param leaveOut How the caller leaves the option out, as the beginning of a hint.
 * @throws {Failure} of kind `configuration` when none of the streams is a feed.
 */
export function refuseNoFeed(job: Job, streams: readonly string[], leaveOut: string): void {
  if (streams.some((name) => job.streams[name]!.since !== undefined)) return;
  throw new Failure("configuration", "Cannot restart feeds: no selected stream is a feed", {
    hint: `${leaveOut}; without resuming, all dates are fetched again`,
  });
}

/** The job's first day, or the earliest of its streams'. */
function firstDay(job: Job, nowMs: number): number {
  const starts = Object.values(job.streams).flatMap((stream) => stream.start ?? []);
  return startOfDay(job.start ?? Math.min(civilAt(nowMs, job.time_zone), ...starts));
}

/** The last day of a half-open range, as a date. */
export function lastDay({ to }: Window): string {
  return formatDay(to - MINUTES_PER_DAY);
}

/** Reads a file of the job, unless the options say how. */
export function textReader(options: RunJobOptions): (path: string) => Promise<string> {
  return options.readText ?? ((path) => Deno.readTextFile(path));
}
