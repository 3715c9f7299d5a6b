// Owns what `status` does once its arguments are read: it reads the state of a job from the checkpoint and the
// target, once or every 2 seconds. It sends no request to the API.
import type { Arguments } from "../arguments.ts";
import type { Job } from "../../config/schema/job.ts";
import { EXIT } from "../exit.ts";
import { namedJob } from "../default_job.ts";
import { env, type Stores } from "../open_job.ts";
import { safeText, writeOut } from "../output.ts";
import { asStarted } from "../own_commands.ts";
import {
  type GivenOptions,
  givenOptions,
  rangeOf,
  type RunOptions,
  runOptions,
} from "../run_options.ts";
import { archiveHoldings } from "../../upsert/archive_index.ts";
import { StopSignal } from "../signals.ts";
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import type { RetryEntry } from "../../checkpoint/retry_entry.ts";
import type { Window } from "../../plan/time/window.ts";
import { readVisits } from "../../checkpoint/visits.ts";
import { countValues } from "../../verify/unfetched.ts";
import { agesOf, type NextVisit } from "../../plan/settling.ts";
import { civilAt } from "../../plan/time/civil.ts";
import { viewFeeds, withFeeds } from "../../checkpoint/feed_view.ts";
import { viewStreams } from "../../checkpoint/snapshot.ts";
import { intersect } from "../../plan/coverage.ts";
import { startedPart } from "../../plan/needed.ts";
import { selectStreams } from "../../plan/stage.ts";
import { readWorkers } from "../../upsert/worker_view.ts";
import { driftOf } from "../lines/drift_lines.ts";
import { detailLines, nextLine, type Status, statusJson } from "../lines/status_lines.ts";
import { summaryLines } from "../lines/status_summary.ts";
import { type Look, lookOf } from "../terminal/look.ts";
import { type Line, paint } from "../terminal/paint.ts";
import { sizeOf } from "../terminal/size.ts";
import { wrapLine } from "../terminal/wrap.ts";

/** Time between two views of --watch. */
const WATCH_MS = 2000;

/** Runs shown. */
const RUNS_SHOWN = 5;

/** Where the status is shown if that is not a terminal: as wide as most, and of any length. */
const PAPER = { columns: 100, rows: Infinity };

/** Shows the state of a job, once or with `--watch` until it is stopped; resolves to the exit code. */
export async function showStatus(job: Job, stores: Stores, args: Arguments): Promise<number> {
  const given = givenOptions(job, args, Date.now());
  const look = lookOf(Deno.stdout.isTerminal(), env, Deno.build.os);
  const read = async (checkpoint: Checkpoint) => {
    const last = await checkpoint.runs.lastBackfill();
    const options = runOptions(job, given, last, Date.now());
    const ranged = given.start !== undefined || last !== undefined;
    const names = streamsGiven(job, given);
    return await readStatus(job, stores, { checkpoint, names, options, ranged });
  };
  const view = async () => await read(await stores.checkpoint(job));
  const isDetailed = args.has("details") || !look.redraws;
  const show = async () => {
    if (args.has("json")) return console.log(statusJson(await view()));
    const status = await view();
    write(painted(linesOf(status, look, { isDetailed }), look));
  };
  if (!args.has("watch")) {
    await show();
    return EXIT.done;
  }
  if (args.has("json") || !look.redraws) return await repeat(show);
  const { watchStatus } = await import("./watch_status.ts");
  return await watchStatus({
    ...{ job, stores, look, view, write, repeat },
    linesOf: (status, progress) =>
      linesOf(status, look, { progress, isDetailed: args.has("details") }),
  });
}

/** Acts every two seconds until a signal; `onLeave` is called where the process must end at once. */
async function repeat(act: () => Promise<void>, onLeave = () => {}): Promise<number> {
  using stop = new StopSignal(() => {}, onLeave);
  while (!stop.signal.aborted) {
    await act();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, WATCH_MS);
      stop.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    });
  }
  return EXIT.interrupted;
}

