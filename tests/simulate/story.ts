// Plays the story of one seed: a simulated cron starts a process each day, which fetches what is missing
// until it is done or dies; at the end the API is calm, and a last process catches up. It asserts nothing;
// proof.ts does. Invariant: at most one process is alive.
import { setImmediate, setTimeout } from "node:timers/promises";
import { Checkpoint } from "../../lib/checkpoint/checkpoint.ts";
import type { Job } from "../../lib/config/schema/job.ts";
import { readJob } from "../../lib/config/read_job.ts";
import type { Phase } from "../../lib/cron/phases.ts";
import { CronStateStore } from "../../lib/cron/state.ts";
import { tick } from "../../lib/cron/tick.ts";
import { Failure } from "../../lib/failure.ts";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { emptySummary } from "../../lib/report/summary.ts";
import { foldSummary } from "../../lib/report/fold_summary.ts";
import type { RunResult } from "../../lib/run.ts";
import { runWithApi } from "../../lib/run_with_api.ts";
import type { Target } from "../../lib/upsert/write/target.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { MortalProcess } from "./mortal_process.ts";
import {
  DAY_MS,
  dayOf,
  drawn,
  firstDay,
  HOUR_MS,
  jobText,
  type Scenario,
  scenarioOf,
  START_MS,
  STREAMS,
} from "./scenario.ts";
import { type Arrival, startApi } from "./scripted_api.ts";
import { Traffic } from "./traffic.ts";

/** One process of a story. */
export interface Life {
  readonly number: number;
  readonly kind: "backfill" | "cron";
  readonly startedMs: number;
  endedMs: number;
  /** How it ended: `killed`, an outcome, or the message of what ended it early. */
  end: string;
}

/** What happened under a seed. */
export interface Story {
  readonly scenario: Scenario;
  readonly job: Job;
  readonly checkpoint: Checkpoint;
  readonly lives: readonly Life[];
  readonly log: readonly Arrival[];
  /** When requests were sent to which nobody listened. */
  readonly refusedMs: readonly number[];
  /** From this instant on the API did not change. */
  readonly calmFromMs: number;
  readonly endedMs: number;
}

const HOLDER = { run: "simulated", host: "simulated", pid: 1 };
/** Turns of the event loop after which a process waits for time or for something that is held. */
const TURNS_TO_SETTLE = 20;
/** Attempts to catch up at the end. */
const LAST_ATTEMPTS = 3;

/** What a seed is played on. */
export interface Stage {
  readonly seed: number;
  readonly days: number;
  readonly target: Target;
  /** Folder for files. */
  readonly folder: string;
}

/** Plays a seed on an open database and passes what happened to `prove`. */
export async function play(
  { seed, days, target, folder }: Stage,
  prove: (story: Story) => Promise<void>,
): Promise<void> {
  const scenario = scenarioOf(seed, days);
  const clock = new FakeClock(START_MS, settle);
  using _clock = clock.autoAdvance();
  const isRefused = () =>
    clock.now() < api.calmFromMs &&
    scenario.outages.some(({ kind, fromMs, toMs }) =>
      kind === "refused" && fromMs <= clock.now() && clock.now() < toMs
    );
  using traffic = new Traffic(clock, isRefused, scenario.timeoutMs);
  await using api = startApi(scenario, clock, traffic);
  const kvPath = scenario.hasKvFile ? `${folder}/checkpoints-${crypto.randomUUID()}` : ":memory:";
  using kv = await Deno.openKv(kvPath);
  const job = await readJob("job.yaml", {
    readText: () => jobText(scenario, api.url),
    env: () => "token",
  });
  const lives: Life[] = [];
  const start = (kind: Life["kind"], random: () => number) => {
    const process = new MortalProcess({ clock, target, kv, skewMs: scenario.skewMs });
    const number = api.process = lives.length;
    traffic.sender = process.death;
    const life = { number, kind, startedMs: clock.now(), endedMs: NaN, end: "" };
    lives.push(life);
    const ended = (end: string) => Object.assign(life, { end, endedMs: clock.now() });
    const living = live(process, { job, scenario, kind, clock, random }).then(ended);
    return { process, living, life, ended };
  };
  await playDays(scenario, clock, start);
  api.calmFromMs = clock.now();
  for (let attempt = 0; attempt < LAST_ATTEMPTS; attempt++) {
    const { living, life } = start("backfill", () => 0.5);
    await living;
    if (life.end === "done") break;
  }
  const checkpoint = new Checkpoint(kv, target.id, job.job);
  const { log, calmFromMs } = api;
  const { refusedMs } = traffic;
  const endedMs = clock.now();
  await prove({ scenario, job, checkpoint, lives, log, refusedMs, calmFromMs, endedMs });
}

