// Owns the frame of one run: it writes down that the run began and how it ended, says what is planned,
// and makes the summary. The way of a record is in backfill.ts. Whatever happens, the
// checkpoint holds what was committed, so every way of ending is a way of resuming.
import type { BackfillInput } from "./backfill.ts";
import { backfill } from "./backfill.ts";
import type { RunRecord } from "./checkpoint/run_log.ts";
import { isForgotten } from "./checkpoint/restore.ts";
import { surveyOf, surveyStreams } from "./checkpoint/survey.ts";
import { tightest } from "./plan/forecast.ts";
import { rangeOf } from "./plan/needed.ts";
import { plainHttpProblem } from "./config/exposure.ts";
import { Failure } from "./failure.ts";
import { formatWindow } from "./report/text/format.ts";
import type { Outcome, Summary } from "./report/summary.ts";

/** What a run works with besides the backfill's own input. */
export interface RunInput extends BackfillInput {
  /** Id of the run. */
  readonly run: string;
  /** The summary that the listener folds the events into; how the run ended is written here. */
  readonly summary: Summary;
  /** What `--resume` without options takes over; no secrets. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** How a run ended, and the error that ended it where it did not come to its end. */
export interface RunResult {
  /** What it did, also where it ended early. */
  readonly summary: Summary;
  /** What ended it early; undefined where nothing did. */
  readonly error: unknown;
}

/** Runs a job once; the caller holds its lock. What ends the run early is in the result, not thrown. */
export async function run(input: RunInput): Promise<RunResult> {
  const startedAtMs = input.now();
  const { summary } = input;
  const record: RunRecord = {
    run: input.run,
    startedAt: new Date(input.wallNow()).toISOString(),
    options: input.options,
  };
  await input.checkpoint.runs.save(record);
  const error = await attempt(async () => {
    for (const { message, hint } of await input.target.prepare(input.job.tables)) {
      input.listen({ kind: "warning", message, hint });
    }
    await announce(input);
    await backfill(input);
  });
  const isStopped = input.signal.aborted || input.windDown?.aborted === true;
  summary.outcome = outcomeOf(isStopped, error, summary);
  summary.ok = summary.outcome === "done";
  summary.seconds = Math.round(input.now() - startedAtMs) / 1000;
  await input.checkpoint.runs.save({
    ...record,
    endedAt: new Date(input.wallNow()).toISOString(),
    summary,
  });
  input.listen({ kind: "run_finished", summary });
  return { summary, error };
}

async function attempt(action: () => Promise<void>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error;
  }
}

function outcomeOf(isStopped: boolean, error: unknown, summary: Summary): Outcome {
  if (isStopped || (error instanceof Failure && error.kind === "interrupted")) {
    return "interrupted";
  }
  const failed = error !== undefined || summary.windows.failed > 0 || summary.rejected > 0;
  return failed ? "failed" : "done";
}

/** Emits the beginning of the run and what each stream has to do. */
async function announce(input: RunInput): Promise<void> {
  const { job, target, streams, resume, range } = input;
  input.listen({
    kind: "run_started",
    run: input.run,
    job: job.job,
    target: target.label,
    resumed: resume,
  });
  if (resume && await isForgotten(input)) {
    input.listen({
      kind: "warning",
      message: "the checkpoint is empty, but the database holds windows of this job",
      hint: "deno task checkpoint --rebuild brings them back; else all of them are fetched again",
    });
  }
  const exposed = plainHttpProblem(job);
  if (exposed !== undefined) input.listen({ kind: "warning", message: exposed });
  const forecasts = await surveyStreams(input, streams);
  const { streams: totals } = surveyOf(job, forecasts);
  for (const [name, { minutesLeft }] of forecasts) {
    const stream = job.streams[name]!;
    const { left, done, requests_left, seconds_left } = totals[name]!;
    const own = rangeOf(stream, range);
    input.listen({
      kind: "stream_planned",
      stream: name,
      range: own === undefined ? null : formatWindow(own),
      windows: left,
      skipped: done,
      minutes: minutesLeft,
      requests: requests_left,
      seconds: seconds_left,
      doneAtMs: input.wallNow() + 1_000 * seconds_left,
      requestsPerSecond: tightest([...job.source.limits, ...stream.limits]) ?? null,
      exact: stream.window === undefined || !stream.window.auto,
    });
  }
}

/** Creates an id for a run, sortable by time: `20251013T120102Z-3f9a`. */
export function newRunId(nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${crypto.randomUUID().slice(0, 4)}`;
}