/** Everything that is shown: the run in progress, the summary, the details, and what to do next. */
function linesOf(
  status: Status,
  { redraws, unicode }: Look,
  { progress = [], isDetailed }: {
    readonly progress?: readonly Line[];
    readonly isDetailed: boolean;
  },
): Line[] {
  const room = { ...(redraws ? sizeOf() : PAPER), unicode };
  // While a run is in progress there is nothing to do.
  const end = [
    ...progress.length === 0 ? [nextLine(status)] : [],
    ...isDetailed ? [] : ["more   deno task status --details"],
  ].map((text) => [{ text: asStarted(text, namedJob(Deno.args)) }]);
  return [
    ...progress,
    ...summaryLines(status, room, progress.length + end.length + 2),
    ...isDetailed ? [[], ...details(status, redraws ? room.columns : undefined)] : [],
    [],
    ...end,
  ];
}

function details(status: Status, width: number | undefined): Line[] {
  const lines = detailLines(status, width);
  const fitting = width === undefined ? lines : lines.flatMap((line) => wrapLine(line, width));
  return fitting.map((text) => [{ text }]);
}

function painted(lines: readonly Line[], { colors }: Look): string {
  return lines.map((line) => `${paint(line, colors, safeText).trimEnd()}\n`).join("");
}

/** Writes text that is safe already. */
function write(text: string): void {
  writeOut(asStarted(text, namedJob(Deno.args)));
}

/** The streams that the command line names; all where it names none. */
function streamsGiven(job: Job, given: GivenOptions): string[] {
  const { groups, only, without } = given;
  const isSelected = groups.length + only.length + given.with.length + without.length > 0;
  return isSelected ? selectStreams(job, given) : Object.keys(job.streams);
}

/** What of a job is looked at. */
interface Wanted {
  readonly checkpoint: Checkpoint;
  readonly names: readonly string[];
  readonly options: RunOptions;
  /** Whether gaps are those of the options' range. */
  readonly ranged: boolean;
}

/** The dates of the failed windows of a stream. */
function failedWindows(entries: readonly RetryEntry[], name: string, scope: string): Window[] {
  return entries.flatMap((entry) =>
    entry.kind === "failed" && entry.stream === name && entry.scope === scope
      ? entry.window ?? []
      : []
  );
}

/** When the first dates of a stream whose `settle` lists ages are fetched again. */
async function nextOf(
  job: Job,
  name: string,
  scope: string,
  target: Stores["target"],
): Promise<NextVisit | undefined> {
  const ages = agesOf(job.streams[name]!.settle);
  if (ages === undefined) return undefined;
  const visits = await readVisits(job, name, target);
  return visits.next(scope, ages, Date.now(), job.time_zone);
}

async function readStatus(job: Job, stores: Stores, wanted: Wanted): Promise<Status> {
  const { checkpoint, names, options, ranged } = wanted;
  const range = ranged ? rangeOf(options) : undefined;
  const [snapshots, tables, archive, runs, workers, entries, feedsOf] = await Promise.all([
    viewStreams(job, checkpoint, names, options.params, range),
    stores.target.countRows(Object.keys(job.tables)),
    archiveHoldings(stores.target, job.job),
    checkpoint.runs.list(RUNS_SHOWN),
    readWorkers(stores.target, job.job),
    checkpoint.retryEntries(),
    viewFeeds(job, stores.target),
  ]);
  const streams: Status["streams"] = {};
  const now = civilAt(Date.now(), job.time_zone);
  for (const [name, view] of Object.entries(snapshots)) {
    const started = range && startedPart(job.streams[name]!, range, now);
    const gaps = started === undefined
      ? view.gaps
      : view.gaps.flatMap((gap) => intersect(gap, started) ?? []);
    streams[name] = {
      ...{ ...withFeeds(name, view, feedsOf), gaps, scopes: await checkpoint.scopes(name) },
      isDated: job.streams[name]!.window !== undefined,
      ...await countValues(job, name, { ...options, checkpoint, target: stores.target }),
      next: await nextOf(job, name, view.scope, stores.target),
      failedWindows: failedWindows(entries, name, view.scope),
    };
  }
  return {
    job: job.job,
    target: stores.target.label,
    streams,
    tables,
    archive: archive ?? null,
    runs,
    workers,
    drift: await driftOf(stores.target, job),
  };
}
