// Owns what `probe` does once its arguments are read: it sends one request of one stream and shows what becomes of
// the response. It writes no rows, and opens the database only for the query of a `for_each` and for shared limits.
import type { Job } from "../../config/schema/job.ts";
import type { Arguments } from "../arguments.ts";
import { Failure } from "../../failure.ts";
import { EXIT } from "../exit.ts";
import { env, onWait } from "../open_job.ts";
import { asStarted, quoted } from "../own_commands.ts";
import { StopSignal } from "../signals.ts";
import { openTarget } from "../../upsert/open_target.ts";
import { readSettings } from "../settings.ts";
import { formatDay } from "../../plan/time/civil.ts";
import { rowsSoFar } from "../../checkpoint/survey.ts";
import { monotonicClock } from "../../fetch/rate/clock.ts";
import { hideSecret } from "../output.ts";
import { openLimitStore } from "../limit_store.ts";
import { suggest } from "../../did_you_mean.ts";
import type { Stream } from "../../config/schema/job_schema.ts";
import { parseDateArgument } from "../../config/date_argument.ts";
import { defaultParams, flagOf, readParams } from "../../config/schema/params.ts";
import { cheapestStream } from "../../doctor/examine_api.ts";
import { eachValues, isFedByTarget } from "../../plan/each_values.ts";
import { probeStream } from "../../probe/probe_stream.ts";
import { probeWindow } from "../../probe/probe_window.ts";
import { openProbed } from "./probe_archive.ts";
import { probeLines } from "../lines/probe_lines.ts";
import { fitText, widthOf } from "../terminal/fit_text.ts";

/** Sends one request of a job and prints what it returns; resolves to the exit code. */
export async function probe(job: Job, given: Arguments): Promise<number> {
  using stop = new StopSignal(() => {});
  const name = streamOf(job, given.value("stream"), given.value("date") !== undefined);
  const planned = await unitOf(job, job.streams[name]!, given);
  await using archived = given.has("from-archive")
    ? await openProbed(job, name, planned, given.value("date") !== undefined)
    : undefined;
  const unit = archived?.unit ?? planned;
  const { databaseUrl } = readSettings(env);
  const { signal } = stop;
  const limits = { databaseUrl, creates: true, signal, say: onWait };
  // A request that is not sent counts against no limit.
  const shared = archived === undefined ? await openLimitStore(job, limits) : undefined;
  await using _shared = shared;
  const probed = await probeStream(job, name, unit, {
    env: archived === undefined ? env : (name) => env(name) ?? "",
    onSecret: hideSecret,
    limitStore: shared?.limitStore,
    tokenStore: shared?.tokenStore,
    replay: archived?.replay,
    noWait: true,
    clock: monotonicClock(),
    wallNow: Date.now,
    random: Math.random,
    signal,
    onEvent: () => {},
  });
  const shown = { width: widthOf(Deno.stdout), ...earlierOf(job, name, given.value("date")) };
  const ok = probed.problem === null && probed.rejected.length === 0 &&
    (probed.paging?.problem ?? null) === null;
  if (given.has("json")) console.log(JSON.stringify({ ok, ...probed }));
  else {
    const text = asStarted(probeLines(probed, quoted(job.file), shown).join("\n"), undefined);
    console.log(fitText(text, Deno.stdout));
    for (const [host, names] of job.sentVariables ?? []) {
      console.log(fitText(`sent   ${names.join(", ")} to ${host}`, Deno.stdout));
    }
  }
  return ok ? EXIT.done : EXIT.failed;
}

/** A date for which an API is likely to have data where the default window is empty. */
function earlierOf(job: Job, name: string, given: string | undefined): { earlier?: string } {
  const start = job.streams[name]?.start ?? job.start;
  if (given === undefined) return { earlier: "-30d" };
  return { earlier: start === undefined ? "-365d" : formatDay(start) };
}

function streamOf(job: Job, given: string | undefined, isDated: boolean): string {
  const requesting = Object.entries(job.streams).filter(([, { request }]) => request !== undefined);
  const names = requesting.map(([name]) => name);
  const dated = requesting.filter(([, { window }]) => window !== undefined).map(([name]) => name);
  const name = given ?? cheapestStream(job, isDated ? dated : names) ??
    (isDated ? dated : names)[0];
  if (name !== undefined && isDated && names.includes(name) && !dated.includes(name)) {
    throw new Failure(
      "configuration",
      `Cannot probe stream "${name}" for a date: it has no window`,
      {
        hint: dated.length === 0 ? "Omit --date" : `Omit --date, or choose ${dated.join(", ")}`,
      },
    );
  }
  if (name !== undefined && names.includes(name)) return name;
  const message = name === undefined
    ? `Cannot probe the job: none of its streams ${isDated ? "has dates" : "sends requests"}`
    : `Cannot probe stream "${name}": the job has no stream of that name that sends requests`;
  const near = suggest(name ?? "", names);
  const hint = near === undefined ? `Choose one of ${names.join(", ")}` : `Did you mean "${near}"?`;
  throw new Failure("configuration", message, { hint });
}

/** The unit to request: a window, and the first values of `for_each`. */
async function unitOf(job: Job, stream: Stream, given: Arguments) {
  const params = {
    ...defaultParams(job.params),
    ...readParams(
      job.params,
      (name, list) => list ? given.list(flagOf(name)) : given.value(flagOf(name)),
    ),
  };
  const date = given.value("date");
  const from = date === undefined ? undefined : parseDateArgument(date, Date.now(), job.time_zone);
  return {
    window: probeWindow(job, stream, from, Date.now()),
    each: await firstEach(stream, params),
    params,
  };
}

async function firstEach(
  stream: Stream,
  params: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  if (!isFedByTarget(stream)) return await firstOf(eachValues(stream, params, noRows));
  await using target = await openTarget(readSettings(env).databaseUrl, { onWait });
  return await firstOf(eachValues(stream, params, (sql) => rowsSoFar(target, sql)));
}

async function* noRows(): AsyncGenerator<never> {}

async function firstOf(
  values: AsyncGenerator<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const { value, done } = await values.next();
  await values.return(undefined);
  if (done !== true) return value;
  throw new Failure("configuration", "Cannot probe the stream: its for_each has no values", {
    hint: "Run the streams that fill the tables of its query first",
  });
}