type Start = (kind: Life["kind"], random: () => number) => {
  process: MortalProcess;
  living: Promise<unknown>;
  life: Life;
  ended: (end: string) => void;
};

/** Starts a process at each tick of the daily cron at which none is alive; some are killed. */
async function playDays({ seed, days, deathShare }: Scenario, clock: FakeClock, start: Start) {
  let alive: Promise<unknown> | undefined;
  for (let day = 0; day < days; day++) {
    await clock.sleep(START_MS + day * DAY_MS - clock.now());
    if (alive !== undefined) continue;
    const draw = (what: string) => drawn(seed, day, what);
    const kind = day > 0 && draw("kind") < 0.5 ? "cron" : "backfill";
    let draws = 0;
    const { process, living, life, ended } = start(kind, () => drawn(seed, day, "jitter", draws++));
    const dies = draw("dies") < deathShare;
    // From an instant to eight hours after the start, most of them soon.
    const killed = async (share: number) => {
      await clock.sleep(8 * HOUR_MS * share ** 8);
      if (life.end !== "") return;
      await process.kill();
      ended("killed");
    };
    const mine = alive = (dies ? Promise.race([living, killed(draw("life"))]) : living).then(() => {
      if (alive === mine) alive = undefined;
    });
  }
  await alive;
}

/** Lets processes continue until they wait, including for timers of the machine. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn++) await setImmediate();
  await setTimeout(1);
  for (let turn = 0; turn < TURNS_TO_SETTLE; turn++) await setImmediate();
}

interface Task {
  readonly job: Job;
  readonly scenario: Scenario;
  readonly kind: Life["kind"];
  readonly clock: FakeClock;
  readonly random: () => number;
}

/** Lives until its work is done; never returns where it is killed. */
async function live(process: MortalProcess, task: Task): Promise<string> {
  const { job, clock } = task;
  const checkpoint = new Checkpoint(process.kv, process.target.id, job.job);
  const never = new AbortController().signal;
  if (task.kind === "cron") {
    const report = await tick({
      ...{ job, target: process.target, holder: HOLDER, params: {}, streams: [...STREAMS] },
      checkpoint: () => checkpoint,
      memory: new CronStateStore(process.kv, job.job, process.target.label),
      perform: (phase, slice) => perform(process, { ...task, job: slice.job }, checkpoint, phase),
      isContinued: false,
      deadline: () => ({ windDown: never, signal: never }),
      wallNow: clock.now,
      signal: never,
    });
    return report.message ?? report.outcome;
  }
  try {
    await using _lock = await process.target.lock(job.job, HOLDER);
    const range = {
      from: parseCivil(firstDay(task.scenario))!,
      to: parseCivil(dayOf(clock.now() + DAY_MS))!,
    };
    const { summary, error } = await perform(process, task, checkpoint, {
      streams: STREAMS,
      range,
    });
    if (error !== undefined) throw error;
    return summary.outcome;
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

function perform(
  process: MortalProcess,
  { job, kind, scenario, clock, random }: Task,
  checkpoint: Checkpoint,
  { streams, range }: Pick<Phase, "streams" | "range">,
): Promise<RunResult> {
  const run = `simulated-${clock.now()}`;
  const summary = emptySummary(run);
  return runWithApi({
    ...{ job, kind, range, checkpoint, random, run, summary, streams, params: {}, options: {} },
    target: process.target,
    clock: process.clock,
    wallNow: clock.now,
    resume: true,
    env: () => `token of ${scenario.seed}`,
    signal: new AbortController().signal,
    listen: (event) => foldSummary(summary, event),
  });
}
