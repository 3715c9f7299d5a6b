// `deno task status`: coverage, gaps, failed windows, rows and last runs, per stream. It reads the
// checkpoint and the target and asks nothing of the source.
import type { Job } from "../lib/config/schema/job.ts";
import type { Checkpoint } from "../lib/checkpoint/checkpoint.ts";
import type { RunRecord } from "../lib/checkpoint/run_log.ts";
import type { Days, StreamView } from "../lib/checkpoint/snapshot.ts";
import { daysOf, inDays, viewStreams } from "../lib/checkpoint/snapshot.ts";
import { intersect } from "../lib/plan/coverage.ts";
import { startedPart } from "../lib/plan/needed.ts";
import { selectStreams } from "../lib/plan/stage.ts";
import { civilAt } from "../lib/plan/time/civil.ts";
import type { Window } from "../lib/plan/time/window.ts";
import { formatWait } from "../lib/report/text/wait.ts";
import { formatCount, formatNumber, formatTable, oneLine } from "../lib/report/text/format.ts";
import type { Summary } from "../lib/report/summary.ts";
import { helpText, readArguments } from "../lib/cli/arguments.ts";
import type { Flags } from "../lib/cli/arguments.ts";
import { EXIT, runCommand } from "../lib/cli/exit.ts";
import { jobFileOf, openJob, openStores, print } from "../lib/cli/open_job.ts";
import type { Stores } from "../lib/cli/open_job.ts";
import type { GivenOptions, RunOptions } from "../lib/cli/run_options.ts";
import { givenOptions, rangeOf, runFlags, runOptions } from "../lib/cli/run_options.ts";
import { StopSignal } from "../lib/cli/signals.ts";

const CLEAR_SCREEN = new TextEncoder().encode("\x1b[H\x1b[2J");

const ABOUT = "Shows the state of a job: coverage, gaps, failed windows, rows and the last runs.";

/** Time between two views of --watch. */
const WATCH_MS = 2000;

/** Ranges of a kind shown of each stream; the rest is counted. */
const RANGES_SHOWN = 8;

/** Runs shown. */
const RUNS_SHOWN = 5;

/** The range in which gaps are looked for: that of the last run, unless it is given. */
const RANGE_FLAGS: Flags = {
  "start-date": {
    kind: "value",
    value: "D",
    about:
      "Show gaps from this day: 2015-01-01, today, yesterday, -7d. Default: the last run's first day.",
  },
  "end-date": {
    kind: "value",
    value: "D",
    about: "Show gaps up to this day. Default: the last run's last day.",
  },
};

/** A stream, and all parameters it was ever fetched with. */
type StreamStatus = StreamView<Window> & { scopes: string[] };

/** What is shown; `status --json` prints it with days. */
interface Status {
  job: string;
  target: string;
  streams: Record<string, StreamStatus>;
  tables: Record<string, number>;
  runs: RunRecord[];
}

async function main(argv: string[]): Promise<number> {
  // Opening the database takes a while, so it starts before the job is read.
  const opening = argv.includes("--help") ? undefined : openStores();
  opening?.catch(() => {});
  const job = await openJob(jobFileOf(argv));
  const shown = statusFlags(job);
  const args = readArguments(argv, shown);
  if (args.has("help")) {
    console.log(helpText("status [options]", ABOUT, shown));
    return EXIT.done;
  }
  await using stores = await (opening ?? openStores());
  const given = givenOptions(job, args, Date.now());
  const view = async () => {
    const checkpoint = stores.checkpoint(job);
    const last = await checkpoint.runs.lastBackfill();
    const options = runOptions(job, given, last, Date.now());
    const ranged = given.start !== undefined || last !== undefined;
    const names = streamsGiven(job, given);
    const status = await readStatus(job, stores, { checkpoint, names, options, ranged });
    return args.has("json") ? statusJson(status) : statusLines(status).join("\n");
  };
  if (!args.has("watch")) {
    if (args.has("json")) console.log(await view());
    else print(await view());
    return EXIT.done;
  }
  return await watch(view);
}

/** The flags of `backfill` that select streams and parameters, with those of `status`. */
function statusFlags(job: Job): Flags {
  const selecting = Object.entries(runFlags(job)).filter(([name]) =>
    !/^(resume|check-status|dry-run|no-wait)$/.test(name)
  );
  return {
    ...Object.fromEntries(selecting),
    watch: { kind: "switch", about: "Refresh every 2 s." },
    json: { kind: "switch", about: "Print one JSON object." },
    ...RANGE_FLAGS,
  };
}

