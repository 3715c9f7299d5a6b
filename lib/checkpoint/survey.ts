// Computes the survey behind `--check-status` and the plan lines of a run: what is done and what is left of
// each stream, with a forecast of both. It reads the checkpoint and, for `for_each` queries, the target;
// it never sends a request to the API.
import type { ReplayedTrack } from "../archive/replay.ts";
import type { Job } from "../config/schema/job.ts";
import { eachValues } from "../plan/each_values.ts";
import type { StreamForecast } from "../plan/forecast.ts";
import { forecastStream } from "../plan/forecast.ts";
import type { Extent } from "../plan/request_forecast.ts";
import type { Track } from "../plan/scope.ts";
import { canonical, scopeOf } from "../plan/scope.ts";
import { countWindows } from "../plan/stream_plan.ts";
import { type RequestsOf, secondsOfRun, secondsOfStage } from "../plan/time_left.ts";
import type { LimitsUse } from "../plan/time/quota_seconds.ts";
import type { Window } from "../plan/time/window.ts";
import { isMissingTable } from "../upsert/history.ts";
import { neededBy, type PlanSource } from "./open_plan.ts";
import { readVisits, type Visits } from "./visits.ts";

/** Totals of a forecast. */
export interface Totals {
  /** Windows of the range; for streams without windows, fetches. */
  windows: number;
  /** Requests for all of them. */
  requests: number;
  /** Expected rows from them, over all tables. */
  rows: number;
  /** Seconds that they take at the allowed rate. */
  seconds: number;
  /** Windows that are done and settled. */
  done: number;
  /** Windows to fetch. */
  left: number;
  /** Requests for those. */
  requests_left: number;
  /** Expected rows from those. */
  rows_left: number;
  /** Seconds that those take at the allowed rate, considering the used part of the quotas. */
  seconds_left: number;
  /** Whether more requests may be left, because the number of records is unknown. */
  at_least: boolean;
}

/** The output of `--check-status --json`; its field names are stable. */
export interface Survey extends Totals {
  /** The same by stream; concurrent streams share the API's limits, so their seconds do not add up. */
  streams: Record<string, Totals>;
}

/** The forecast of each stream over a range; with `resume` false everything is left to do. */
export async function surveyStreams(
  source: PlanSource,
  streams: readonly string[],
): Promise<Map<string, StreamForecast>> {
  const forecasts = new Map<string, StreamForecast>();
  for (const name of streams) forecasts.set(name, await surveyStream(source, name));
  return forecasts;
}

/**
 * Adds up forecasts, with the time that they take at the allowed rate; `use` is the part of the limits that
 * is already used.
 */
export function surveyOf(
  job: Job,
  forecasts: ReadonlyMap<string, StreamForecast>,
  use?: LimitsUse,
): Survey {
  const total = emptyTotals();
  const parts: Record<string, Totals> = {};
  for (const [name, forecast] of forecasts) {
    parts[name] = totalsOf(job, name, forecasts, use);
    addExceptSeconds(total, forecast);
  }
  total.seconds = secondsOfRun(job, requestsOf(forecasts, "requests"));
  total.seconds_left = secondsOfRun(job, requestsOf(forecasts, "requestsLeft"), use);
  return { ...total, streams: parts };
}

async function surveyStream(source: PlanSource, name: string): Promise<StreamForecast> {
  const { job, checkpoint, params, target } = source;
  const stream = job.streams[name]!;
  const scope = scopeOf(job, name, params);
  await checkpoint.load(name, scope);
  const visits = await readVisits(job, name, target);
  const done = { minutes: 0, windows: 0 };
  const left = { minutes: 0, windows: 0 };
  for await (const values of eachValues(stream, params, (sql) => rowsSoFar(target, sql))) {
    const track = { stream: name, scope, each: canonical(values), eachValues: values };
    const extents = await extentsOf(source, track, visits);
    add(done, extents.done);
    add(left, extents.left);
  }
  return forecastStream(stream, done, left, checkpoint.measures.with(name, scope));
}

/** The rows of a query; none if no run has created its tables yet. */
export async function* rowsSoFar(
  target: PlanSource["target"],
  sql: string,
): AsyncGenerator<Record<string, unknown>> {
  try {
    yield* target.stream(sql);
  } catch (error) {
    if (!isMissingTable(error)) throw error;
  }
}

async function extentsOf(
  source: PlanSource,
  track: ReplayedTrack,
  visits: Visits,
): Promise<{ done: Extent; left: Extent }> {
  const { job } = source;
  const needed = await neededBy(source, track, visits);
  if (job.streams[track.stream]!.window === undefined) {
    const one = { minutes: 0, windows: 1 };
    const none = { minutes: 0, windows: 0 };
    return needed === null || needed.retry === "all"
      ? { done: none, left: one }
      : { done: one, left: none };
  }
  const { fetch, skip, retry = [], whole } = needed ?? { fetch: [], skip: [] };
  const left = [...fetch, ...retry === "all" ? [] : retry];
  const toFetch = extent(left, job, track);
  return {
    done: extent(skip, job, track),
    left: whole === undefined ? toFetch : { ...toFetch, windows: left.length },
  };
}

function extent(windows: readonly Window[], job: Job, track: Track): Extent {
  return {
    minutes: windows.reduce((sum, window) => sum + window.to - window.from, 0),
    windows: countWindows(windows, job.streams[track.stream]!),
  };
}

function add(sum: { minutes: number; windows: number }, more: Extent): void {
  sum.minutes += more.minutes;
  sum.windows += more.windows;
}

function totalsOf(
  job: Job,
  name: string,
  forecasts: ReadonlyMap<string, StreamForecast>,
  use?: LimitsUse,
): Totals {
  const totals = emptyTotals();
  addExceptSeconds(totals, forecasts.get(name)!);
  totals.seconds = secondsOfStage(job, [name], requestsOf(forecasts, "requests"));
  totals.seconds_left = secondsOfStage(job, [name], requestsOf(forecasts, "requestsLeft"), use);
  return totals;
}

function requestsOf(
  forecasts: ReadonlyMap<string, StreamForecast>,
  which: "requests" | "requestsLeft",
): ReadonlyMap<string, RequestsOf> {
  const requests = [...forecasts].map(([name, forecast]) =>
    [name, { requests: forecast[which], answerMs: forecast.answerMs }] as const
  );
  return new Map(requests);
}

function addExceptSeconds(totals: Totals, forecast: StreamForecast): void {
  totals.windows += forecast.windows;
  totals.requests += forecast.requests;
  totals.rows += forecast.rows;
  totals.done += forecast.done;
  totals.left += forecast.left;
  totals.requests_left += forecast.requestsLeft;
  totals.rows_left += forecast.rowsLeft;
  totals.at_least ||= forecast.isLeast;
}

function emptyTotals(): Totals {
  return {
    windows: 0,
    requests: 0,
    rows: 0,
    seconds: 0,
    done: 0,
    left: 0,
    requests_left: 0,
    rows_left: 0,
    seconds_left: 0,
    at_least: false,
  };
}
