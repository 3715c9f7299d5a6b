// Prints the plan of a run for `--dry-run`: the streams in order, the first requests as they would be sent
// with secrets masked, and the SQL of the tables. It sends no request and changes nothing.
import { neededBy, openPlan, type PlanSource } from "../../checkpoint/open_plan.ts";
import { readVisits } from "../../checkpoint/visits.ts";
import type { Job } from "../../config/schema/job.ts";
import { credentialsOf, maskedCredentials, withCredentials } from "../../fetch/http/auth.ts";
import { renderFirst, requestLine } from "../../fetch/http/request.ts";
import type { WireRequest } from "../../fetch/http/request.ts";
import type { Unit, UnitSource } from "../../plan/unit.ts";
import { countWindows, StreamPlan } from "../../plan/stream_plan.ts";
import { eachValues, isFedByTarget } from "../../plan/each_values.ts";
import {
  expectedRecordsPerMinute,
  forecastStream,
  type StreamForecast,
} from "../../plan/forecast.ts";
import type { LimitsUse } from "../../plan/time/quota_seconds.ts";
import { surveyOf, surveyStreams } from "../../checkpoint/survey.ts";
import { leftText } from "./survey_lines.ts";
import { rangeOf } from "../../plan/needed.ts";
import type { Window } from "../../plan/time/window.ts";
import { scopeOf } from "../../plan/scope.ts";
import { stagesOf } from "../../plan/stage.ts";
import { formatCount, formatWindow } from "../../report/text/format.ts";
import { tableSql } from "../../upsert/sql/table_sql.ts";
import { openPaginator } from "../../fetch/paging/open_paginator.ts";

/** Requests shown of each stream. */
const REQUESTS_SHOWN = 3;