async function watch(view: () => Promise<string>): Promise<number> {
  using stop = new StopSignal(() => {});
  while (!stop.signal.aborted) {
    const text = await view();
    if (Deno.stdout.isTerminal()) Deno.stdout.writeSync(CLEAR_SCREEN);
    console.log(text);
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
  const [snapshots, tables, runs] = await Promise.all([
    viewStreams(job, checkpoint, names, options.params, range),
    stores.target.countRows(Object.keys(job.tables)),
    checkpoint.runs.list(RUNS_SHOWN),
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
    runs,
  };
}

function statusJson(status: Status): string {
  const streams = Object.entries(status.streams).map(([name, { scopes, ...view }]) =>
    [name, { ...inDays(view), scopes }] as const
  );
  return JSON.stringify({ ...status, streams: Object.fromEntries(streams) });
}

function statusLines(status: Status): string[] {
  const lines = [`job ${status.job} in ${status.target}`, ""];
  for (const [name, stream] of Object.entries(status.streams)) {
    lines.push(...streamLines(name, stream));
  }
  const tables = Object.entries(status.tables).map(([table, rows]) => [table, formatNumber(rows)]);
  if (tables.length > 0) lines.push("", ...formatTable([["table", "rows"], ...tables]));
  if (status.runs.length > 0) {
    lines.push("", ...formatTable([RUN_HEADER, ...status.runs.map(runCells)]));
    const [{ wait, endedAt }] = status.runs as [RunRecord];
    if (wait !== undefined && endedAt === undefined) lines.push("", oneLine(formatWait(wait)));
  }
  lines.push("", `next   deno task ${nextTask(status)}`);
  return lines;
}

function nextTask({ runs, streams }: Status): string {
  if (runs.length === 0) return "backfill";
  const troubled = Object.values(streams).some((stream) =>
    stream.failed.length + stream.rejected.length + stream.gaps.length > 0
  );
  return troubled ? "backfill --resume" : "verify";
}

function streamLines(name: string, stream: StreamStatus): string[] {
  const scope = stream.scope === "" ? "" : ` (${stream.scope})`;
  const others = stream.scopes.filter((other) => other !== stream.scope);
  const lines = [`${name}${scope}`];
  if (stream.items > 0) {
    lines.push(
      `  fetched    ${stream.fetched_at}${
        stream.items > 1 ? `, ${formatCount(stream.items, "value")}` : ""
      }`,
    );
  }
  if (stream.coverage.length > 0) lines.push(`  coverage   ${ranges(stream.coverage)}`);
  if (stream.empty.length > 0) lines.push(`  empty      ${ranges(stream.empty)}`);
  if (stream.unsettled.length > 0) lines.push(`  unsettled  ${ranges(stream.unsettled)}`);
  if (stream.gaps.length > 0) lines.push(`  gaps       ${ranges(stream.gaps)}`);
  for (const failed of stream.failed.slice(0, RANGES_SHOWN)) {
    lines.push(
      `  failed     ${
        failed.window === null ? failed.each : daysText(failed.window)
      }: ${failed.reason}`,
    );
  }
  for (const rejected of stream.rejected.slice(0, RANGES_SHOWN)) {
    lines.push(
      `  rejected   ${
        rejected.window === null ? rejected.each : daysText(rejected.window)
      }: ${rejected.reason}`,
    );
  }
  if (lines.length === 1) lines.push("  never fetched");
  if (others.length > 0) {
    lines.push(`  also with  ${others.map((other) => other || "no parameters").join("; ")}`);
  }
  return lines.map(oneLine);
}

function daysText([first, last]: Days): string {
  return first === last ? first : `${first} .. ${last}`;
}

function ranges(windows: readonly Window[]): string {
  const shown = windows.slice(0, RANGES_SHOWN).map((window) => daysText(daysOf(window)));
  const more = windows.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${formatNumber(more)} more` : "");
}

const RUN_HEADER = ["last runs", "from", "to", "outcome", "windows", "requests", "seconds"];

function runCells(run: RunRecord): string[] {
  const options = run.options as unknown as RunOptions;
  const summary = run.summary as Summary | undefined;
  return [
    `${run.startedAt.slice(0, 19)}Z`,
    options.start ?? "",
    options.end ?? "",
    run.endedAt === undefined ? "not ended" : summary?.outcome ?? "",
    summary === undefined ? "" : formatNumber(summary.windows.done),
    summary === undefined ? "" : formatNumber(summary.requests),
    summary === undefined ? "" : formatNumber(summary.seconds),
  ];
}

if (import.meta.main) await runCommand(main);
