// Owns the one request that shows whether the source answers: the cheapest that the job has, through the
// same limiter, credentials and reading as a run's, but tried once and not waited for long. What the
// answer says of the time shows whether this machine's clock is right.
import { yieldingToEventLoop } from "../yield_to_event_loop.ts";
import type { Job } from "../config/schema/job.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { readResponse } from "../fetch/read_response.ts";
import { renderRequest } from "../fetch/http/request.ts";
import { type ApiClient, openApi } from "../fetch/api_client.ts";
import type { Unit } from "../fetch/http/unit.ts";
import { civilAt, MINUTES_PER_DAY, startOfDay } from "../plan/time/civil.ts";
import { eachValues, isFedByTarget } from "../plan/each_values.ts";
import { windowEnd } from "../plan/time/window.ts";
import { formatCount, formatSeconds } from "../report/text/format.ts";
import { fine, type Item, problem, problemOf } from "./item.ts";
import { openPaginator } from "../fetch/paging/open_paginator.ts";
import { type ApiDependencies } from "../fetch/stream_client.ts";

/** Longest wait for the answer. */
const PATIENCE_MS = 20_000;

/** Difference of clocks from which a day may be taken for another; HTTP dates are whole seconds. */
const SKEW_MS = 60_000;

/** Asks the source once; tells how it answered, and how far this machine's clock is from its. */
export async function examineApi(job: Job, dependencies: ApiDependencies): Promise<Item[]> {
  const name = cheapestStream(job);
  if (name === undefined) return [fine("api", "no stream of the job can be asked without data")];
  try {
    await using source = openApi(impatient(job), dependencies);
    return await ask(source, name, dependencies);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [problemOf("api", error, adviceFor(message))];
  }
}

async function ask(source: ApiClient, name: string, { wallNow, signal }: ApiDependencies): Promise<
  Item[]
> {
  const { job } = source;
  const client = source.client(name);
  const unit = await firstUnit(job, client.stream, wallNow());
  const step = openPaginator(client.stream, job.source.url).first();
  const request = renderRequest(job, client.stream, unit, step);
  const answer = await client.send(request, signal);
  const clock = examineClock(answer.headers.get("date"), wallNow());
  const asked = `${client.line(request)} answered ${answer.status} in ${
    formatSeconds(answer.ms / 1000)
  }`;
  try {
    const { records } = await yieldingToEventLoop(readResponse(client.stream, answer));
    return [fine("api", `${asked} with ${formatCount(records.length, "record")}`), ...clock];
  } catch (error) {
    const { found, do: todo } = problemOf("api", error, `Look at records of stream "${name}"`);
    return [problem("api", `${asked}. ${source.mask(found)}`, todo ?? ""), ...clock];
  }
}

/** The job with one try and a short time for it. */
function impatient(job: Job): Job {
  const { source } = job;
  const timeout = Math.min(source.timeout, PATIENCE_MS);
  return { ...job, source: { ...source, timeout, retry: { ...source.retry, attempts: 1 } } };
}

/** Of the streams named, or all, the one with the least to say: without dates, repeated for nothing, in the order of the job. */
export function cheapestStream(
  job: Job,
  among: readonly string[] = Object.keys(job.streams),
): string | undefined {
  const cost = ({ window, for_each }: Stream) =>
    (window === undefined ? 0 : 2) + (for_each === undefined ? 0 : 1);
  return Object.entries(job.streams)
    .filter(([name, stream]) =>
      among.includes(name) && stream.request !== undefined && !isFedByTarget(stream)
    )
    .sort(([, a], [, b]) => cost(a) - cost(b))[0]?.[0];
}

/** What a stream is asked for first: yesterday, of which the source surely has heard. */
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

/** Compares this machine's clock with the `Date` of an answer (RFC 9110, section 6.6.1). */
export function examineClock(date: string | null, nowMs: number): Item[] {
  const theirs = Date.parse(date ?? "");
  if (Number.isNaN(theirs)) return [];
  const aheadMs = nowMs - theirs;
  const apart = formatSeconds(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) < SKEW_MS) return [fine("clock", `${apart} from the API's`)];
  const found = `it is ${apart} ${aheadMs > 0 ? "ahead of" : "behind"} the API's`;
  return [
    problem("clock", found, "Set this machine's clock: around midnight it asks for wrong days"),
  ];
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/\(DNS\)/, 'Check the host in "url" of the source, and that this machine has a network'],
  [/connection refused/, 'Check host and port in "url" of the source, and whether it runs'],
  [
    /certificate/,
    'Check the host in "url"; where a private authority signs, name its file in DENO_CERT',
  ],
  [/InvalidContentType/, 'The port does not speak HTTPS: write http:// in "url" of the source'],
  [/within [\d.]+ s/, "Try again later; the source, or a proxy before it, does not answer"],
  [/answered 404/, 'Check "url" of the source and the path of the stream'],
  [/answered 429/, "Wait a while: the source says that others use up its limit"],
  [/answered 5\d\d/, "Try again later: the source itself has a fault"],
];

function adviceFor(message: string): string {
  return ADVICE.find(([said]) => said.test(message))?.[1] ??
    'Check "url" of the source, and that this machine reaches it';
}
