// Owns the frame of one run: it records in the checkpoint and in the target that the run started and how
// it ended, reports what is planned, and completes the summary. The stations of a record are in
// backfill.ts. However a run ends, the checkpoint holds what was committed, so it can be resumed.
import { Plans } from "./announce.ts";
import type { BackfillInput } from "./backfill.ts";
import { catchUp } from "./checkpoint/catch_up.ts";
import type { Crew } from "./coordinate/crew.ts";
import type { Clock } from "./fetch/rate/clock.ts";
import type { RunRecord } from "./checkpoint/run_log.ts";
import type { LimitsUse } from "./plan/time/quota_seconds.ts";
import { plainHttpProblem } from "./config/exposure.ts";
import { Failure } from "./failure.ts";
import { crewPlan, enterCrew, leaveCrew, type UpdateSlice } from "./run_crew.ts";
import { backfillThroughFailovers } from "./run_failover.ts";
import { changeAdvice, changeText } from "./probe/drift.ts";
import { FieldWatch } from "./probe/watch_fields.ts";
import { resetFeeds } from "./upsert/feed_log.ts";
import { recordRun } from "./upsert/history.ts";
import type { JoinedRun, Worker } from "./upsert/worker_table.ts";
import type { RunEvent } from "./report/event.ts";
import { WindowsLeft } from "./report/windows_left.ts";
import { joinSummaries, orderTables, type Outcome, type Summary } from "./report/summary.ts";

/** What a run needs in addition to the input of the backfill. */
export interface RunInput extends BackfillInput {
  /** Id of the run. */
  readonly run: string;
  /** The summary that the listener folds the events into; the outcome is written here. */
  readonly summary: Summary;
  /** The options that a later `--resume` reuses; no secrets. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What of the limits is used already, for the forecast. Defaults to nothing. */
  readonly limitsUse?: LimitsUse | undefined;
  /** Whether the feeds of the streams restart. Defaults to false. */
  readonly fromStart?: boolean | undefined;
  /** What started the run; `--resume` never reuses the options of an update by cron. Defaults to `backfill`. */
  readonly kind?: "backfill" | "cron" | undefined;
  /** This process, if others may join the run. */
  readonly worker?: Worker | undefined;
  /** Whether others are expected to join. */
  readonly isShared?: boolean | undefined;
  /** The run that this process joins. Defaults to none: it starts one. */
  readonly joined?: JoinedRun | undefined;
  /** The slice of an update that the run is a part of. Defaults to none: it is a backfill. */
  readonly update?: UpdateSlice | undefined;
  /** Called once the run has ended for another process that shares it. */
  readonly onEnd?: (() => void) | undefined;
  /** Waits of a run that others may join. */
  readonly clock?: Clock | undefined;
}

/** How a run ended, and the error that ended it early. */
export interface RunResult {
  /** What it did, also if it ended early. */
  readonly summary: Summary;
  /** What ended it early; undefined if nothing did. */
  readonly error: unknown;
  /** Whether other processes have worked on it. */
  readonly hadOthers: boolean;
}

/**
 * Runs a job once; the caller holds its lock, or joins a run whose lock another process holds. An error that
 * ends it is returned, not thrown.
 */
export async function run(given: RunInput): Promise<RunResult> {
  const left = new WindowsLeft(given.signal);
  const input = {
    ...given,
    listen: (event: RunEvent) => {
      left.fold(event);
      given.listen(event);
    },
  };
  const startedAtMs = input.now();
  const { summary } = input;
  const hasJoined = input.joined !== undefined;
  const record = await startRecord(input);
  if (!hasJoined) await input.checkpoint.runs.save(record);
  let crew: Crew | undefined;
  const error = await attempt(async () => {
    for (const { message, hint } of await input.target.prepare(input.job.tables)) {
      input.listen({ kind: "warning", message, hint });
    }
    crew = await enterCrew(input);
    if (!hasJoined) await recordRun(input.target, input.job.job, record, crewPlan(input, crew));
    if (input.fromStart && !hasJoined) await resetFeeds(input.target, input.job.job, input.streams);
    // A process that joins starts to learn once it knows which transactions belong to the run.
    if (!hasJoined) await learn(input);
    await crew?.begin();
    await fetchAll({ ...input, crew });
  });
  const isStopped = input.signal.aborted || input.windDown?.aborted === true;
  summary.outcome = outcomeOf(isStopped, error, summary);
  const own = endedOf(summary);
  await attempt(async () => await leaveCrew(crew, input, summary));
  conclude(input, startedAtMs);
  // What others have done was left here.
  const leftOver = Math.max(0, left.count - (endedOf(summary) - own));
  if ((isStopped || error !== undefined) && leftOver > 0) summary.windows.left = leftOver;
  if (!hasJoined) await recordEnd(input, ended(record, summary, input.wallNow()), error);
  input.listen({ kind: "run_finished", summary });
  return { summary, error, hadOthers: crew?.hadOthers ?? false };
}

