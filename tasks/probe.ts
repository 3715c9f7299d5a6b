// `deno task probe FILE`: sends one real request of one stream and shows what becomes of the response, so that a job
// can be written without guessing. It writes no rows, and opens the database only for the query of a `for_each` and to
// count its requests against the limits that runs share.
import type { Job } from "../lib/config/schema/job.ts";
import type { Stream } from "../lib/config/schema/job_schema.ts";
import { parseDateArgument } from "../lib/config/date_argument.ts";
import { suggest } from "../lib/did_you_mean.ts";
import { defaultParams, flagOf, readParams } from "../lib/config/schema/params.ts";
import { cheapestStream } from "../lib/doctor/examine_api.ts";
import { monotonicClock } from "../lib/fetch/rate/clock.ts";
import { formatDay } from "../lib/plan/time/civil.ts";
import { eachValues, isFedByTarget } from "../lib/plan/each_values.ts";
import { probeStream } from "../lib/probe/probe_stream.ts";
import { probeWindow } from "../lib/probe/probe_window.ts";
import { Failure } from "../lib/failure.ts";
import { openTarget } from "../lib/upsert/open_target.ts";
import { type Arguments, type Flags, helpText, readArguments } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { env, jobFileOf, onWait, openJob } from "../lib/cli/open_job.ts";
import { hideSecret } from "../lib/cli/output.ts";
import { probeLines } from "../lib/cli/lines/probe_lines.ts";
import { openLimitStore } from "../lib/cli/limit_store.ts";
import { readSettings } from "../lib/cli/settings.ts";
import { StopSignal } from "../lib/cli/signals.ts";

const ABOUT =
  "Sends one real request and shows the response, the rows it produces and what cannot be cast.";

const FLAGS: Flags = {
  stream: {
    kind: "value",
    value: "S",
    about: "Stream to request. Default: one without dates, if there is any.",
  },
  date: {
    kind: "value",
    value: "D",
    about: "First day of the window: 2015-01-31, yesterday, -7d.",
  },
  config: {
    kind: "value",
    value: "FILE",
    about: "Job file; it may also be the first argument.",
  },
  json: { kind: "switch", about: "Print one JSON object." },
};

if (import.meta.main) await runCommand(main);

async function main(argv: string[]): Promise<number> {
  const args = namingConfig(argv);
  const isHelp = args.includes("--help") || args.includes("-h");
  const opening = openJob(jobFileOf(args));
  const job = isHelp ? await opening.catch(() => undefined) : await opening;
  const flags = { ...FLAGS, ...paramFlags(job) };
  const given = readArguments(args, flags);
  if (isHelp || job === undefined) {
    console.log(helpText("probe [FILE] [options]", ABOUT, flags));
    return EXIT.done;
  }
  using stop = new StopSignal(() => {});
  const name = streamOf(job, given.value("stream"), given.value("date") !== undefined);
  const unit = await unitOf(job, job.streams[name]!, given);
  const { databaseUrl } = readSettings(env);
  const { signal } = stop;
  const limits = { databaseUrl, creates: true, signal, say: onWait };
  await using shared = await openLimitStore(job, limits);
  const probe = await probeStream(job, name, unit, {
    env,
    onSecret: hideSecret,
    limitStore: shared.store,
    noWait: true,
    clock: monotonicClock(),
    wallNow: Date.now,
    random: Math.random,
    signal,
    onEvent: () => {},
  });
  const shown = { width: widthOfScreen(), ...earlierOf(job, name, given.value("date")) };
  const ok = probe.problem === null && probe.rejected.length === 0 &&
    (probe.paging?.problem ?? null) === null;
  if (given.has("json")) console.log(JSON.stringify({ ok, ...probe }));
  else {
    console.log(probeLines(probe, job.file, shown).join("\n"));
    for (const [host, names] of job.sentVariables ?? []) {
      console.log(`sent   ${names.join(", ")} to ${host}`);
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

/** Columns of the terminal; unbounded where the output is not a terminal. */
function widthOfScreen(): number {
  return Deno.stdout.isTerminal() ? Deno.consoleSize().columns : Infinity;
}

/** The command line with the job file as a flag, which permissions.ts reads. */
function namingConfig(argv: string[]): string[] {
  const [first, ...rest] = argv;
  const isNamed = argv.some((arg) => arg === "--config" || arg.startsWith("--config="));
  if (first === undefined || first.startsWith("-") || isNamed) return argv;
  return [`--config=${first}`, ...rest];
}

function paramFlags(job: Job | undefined): Flags {
  return Object.fromEntries(
    Object.entries(job?.params ?? {}).map(([name, { list, about }]) => [flagOf(name), {
      kind: list ? "list" : "value",
      about: about ?? `Value of the parameter ${name}.`,
    }]),
  );
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
  const hint = near === undefined ? `There are ${names.join(", ")}` : `Did you mean "${near}"?`;
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
  return await firstOf(eachValues(stream, params, (sql) => target.stream(sql)));
}

async function* noRows(): AsyncGenerator<never> {}

async function firstOf(
  values: AsyncGenerator<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const { value, done } = await values.next();
  await values.return(undefined);
  if (done !== true) return value;
  throw new Failure("configuration", "Cannot probe the stream: its for_each has no value", {
    hint: "Run the streams that fill the tables of its query first",
  });
}
