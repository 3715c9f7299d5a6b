// What the processes of a simulation do, as the commands `backfill --resume`, `cron` and `worker` do it. A process
// knows only its database, its checkpoint and its clock, and reports how it ended.
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import type { Phase } from "../../lib/cron/phases.ts";
import { CronStateStore } from "../../lib/cron/state.ts";
import { type Deadline, type Slice, tick } from "../../lib/cron/tick.ts";
import { Failure } from "../../lib/failure.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { emptySummary } from "../../lib/report/summary.ts";
import { foldSummary } from "../../lib/report/fold_summary.ts";
import type { Wait } from "../../lib/report/text/wait.ts";
import type { CrewPlan } from "../../lib/run_crew.ts";
import { type ApiRunInput, runWithApi } from "../../lib/run_with_api.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { WorkerTable } from "../../lib/upsert/worker_table.ts";
import type { MortalProcess } from "./mortal_process.ts";
import { DAY_MS, dayOf, firstDay, MINUTE_MS, type Scenario, STREAMS } from "./scenario.ts";

/** What a process does. */
export type Kind = "backfill" | "cron" | "worker";

/** What a process works with. */
export interface Task {
  readonly process: MortalProcess;
  readonly kind: Kind;
  readonly job: Job;
  readonly scenario: Scenario;
  readonly target: Target;
  /** The jitter of retries. */
  readonly random: () => number;
  /** Receives each time between two slices. */
  readonly onRest: (rest: Rest) => void;
}

/** A time in which a process has nothing to do. */
export interface Rest {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Time between two slices of an update; the product takes a minute, which would cost the simulation too much. */
const CONTINUE_MS = 30 * MINUTE_MS;
/** Time after which somebody stops a worker: one that looks for work for hours would cost the simulation too much. */
const WORKER_MS = 2 * MINUTE_MS;
/** Shares of a slice as in lib/cli/cron/service.ts. */
const [STARTING, FETCHING] = [0.6, 0.9];

/** Lives until the work is done; returns how it ended, and never returns where the process is killed. */
export async function live(task: Task): Promise<string> {
  try {
    return task.kind === "cron"
      ? await update(task)
      : task.kind === "worker"
      ? await join(task)
      : await backfill(task);
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

/** Fetches everything up to today. */
async function backfill(task: Task): Promise<string> {
  const { process, job, target, scenario } = task;
  const run = runId(task);
  await using _lock = await target.lock(job.job, holderOf(task, run));
  const checkpoint = checkpointOf(task);
  const range = {
    from: parseCivil(firstDay(scenario))!,
    to: parseCivil(dayOf(process.clock.now() + DAY_MS))!,
  };
  const { summary, error } = await perform(task, {
    ...{ checkpoint, run, range, streams: STREAMS, params: {}, resume: true, options: {} },
    worker: { worker: crypto.randomUUID(), name: "w1", host: "simulated", pid: process.number },
  });
  if (error !== undefined) throw error;
  return summary.outcome;
}

/** Updates the job in slices, until it is up to date or a day has passed. */
async function update(task: Task): Promise<string> {
  const { process: { clock, kv }, job, target } = task;
  const startedMs = clock.now();
  const { signal } = new AbortController();
  let checkpoint: Checkpoint | undefined;
  for (let isContinued = false;; isContinued = true) {
    const slice = new AbortController();
    const report = await tick({
      ...{ job, target, params: {}, streams: [...STREAMS], isContinued, signal },
      holder: holderOf(task, runId(task)),
      checkpoint: () => checkpoint ??= checkpointOf(task),
      memory: new CronStateStore(kv, job.job, target.label),
      perform: (phase, slice) => performPhase(task, checkpoint!, phase, slice),
      deadline: () => deadlineOf(task, slice.signal),
      wallNow: clock.now,
    });
    slice.abort();
    if (report.outcome !== "more") return report.message ?? report.outcome;
    task.onRest({ fromMs: clock.now(), toMs: clock.now() + CONTINUE_MS });
    await clock.sleep(CONTINUE_MS);
    if (clock.now() - startedMs >= DAY_MS - CONTINUE_MS) return "more";
  }
}

/** The deadline of a slice that starts now; its timers end with it. */
function deadlineOf({ process: { clock }, scenario }: Task, ended: AbortSignal): Deadline {
  const { budgetMs } = scenario;
  const [windDown, over] = [new AbortController(), new AbortController()];
  if (budgetMs !== undefined) {
    clock.sleep(budgetMs * STARTING, ended).then(() => windDown.abort(), () => {});
    clock.sleep(budgetMs * FETCHING, ended).then(() => over.abort(), () => {});
  }
  const never = { windDownAtMs: Infinity, overAtMs: Infinity };
  return { windDown: windDown.signal, signal: over.signal, ...never };
}

async function performPhase(task: Task, checkpoint: Checkpoint, phase: Phase, slice: Slice) {
  let wait: Wait | undefined;
  const { streams, range } = phase;
  const result = await perform({ ...task, job: slice.job }, {
    ...{ ...slice, checkpoint, streams, range, params: {}, resume: true, options: {} },
    kind: "cron",
    listen: (event) => {
      if (event.kind === "waiting" && event.wait !== null) wait = event.wait;
    },
  });
  return { ...result, wait };
}

/** Joins the backfill that is in progress, for a while. */
async function join(task: Task): Promise<string> {
  const { process, job, target } = task;
  await target.prepare({});
  const open = await new WorkerTable(target, job.job).openRun();
  if (open === undefined) return "no run is in progress";
  const { streams, params, range, resume, options } = open.plan as CrewPlan;
  using kv = await process.outside(() => Deno.openKv(":memory:"));
  const [ended, stop] = [new AbortController(), new AbortController()];
  process.clock.sleep(WORKER_MS, ended.signal).then(() => stop.abort(), () => {/* it has ended */});
  const { summary, error } = await perform(task, {
    checkpoint: new Checkpoint(process.guarded(kv), target.id, job.job),
    ...{ run: open.run, streams, params, range, resume, options },
    joined: { xid: open.xid, isUpdate: false },
    worker: { worker: crypto.randomUUID(), name: "w2", host: "simulated", pid: process.number },
    signal: AbortSignal.any([ended.signal, stop.signal]),
    onEnd: () => ended.abort(),
  });
  if (error !== undefined && !ended.signal.aborted && !stop.signal.aborted) throw error;
  ended.abort();
  return summary.outcome;
}

type Given = "streams" | "params" | "range" | "resume" | "checkpoint" | "run" | "options";

function perform(
  { process, kind, job, target, scenario, random }: Task,
  input: Pick<ApiRunInput, Given> & Partial<ApiRunInput>,
) {
  const summary = emptySummary(input.run);
  return runWithApi({
    ...{ kind: kind === "cron" ? "cron" : "backfill", job, target, random, summary },
    signal: new AbortController().signal,
    ...input,
    clock: process.clock,
    wallNow: process.clock.now,
    env: () => `token of ${scenario.seed}`,
    listen: (event) => {
      foldSummary(summary, event);
      input.listen?.(event);
    },
  });
}

function checkpointOf({ process, target, job }: Task): Checkpoint {
  return new Checkpoint(process.kv, target.id, job.job);
}

function runId({ process }: Task): string {
  return `simulated-${process.number}-${process.clock.now()}`;
}

function holderOf({ process }: Task, run: string) {
  return { run, host: "simulated", pid: process.number };
}
