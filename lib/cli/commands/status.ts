// Owns what `status` does once its arguments are read: it reads the state of a job from the checkpoint and the
// target, once or every 2 seconds. It sends no request to the API.
import type { Arguments } from "../arguments.ts";
import type { Job } from "../../config/schema/job.ts";
import { EXIT } from "../exit.ts";
import { print, type Stores } from "../open_job.ts";
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
import { civilAt } from "../../plan/time/civil.ts";
import { viewStreams } from "../../checkpoint/snapshot.ts";
import { intersect } from "../../plan/coverage.ts";
import { startedPart } from "../../plan/needed.ts";
import { selectStreams } from "../../plan/stage.ts";
import { readWorkers } from "../../upsert/worker_table.ts";
import { driftOf } from "../lines/drift_lines.ts";
import { type Status, statusJson, statusLines } from "../lines/status_lines.ts";

const CLEAR_SCREEN = new TextEncoder().encode("\x1b[H\x1b[2J");

/** Time between two views of --watch. */
const WATCH_MS = 2000;

/** Runs shown. */
const RUNS_SHOWN = 5;

/** Shows the state of a job, once or with `--watch` until it is stopped; resolves to the exit code. */
export async function showStatus(job: Job, stores: Stores, args: Arguments): Promise<number> {
  const given = givenOptions(job, args, Date.now());
  const view = async () => {
    const checkpoint = await stores.checkpoint(job);
    const last = await checkpoint.runs.lastBackfill();
    const options = runOptions(job, given, last, Date.now());
    const ranged = given.start !== undefined || last !== undefined;
    const names = streamsGiven(job, given);
    const status = await readStatus(job, stores, { checkpoint, names, options, ranged });
    return args.has("json") ? statusJson(status) : statusLines(status).join("\n");
  };
  if (args.has("watch")) return await watch(view);
  if (args.has("json")) console.log(await view());
  else print(await view());
  return EXIT.done;
}

async function watch(view: () => Promise<string>): Promise<number> {
  using stop = new StopSignal(() => {});
  while (!stop.signal.aborted) {
    const text = await view();
    if (Deno.stdout.isTerminal()) Deno.stdout.writeSync(CLEAR_SCREEN);
    print(text);
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

/** The streams that the command line names; all where it names none. */
function streamsGiven(job: Job, given: GivenOptions): string[] {
  const { groups, only, without } = given;
  const isSelected = groups.length + only.length + given.with.length + without.length > 0;
  return isSelected ? selectStreams(job, given) : Object.keys(job.streams);
}

/** What of a job is looked at. */
interface Look {
  readonly checkpoint: Checkpoint;
  readonly names: readonly string[];
  readonly options: RunOptions;
  /** Whether gaps are those of the options' range. */
  readonly ranged: boolean;
}

async function readStatus(job: Job, stores: Stores, look: Look): Promise<Status> {
  const { checkpoint, names, options, ranged } = look;
  const range = ranged ? rangeOf(options) : undefined;
  const [snapshots, tables, archive, runs, workers] = await Promise.all([
    viewStreams(job, checkpoint, names, options.params, range),
    stores.target.countRows(Object.keys(job.tables)),
    archiveHoldings(stores.target, job.job),
    checkpoint.runs.list(RUNS_SHOWN),
    readWorkers(stores.target, job.job),
  ]);
  const streams: Status["streams"] = {};
  const now = civilAt(Date.now(), job.time_zone);
  for (const [name, view] of Object.entries(snapshots)) {
    const started = range && startedPart(job.streams[name]!, range, now);
    const gaps = started === undefined
      ? view.gaps
      : view.gaps.flatMap((gap) => intersect(gap, started) ?? []);
    streams[name] = { ...view, gaps, scopes: await checkpoint.scopes(name) };
  }
  return {
    job: job.job,
    target: stores.target.label,
    streams,
    tables,
    archive: archive ?? null,
    runs,
    workers,
    drift: await driftOf(stores.target, job.job),
  };
}
