// Owns `--dry-run`: the plan of a run, as text. Streams in order, the first requests as they would be
// sent with secrets masked, and the SQL of the tables. It opens nothing and asks nothing.
import type { Job } from "../config/schema/job.ts";
import { credentialsOf, maskedCredentials, withCredentials } from "../fetch/http/auth.ts";
import { renderRequest, requestLine } from "../fetch/http/request.ts";
import type { WireRequest } from "../fetch/http/request.ts";
import type { Unit } from "../plan/stream_plan.ts";
import { StreamPlan } from "../plan/stream_plan.ts";
import { eachValues, isFedByTarget } from "../plan/each_values.ts";
import { expectedRecordsPerMinute } from "../plan/forecast.ts";
import { rangeOf as rangeOfStream } from "../plan/needed.ts";
import { stagesOf } from "../plan/stage.ts";
import { formatWindow } from "../report/text/format.ts";
import { tableSql } from "../upsert/sql/table_sql.ts";
import { EXIT } from "./exit.ts";
import type { RunOptions } from "./run_options.ts";
import { rangeOf, streamsOf } from "./run_options.ts";
import { openPaginator } from "../fetch/paging/open_paginator.ts";

/** Requests shown of each stream. */
const REQUESTS_SHOWN = 3;

/** Prints the plan. */
export async function dryRun(job: Job, options: RunOptions): Promise<number> {
  const lines: string[] = [];
  for (const [i, stage] of stagesOf(job, streamsOf(job, options)).entries()) {
    lines.push(`stage ${i + 1}: ${stage.join(", ")}`);
    for (const name of stage) lines.push(...await streamLines(job, name, options));
    lines.push("");
  }
  const tables = Object.entries(job.tables).flatMap(([name, table]) => tableSql(name, table));
  console.log([...lines, ...tables.map((sql) => `${sql};`)].join("\n"));
  return EXIT.done;
}

async function streamLines(job: Job, name: string, options: RunOptions): Promise<string[]> {
  const stream = job.streams[name]!;
  const range = rangeOfStream(stream, rangeOf(options));
  if (stream.values !== undefined) {
    return [`  ${name}: ${stream.values.length} records of the job file`];
  }
  if (stream.window !== undefined && range === undefined) {
    return [`  ${name}: no dates in the range`];
  }
  const dates = range === undefined ? "" : ` ${formatWindow(range)}`;
  if (isFedByTarget(stream)) {
    return [`  ${name}:${dates} ${stream.request?.path ?? ""} for each row of its query`];
  }
  const units = await firstUnits(job, name, options);
  const requests = units.flatMap((unit) =>
    requestLines(job, unit, options).map((line) => `    ${line}`)
  );
  return [`  ${name}:${dates}`, ...requests];
}

async function firstUnits(job: Job, name: string, options: RunOptions): Promise<Unit[]> {
  const stream = job.streams[name]!;
  const range = rangeOfStream(stream, rangeOf(options));
  const plan = new StreamPlan({
    name,
    stream,
    scope: "",
    each: eachValues(stream, options.params, async function* () {}),
    needed: () => Promise.resolve(range === undefined ? null : { fetch: [range], skip: [] }),
    recordsPerMinute: expectedRecordsPerMinute(stream, undefined),
  });
  const units: Unit[] = [];
  while (units.length < REQUESTS_SHOWN) {
    const unit = await plan.next();
    if (unit === undefined) return units;
    units.push(unit);
  }
  return units;
}

function requestLines(job: Job, unit: Unit, options: RunOptions): string[] {
  const stream = job.streams[unit.stream]!;
  const asked = { window: unit.window, each: unit.eachValues, params: options.params };
  const step = openPaginator(stream, job.source.url).first();
  const bare = renderRequest(job, stream, asked, step);
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