/** Announces what there is to do, does it, and reports what differs from earlier responses. */
async function fetchAll(input: RunInput): Promise<void> {
  const plans = new Plans(input);
  await announce(input, plans);
  const fields = new FieldWatch(input.job);
  await backfillThroughFailovers({
    ...input,
    onStage: (streams) => plans.renew(streams),
    onPage: (unit, records) => fields.note(unit, records),
  }, input.joined !== undefined);
  input.replay?.refuseGaps();
  if (input.replay === undefined) await reportDrift(input, fields);
}

function endedOf({ windows }: Summary): number {
  return windows.done + windows.failed;
}

/** Completes the summary of a run whose outcome is known. */
function conclude({ summary, job, now }: RunInput, startedAtMs: number): void {
  orderTables(summary, Object.keys(job.tables));
  summary.ok = summary.outcome === "done";
  summary.seconds = Math.round(now() - startedAtMs) / 1000;
}

/** Reports how the fields of responses changed. */
async function reportDrift(
  { job, target, mask, wallNow, listen }: RunInput,
  fields: FieldWatch,
): Promise<void> {
  const changes = await fields.finish(target, mask, wallNow());
  for (const { stream, field } of changes) {
    listen({ kind: "drift", stream, message: changeText(field), advice: changeAdvice(field) });
  }
  const [first] = changes;
  if (first === undefined || job.drift !== "fail") return;
  throw new Failure(
    "window",
    `Cannot accept the responses of "${first.stream}": ${changeText(first.field)}`,
    { hint: `${changeAdvice(first.field)}; accept the change with deno task errors --clear` },
  );
}

/** The record of a run that starts; an update by cron continues the record of its earlier phases. */
async function startRecord(
  { run, kind = "backfill", checkpoint, wallNow, options }: RunInput,
): Promise<RunRecord> {
  const earlier = kind === "cron" ? await checkpoint.runs.find(run) : undefined;
  if (earlier === undefined) {
    return { run, kind, startedAt: new Date(wallNow()).toISOString(), options };
  }
  const { startedAt, summary } = earlier;
  const spanned = { ...options, ...spanOf(earlier.options, options) };
  const record = { run, kind, startedAt, options: spanned };
  return summary === undefined ? record : { ...record, summary };
}

/** The record of a run that has ended, with what its earlier phases did. */
function ended(record: RunRecord, summary: Summary, nowMs: number): RunRecord {
  const earlier = record.summary as Summary | undefined;
  const total = earlier === undefined ? summary : joinSummaries(earlier, summary);
  return { ...record, endedAt: new Date(nowMs).toISOString(), summary: total };
}

/** The dates from the earlier first day to the later last day of two runs. */
function spanOf(
  first: RunInput["options"],
  second: RunInput["options"],
): { start: string; end: string } {
  const [start, end] = [[first.start, second.start], [first.end, second.end]]
    .map((days) => days.map(String).sort());
  return { start: start![0]!, end: end![1]! };
}

/** Records how a run ended; in the target too, unless the target is what ended it. */
async function recordEnd(
  { checkpoint, target, job }: Pick<RunInput, "checkpoint" | "target" | "job">,
  record: RunRecord,
  error: unknown,
): Promise<void> {
  await checkpoint.runs.save(record);
  if (error instanceof Failure && (error.kind === "target" || error.kind === "locked")) return;
  // The run is over and its outcome is in the checkpoint: an error of the target does not change it.
  await attempt(() => recordRun(target, job.job, record));
  await attempt(() => learn({ checkpoint, target, job }));
}

/** Folds what the target's logs hold into the checkpoint. */
async function learn(
  { checkpoint, target, job }: Pick<RunInput, "checkpoint" | "target" | "job">,
): Promise<void> {
  await catchUp({ job: job.job, checkpoint, target }, { isStored: true });
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

/** Emits the start of the run and what each stream has to do. */
async function announce(input: RunInput, plans: Plans): Promise<void> {
  const { job, target, streams, resume } = input;
  input.listen({
    kind: "run_started",
    run: input.run,
    job: job.job,
    target: target.label,
    resumed: resume,
    limitsUse: input.limitsUse,
  });
  const exposed = plainHttpProblem(job);
  if (exposed !== undefined) input.listen({ kind: "warning", message: exposed });
  await plans.announce(streams);
}

/** Creates an id for a run, sortable by time: `20251013T120102Z-3f9a`. */
export function newRunId(nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${time}-${crypto.randomUUID().slice(0, 4)}`;
}
