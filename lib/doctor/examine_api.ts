// Sends the one request that shows whether the API responds: the cheapest of the job, with the limiter, credentials
// and parsing of a run, but sent once and with a short timeout. The date of the response shows whether this machine's
// clock is right. Invariant: advice follows from the kind of an error and the status, never from a message.
import type { Job } from "../config/schema/job.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { mayBeLong, readFirst, WHOLE_BYTES } from "../fetch/long_response.ts";
import { renderRequest } from "../fetch/http/request.ts";
import { type ApiClient, openApi } from "../fetch/api_client.ts";
import type { FetchEvent } from "../fetch/fetch_event.ts";
import type { Unit } from "../fetch/http/unit.ts";
import { civilAt, MINUTES_PER_DAY, startOfDay } from "../plan/time/civil.ts";
import { eachValues, isFedByTarget } from "../plan/each_values.ts";
import { windowEnd } from "../plan/time/window.ts";
import { HttpError, type HttpErrorKind } from "../fetch/http/http_error.ts";
import { statusHint } from "../probe/status_hint.ts";
import { formatCount, formatSeconds } from "../report/text/format.ts";
import { fine, type Item, problem, problemOf } from "./item.ts";
import { openPaginator } from "../fetch/paging/open_paginator.ts";
import type { ApiDependencies } from "../fetch/api_connection.ts";

/** Longest wait for the response. */
const TIMEOUT_MS = 20_000;

/** Clock difference from which a run may request the wrong day; HTTP dates have whole seconds. */
const SKEW_MS = 60_000;

/** Sends one request to the API; reports its response and the difference between its clock and this machine's. */
export async function examineApi(job: Job, dependencies: ApiDependencies): Promise<Item[]> {
  const name = cheapestStream(job);
  if (name === undefined) {
    return [
      fine(
        "api",
        "every stream of the job requires the rows of another stream, or an export",
      ),
    ];
  }
  let status: number | undefined;
  const onEvent = (event: FetchEvent) => {
    if (event.kind === "answered") status = event.status;
  };
  try {
    await using api = openApi(withShortTimeout(job), { ...dependencies, onEvent });
    return await request(api, name, dependencies);
  } catch (error) {
    return [problemOf("api", error, adviceFor(error, status))];
  }
}

async function request(api: ApiClient, name: string, { wallNow, signal }: ApiDependencies): Promise<
  Item[]
> {
  const { job } = api;
  const client = api.client(name);
  const unit = await firstUnit(job, client.stream, wallNow());
  const step = openPaginator(client.stream, job.source.url).first();
  const wire = renderRequest(job, client.stream, unit, step);
  const wholeBytes = mayBeLong(client.stream) ? WHOLE_BYTES : undefined;
  const response = await client.send(wire, signal, { wholeBytes });
  const clock = examineClock(response.headers.get("date"), wallNow());
  const took = formatSeconds(response.ms / 1000);
  const summary = `${client.line(wire)} responded ${response.status} in ${took}`;
  try {
    const { records } = await readFirst(client, { request: wire, response }, signal);
    return [fine("api", `${summary} with ${formatCount(records.length, "record")}`), ...clock];
  } catch (error) {
    const { found, do: todo } = problemOf("api", error, `Check "records" of stream "${name}"`);
    return [problem("api", `${summary}. ${api.mask(found)}`, todo ?? ""), ...clock];
  }
}

/** The job with one attempt and a short timeout. */
function withShortTimeout(job: Job): Job {
  const { source } = job;
  const timeout = Math.min(source.timeout, TIMEOUT_MS);
  return { ...job, source: { ...source, timeout, retry: { ...source.retry, attempts: 1 } } };
}

/** The stream that is cheapest to request: the first one without dates and without `for_each`, if there is one. */
export function cheapestStream(
  job: Job,
  among: readonly string[] = Object.keys(job.streams),
): string | undefined {
  const cost = ({ window, for_each }: Stream) =>
    (window === undefined ? 0 : 2) + (for_each === undefined ? 0 : 1);
  return Object.entries(job.streams)
    .filter(([name, stream]) =>
      among.includes(name) && stream.request !== undefined && stream.export === undefined &&
      !isFedByTarget(stream)
    )
    .sort(([, a], [, b]) => cost(a) - cost(b))[0]?.[0];
}

/** The unit to request: yesterday, for which an API is likely to have data. */
async function firstUnit(job: Job, stream: Stream, nowMs: number): Promise<Unit> {
  const params = Object.fromEntries(
    Object.entries(job.params).flatMap(([name, param]) =>
      param.default === undefined ? [] : [[name, param.default]]
    ),
  );
  const values = eachValues(stream, params, async function* () {});
  const each = (await values.next()).value ?? {};
  await values.return(undefined);
  if (stream.window === undefined) return { window: null, each, params };
  const to = startOfDay(civilAt(nowMs, job.time_zone));
  const from = to - MINUTES_PER_DAY;
  const longest = stream.window.auto ? to : windowEnd(from, stream.window.length);
  return { window: { from, to: Math.min(to, longest) }, each, params };
}

/** Compares this machine's clock with the `Date` of a response (RFC 9110, section 6.6.1). */
export function examineClock(date: string | null, nowMs: number): Item[] {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return [];
  const aheadMs = nowMs - theirs;
  const apart = formatSeconds(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) < SKEW_MS) return [fine("clock", `${apart} from the API's`)];
  const found = `it is ${apart} ${aheadMs > 0 ? "ahead of" : "behind"} the API's`;
  return [
    problem(
      "clock",
      found,
      "Set this machine's clock: around midnight, runs request the wrong days",
    ),
  ];
}

/** What to do about an error without a response, by its kind. */
const ADVICE: Partial<Readonly<Record<HttpErrorKind, string>>> = {
  connection: 'Check the host and port in "url" of the source, that the API runs there and that ' +
    "this machine is online",
  certificate:
    'Check the host in "url"; if a private authority signed the certificate, set DENO_CERT to its file',
  timeout: "Try again later: the API, or a proxy in front of it, does not respond",
};

function adviceFor(error: unknown, status: number | undefined): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  const advice = cause instanceof HttpError ? cause.hint ?? ADVICE[cause.kind] : statusHint(status);
  return advice ?? 'Check "url" of the source, and that this machine reaches it';
}