/** A run to show. */
export interface PlannedDates {
  /** Names of the streams. */
  readonly streams: readonly string[];
  /** Dates, half-open. */
  readonly range: Window;
  /** Values of the job's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a run with `--resume` depends on. */
export interface ResumedPlan extends PlanSource {
  /** What of the limits is used already. */
  readonly limitsUse: LimitsUse;
}

/**
 * The lines of a plan; with `source` that of a run with `--resume`, which depends on what is done. `nowMs` is
 * in epoch milliseconds.
 */
export async function dryRunLines(
  job: Job,
  plan: PlannedDates,
  nowMs: number,
  source?: ResumedPlan,
): Promise<string[]> {
  const lines: string[] = [];
  for (const [i, stage] of stagesOf(job, plan.streams).entries()) {
    lines.push(`stage ${i + 1}: ${stage.join(", ")}`);
    for (const name of stage) lines.push(...await streamLines(job, name, plan, source));
    lines.push("");
  }
  const forecasts = source === undefined
    ? await wholeForecasts(job, plan)
    : await surveyStreams(source, plan.streams);
  const survey = surveyOf(job, forecasts, source?.limitsUse);
  const at_least = survey.at_least ||
    plan.streams.some((name) => isFedByTarget(job.streams[name]!));
  lines.push(`total: ${leftText({ ...survey, at_least }, nowMs)}`, "");
  const tables = Object.entries(job.tables).flatMap(([name, table]) => tableSql(name, table));
  return [...lines, ...tables.map((sql) => `${sql};`)];
}

/** The forecasts of a run that fetches everything; a stream whose values a query yields is left out. */
async function wholeForecasts(
  job: Job,
  { streams, range, params }: PlannedDates,
): Promise<Map<string, StreamForecast>> {
  const forecasts = new Map<string, StreamForecast>();
  for (const name of streams) {
    const stream = job.streams[name]!;
    const own = rangeOf(stream, range);
    if (isFedByTarget(stream) || (stream.window !== undefined && own === undefined)) continue;
    const done = { minutes: 0, windows: 0 };
    const left = { minutes: 0, windows: 0 };
    for await (const _values of eachValues(stream, params, async function* () {})) {
      left.minutes += own === undefined ? 0 : own.to - own.from;
      left.windows += own === undefined ? 1 : countWindows([own], stream);
    }
    forecasts.set(name, forecastStream(stream, done, left, undefined));
  }
  return forecasts;
}

async function streamLines(
  job: Job,
  name: string,
  planned: PlannedDates,
  source: PlanSource | undefined,
): Promise<string[]> {
  const stream = job.streams[name]!;
  const range = rangeOf(stream, planned.range);
  if (stream.values !== undefined) {
    return [`  ${name}: ${formatCount(stream.values.length, "record")} of the job file`];
  }
  if (stream.window !== undefined && range === undefined && source === undefined) {
    return [`  ${name}: no dates in the range`];
  }
  const dates = range === undefined ? "" : ` ${formatWindow(range)}`;
  if (isFedByTarget(stream)) {
    return [
      `  ${name}:${dates} ${
        (stream.export?.order ?? stream.request)?.path ?? ""
      } for each row of its query`,
    ];
  }
  const plan = source === undefined
    ? freshPlan(job, name, planned)
    : await resumedPlan(source, name);
  const units = await firstUnits(plan);
  if (units.length === 0) return [`  ${name}:${dates} nothing to fetch`];
  const requests = units.flatMap((unit) =>
    requestLines(job, unit, planned).map((line) => `    ${line}`)
  );
  const note = stream.since === undefined || source !== undefined
    ? []
    : ["    a feed that was read continues at its cursor: see --dry-run --resume"];
  const more = plan.isWaiting ? ["    the next window depends on the records of this one"] : [];
  return [`  ${name}:${dates}`, ...requests, ...note, ...more];
}

function freshPlan(job: Job, name: string, planned: PlannedDates): StreamPlan {
  const stream = job.streams[name]!;
  const range = rangeOf(stream, planned.range);
  const needed = range === undefined ? null : { fetch: [range], skip: [] };
  return new StreamPlan({
    name,
    stream,
    scope: "",
    each: eachValues(stream, planned.params, async function* () {}),
    needed: () => Promise.resolve(needed),
    recordsPerMinute: expectedRecordsPerMinute(stream, undefined),
  });
}

async function resumedPlan(source: PlanSource, name: string): Promise<UnitSource> {
  if (source.job.streams[name]!.since !== undefined) return await openPlan(source, name);
  const { job, params, checkpoint, target } = source;
  const stream = job.streams[name]!;
  const scope = scopeOf(job, name, params);
  await checkpoint.load(name, scope);
  const visits = await readVisits(job, name, target);
  return new StreamPlan({
    name,
    stream,
    scope,
    each: eachValues(stream, params, async function* () {}),
    needed: (track) => neededBy(source, track, visits),
    recordsPerMinute: expectedRecordsPerMinute(stream, checkpoint.measures.with(name, scope)),
  });
}

async function firstUnits(plan: UnitSource): Promise<Unit[]> {
  const units: Unit[] = [];
  while (units.length < REQUESTS_SHOWN && !plan.isWaiting) {
    const unit = await plan.next();
    if (unit === undefined) return units;
    units.push(unit);
  }
  return units;
}

function requestLines(job: Job, unit: Unit, planned: PlannedDates): string[] {
  const stream = job.streams[unit.stream]!;
  const { window, eachValues: each, feed } = unit;
  const values = { window, each, params: planned.params, since: feed?.sent };
  const step = openPaginator(stream, job.source.url).first();
  const bare = renderFirst(job, stream, values, step);
  const request = withCredentials(
    bare,
    maskedCredentials(credentialsOf(job.source.auth, maskable)),
    job.source.url,
  );
  return [
    requestLine(request),
    ...headerLines(request),
    ...(request.body === undefined ? [] : [request.body]),
  ];
}

/** Stands in for every secret: the plan shows that one is sent, never which. */
function maskable(): string {
  return "secret";
}

function headerLines(request: WireRequest): string[] {
  return Object.entries(request.headers)
    .filter(([name]) => name !== "accept")
    .map(([name, value]) => `  ${name}: ${value}`);
}
