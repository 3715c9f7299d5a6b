// Owns the options of a run: which flags a job adds to `backfill`, and how given flags combine with the
// options of the run that `--resume` continues. It opens nothing.
import { JOB_ABOUT } from "./default_job.ts";
import type { Job } from "../config/schema/job.ts";
import { parseDateArgument } from "../config/date_argument.ts";
import { readParams } from "../config/schema/params.ts";
import type { RunRecord } from "../checkpoint/run_log.ts";
import { civilAt, formatDay, MINUTES_PER_DAY, parseCivil, startOfDay } from "../plan/time/civil.ts";
import { groupsOf, selectStreams } from "../plan/stage.ts";
import type { Selection } from "../plan/stage.ts";
import type { Window } from "../plan/time/window.ts";
import { Failure } from "../failure.ts";
import type { Arguments, Flags } from "./arguments.ts";

/** Flags that choose a job and its streams. */
const SELECTING: Flags = {
  only: { kind: "list", value: "STREAM", about: "Run these streams only." },
  with: { kind: "list", value: "STREAM", about: "Also run these optional streams." },
  group: { kind: "list", value: "GROUP", about: "Run the streams of these groups." },
  config: { kind: "value", value: "FILE", about: JOB_ABOUT },
};

/** Flags of `backfill` that do not depend on the job. */
const FLAGS: Flags = {
  "start-date": {
    kind: "value",
    value: "D",
    about: "First day: 2015-01-01, today, yesterday, -7d. Default: the job's start.",
  },
  "end-date": { kind: "value", value: "D", about: "Last day. Default: today." },
  resume: {
    kind: "switch",
    about:
      "Fetch what is missing, what failed and what may still change; without dates, in the last run's range.",
  },
  "check-status": {
    kind: "switch",
    about: "Print the expected windows, requests, rows and time; sends nothing.",
  },
  "dry-run": {
    kind: "switch",
    about: "Print the planned requests and the SQL of the tables; changes nothing.",
  },
  "no-wait": {
    kind: "switch",
    about: "End the run instead of waiting for a quota, a long Retry-After or an unreachable API.",
  },
  "from-archive": {
    kind: "switch",
    about: "Read responses from the archive; sends no request, and lists what is missing there.",
  },
  "from-start": {
    kind: "switch",
    about: "Restart feeds (streams with since) instead of continuing at their cursors.",
  },
  console: {
    kind: "switch",
    about: "Serve a page of the run on 127.0.0.1; HINDCAST_CONSOLE_PORT sets its port.",
  },
  workers: {
    kind: "value",
    value: "N",
    about: "Share the run among N processes on this machine; others join with the command worker.",
  },
  ...SELECTING,
  json: { kind: "switch", about: "End with one JSON object on stdout; progress goes to stderr." },
};

/** The flags of `backfill` for a job: `--skip-GROUP`, `--no-STREAM` and its params, in addition to the common ones; only those without a job. */
export function runFlags(job: Job | undefined): Flags {
  return { ...FLAGS, ...flagsOfJob(job) };
}

/** The flags that select streams and set parameters of a job, for commands that plan its runs by themselves. */
export function selectionFlags(job: Job | undefined): Flags {
  return { ...SELECTING, ...flagsOfJob(job) };
}

function flagsOfJob(job: Job | undefined): Flags {
  if (job === undefined) return {};
  const flags: Record<string, Flags[string]> = {};
  for (const group of groupsOf(job)) {
    flags[`skip-${dashed(group)}`] = { kind: "switch", about: `Skip the group ${group}.` };
  }
  for (const stream of Object.keys(job.streams)) {
    flags[`no-${dashed(stream)}`] = { kind: "switch", about: `Skip the stream ${stream}.` };
  }
  for (const [name, param] of Object.entries(job.params)) {
    flags[dashed(name)] = {
      kind: param.list ? "list" : "value",
      about: param.about ?? `Value of the parameter ${name}.`,
    };
  }
  return flags;
}

/** The options of a run; a plain value that the checkpoint keeps for `--resume`. */
export interface RunOptions {
  /** First day, as given: a date, or a word such as `yesterday`. */
  readonly start: string;
  /** Last day, inclusive. */
  readonly end: string;
  /** Groups whose streams run; empty for all. */
  readonly groups: readonly string[];
  /** The only streams that run; empty for all. */
  readonly only: readonly string[];
  /** Streams that run in addition. */
  readonly with: readonly string[];
  /** Streams that do not run. */
  readonly without: readonly string[];
  /** Values of the job's parameters by name. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** The options given on the command line; all others are undefined. */
export interface GivenOptions {
  /** First day; undefined where not given. */
  readonly start: string | undefined;
  /** Last day, inclusive; undefined where not given. */
  readonly end: string | undefined;
  /** Groups whose streams run; empty for all. */
  readonly groups: readonly string[];
  /** The only streams that run; empty for all. */
  readonly only: readonly string[];
  /** Streams that run in addition. */
  readonly with: readonly string[];
  /** Streams that do not run. */
  readonly without: readonly string[];
  /** Parameters that were given; without defaults. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** Reads the options that a command line gives; dates are of the job's calendar at `nowMs`. */
export function givenOptions(job: Job, args: Arguments, nowMs: number): GivenOptions {
  const date = (name: string) => {
    const text = args.value(name);
    return text === undefined
      ? undefined
      : formatDay(parseDateArgument(text, nowMs, job.time_zone));
  };
  const groups = groupsOf(job).filter((group) => args.has(`skip-${dashed(group)}`));
  const streams = Object.keys(job.streams).filter((name) => args.has(`no-${dashed(name)}`));
  return {
    start: date("start-date"),
    end: date("end-date"),
    groups: args.list("group"),
    only: args.list("only"),
    with: args.list("with"),
    without: [...groups, ...streams],
    params: readParams(
      job.params,
      (name, list) => list ? args.list(dashed(name)) : args.value(dashed(name)),
    ),
  };
}

/** The options of a run: those given, then those of the last run where it is continued, then the job's. */
export function runOptions(
  job: Job,
  given: GivenOptions,
  last: RunRecord | undefined,
  nowMs: number,
): RunOptions {
  const before = last?.options as RunOptions | undefined;
  const today = formatDay(civilAt(nowMs, job.time_zone));
  const start = given.start ?? before?.start ?? startOf(job, today);
  const end = given.end ?? before?.end ?? today;
  return {
    start,
    end,
    ...selectionOf(given, before),
    params: { ...defaultParams(job), ...before?.params, ...given.params },
  };
}

/** Named groups and streams replace those of the last run; otherwise skipped streams are added to its own. */
function selectionOf(given: GivenOptions, before: RunOptions | undefined): Selection {
  const { groups, only } = given;
  if (before === undefined || groups.length + only.length > 0) {
    return { groups, only, with: given.with, without: given.without };
  }
  return {
    groups: before.groups,
    only: before.only,
    with: given.with.length > 0 ? given.with : before.with,
    without: [...new Set([...before.without, ...given.without])],
  };
}

/** The default first day of a run: the job's start, or the earliest start of its streams. */
function startOf(job: Job, today: string): string {
  if (job.start !== undefined) return formatDay(job.start);
  const starts = Object.values(job.streams).flatMap((stream) => stream.start ?? []);
  return starts.length === 0 ? today : formatDay(Math.min(...starts));
}

function defaultParams(job: Job): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(job.params).flatMap(([name, param]) =>
      param.default === undefined ? [] : [[name, param.default]]
    ),
  );
}

/**
 * The dates of a run as a half-open window.
 *
 * @throws {Failure} of kind `configuration` where the last day is before the first.
 */
export function rangeOf(options: RunOptions): Window {
  const from = parseCivil(options.start)!;
  const to = startOfDay(parseCivil(options.end)!) + MINUTES_PER_DAY;
  if (from < to) return { from, to };
  throw new Failure(
    "configuration",
    `Cannot run from ${options.start} to ${options.end}: the last day is before the first`,
    { hint: "Pass --start-date and --end-date in order; --end-date is the last day fetched" },
  );
}

/** The streams that options name, in the order of the job. */
export function streamsOf(job: Job, options: RunOptions): string[] {
  return selectStreams(job, options);
}

/** A name as a flag: underscores become dashes. */
function dashed(name: string): string {
  return name.replaceAll("_", "-");
}
