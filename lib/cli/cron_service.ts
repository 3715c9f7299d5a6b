// Owns the daily update as a service: slices one at a time, and what the status page is told. Stores are
// open only while a slice or a page needs them. It registers nothing and listens to nothing; cron.ts does.
import { Checkpoint } from "../checkpoint/checkpoint.ts";
import { openKv } from "../checkpoint/open_kv.ts";
import { snapshot } from "../checkpoint/snapshot.ts";
import type { Job } from "../config/schema/job.ts";
import { CronStateStore } from "../cron/state.ts";
import type { Phase } from "../cron/phases.ts";
import type { StatusView } from "../cron/status_page.ts";
import { type Deadline, failedReport, tick } from "../cron/tick.ts";
import { formatDay } from "../plan/time/civil.ts";
import { tightest } from "../plan/forecast.ts";
import { selectStreams } from "../plan/stage.ts";
import { Failure } from "../failure.ts";
import { formatCount, formatSeconds } from "../report/text/format.ts";
import { plainLines } from "../report/plain_lines.ts";
import type { RunResult } from "../run.ts";
import { openTarget } from "../upsert/open_target.ts";
import { parsePostgresUrl } from "../upsert/postgres/url.ts";
import type { Target } from "../upsert/write/target.ts";
import { env, onWait } from "./open_job.ts";
import { performRun } from "./perform_run.ts";
import { type GivenOptions, runOptions } from "./run_options.ts";
import type { Settings } from "./settings.ts";
import { Shared } from "./shared.ts";
import { type TickReport } from "../cron/state.ts";
import { newRunId } from "../run.ts";

/** What the service keeps up to date, and how. */
export interface CronServiceOptions {
  /** The job. */
  readonly job: Job;
  /** Streams and parameters as the command line gives them; dates are of no account. */
  readonly given: GivenOptions;
  /** Where the database, the checkpoint and the logs are. */
  readonly settings: Settings;
  /** Schedule, for the page. */
  readonly schedule: string;
  /** Time of one slice. */
  readonly budgetMs: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Told what happens, a line each. */
  readonly say: (line: string) => void;
}

/** Share of a slice in which windows are begun; in the rest those in flight come to their end. */
const BEGINNING = 0.6;

/** Seconds from a request to its answer that windows in flight make up for. */
const LATENCY_SECONDS = 2;

/** Runs recorded that the page is told of. */
const RUNS_SHOWN = 5;

/** Time for which a view is not made again, however often it is asked for. */
const VIEW_MS = 3000;

/** The daily update of one job. */
export class CronService {
  readonly #options: CronServiceOptions;
  readonly #target: Shared<Target>;
  readonly #kv: Shared<Deno.Kv & AsyncDisposable>;
  #running: Promise<unknown> | undefined;
  #view: { atMs: number; view: Promise<StatusView> } | undefined;

  /** Makes the service; nothing is opened yet. */
  constructor(options: CronServiceOptions) {
    const { settings, signal } = options;
    this.#options = options;
    this.#target = new Shared(() => openTarget(settings.databaseUrl, { signal, onWait }));
    this.#kv = new Shared(async () => {
      const kv = await openKv(settings.kvPath);
      const close = () => Promise.resolve(kv.close());
      return Object.assign(kv, { [Symbol.asyncDispose]: close });
    });
  }

  /** Name of the job. */
  get jobName(): string {
    return this.#options.job.job;
  }

  /** Begins an update; undefined while a slice is under way. */
  update(): Promise<TickReport | undefined> {
    return this.#exclusive(false);
  }

  async #exclusive(goesOn: boolean): Promise<TickReport | undefined> {
    if (this.#running !== undefined) {
      this.#options.say("an update is under way already");
      return undefined;
    }
    const slice = this.#slice(goesOn);
    this.#running = slice.catch(() => {});
    try {
      return await slice;
    } finally {
      this.#running = undefined;
      this.#view = undefined;
    }
  }

  /** Goes on with an update that has not come to its end; does nothing without one. */
  async goOn(): Promise<TickReport | undefined> {
    if (this.#running !== undefined || !(await this.health()).more) return undefined;
    return await this.#exclusive(true);
  }

  /** Resolves when no slice is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** What is remembered of the last slice; asks neither the source nor the target. */
  health(): Promise<{ ok: boolean; more: boolean; last: TickReport | null }> {
    return this.#kv.use(async (kv) => {
      const { more, last } = await this.#memory(kv).load();
      return { ok: last?.outcome !== "failed", more, last };
    });
  }

  /** What the page shows. */
  view(): Promise<StatusView> {
    const atMs = Date.now();
    if (this.#view === undefined || atMs - this.#view.atMs > VIEW_MS) {
      this.#view = { atMs, view: this.#readView() };
      this.#view.view.catch(() => this.#view = undefined);
    }
    return this.#view.view;
  }

  async #readView(): Promise<StatusView> {
    const { job, schedule } = this.#options;
    const running = this.#running !== undefined;
    const { ok, more, last } = await this.health();
    return await this.#withStores(async (target, kv) => {
      const checkpoint = new Checkpoint(kv, target.id, job.job);
      const names = this.#streams();
      const streams = await snapshot(job, checkpoint, names, this.#params(), undefined);
      const runs = await checkpoint.runs.list(RUNS_SHOWN);
      return { job: job.job, ok, schedule, running, more, last, streams, runs };
    });
  }

  async #slice(goesOn: boolean): Promise<TickReport> {
    const { say } = this.#options;
    say(goesOn ? "update continues" : "update begins");
    const report = await this.#tick(goesOn);
    say(reportLine(report));
    return report;
  }

  async #tick(goesOn: boolean): Promise<TickReport> {
    const startedAtMs = Date.now();
    try {
      return await this.#withStores((target, kv) => this.#tickWith(target, kv, goesOn));
    } catch (error) {
      const report = failedReport(startedAtMs, error);
      if (report.outcome === "failed") await this.#remember(report);
      return report;
    }
  }

  async #tickWith(target: Target, kv: Deno.Kv, goesOn: boolean): Promise<TickReport> {
    const { job, budgetMs, signal } = this.#options;
    const run = newRunId(Date.now());
    let checkpoint: Checkpoint | undefined;
    const opened = () => checkpoint ??= new Checkpoint(kv, target.id, job.job);
    return await tick({
      job,
      streams: this.#streams(),
      params: this.#params(),
      target,
      checkpoint: opened,
      memory: this.#memory(kv),
      goesOn,
      perform: (phase, until) => this.#perform(phase, target, opened(), until),
      holder: { run, host: hostname(), pid: Deno.pid },
      budget: (budgets) => ({
        windDown: AbortSignal.timeout(budgets * budgetMs * BEGINNING),
        signal: AbortSignal.timeout(budgets * budgetMs),
      }),
      wallNow: Date.now,
      signal,
    });
  }

  async #perform(
    phase: Phase,
    target: Target,
    checkpoint: Checkpoint,
    until: Deadline,
  ): Promise<RunResult> {
    const { job, given, settings, say } = this.#options;
    const start = formatDay(phase.range.from);
    const end = formatDay(phase.range.to - 1);
    return await performRun({
      job: withFewWindows(job),
      options: { ...runOptions(job, given, undefined, Date.now()), start, end },
      kind: "cron",
      streams: phase.streams,
      range: phase.range,
      resume: true,
      target,
      checkpoint,
      logsFolder: settings.logsFolder,
      run: newRunId(Date.now()),
      show: (event) => plainLines(event).forEach((line) => say(line.trim())),
      ...until,
      env,
    });
  }

  /** A failure is remembered where it can be: the store of checkpoints may be what failed. */
  async #remember(last: TickReport): Promise<void> {
    try {
      await this.#kv.use(async (kv) => {
        const memory = this.#memory(kv);
        await memory.save({ ...await memory.load(), last });
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  #withStores<R>(action: (target: Target, kv: Deno.Kv) => Promise<R>): Promise<R> {
    return this.#target.use((target) => this.#kv.use((kv) => action(target, kv)));
  }

  #memory(kv: Deno.Kv): CronStateStore {
    return new CronStateStore(
      kv,
      this.#options.job.job,
      labelOf(this.#options.settings.databaseUrl),
    );
  }

  #streams(): string[] {
    return selectStreams(this.#options.job, this.#options.given);
  }

  #params(): Readonly<Record<string, unknown>> {
    const { job, given } = this.#options;
    return runOptions(job, given, undefined, Date.now()).params;
  }
}

/** The fewer windows are in flight, the sooner they end, and the less is lost where a slice does. */
function withFewWindows(job: Job): Job {
  const rate = tightest(job.source.limits);
  if (rate === undefined) return job;
  const enough = Math.max(2, Math.ceil(rate * LATENCY_SECONDS));
  const concurrency = Math.min(job.source.concurrency, enough);
  return { ...job, source: { ...job.source, concurrency } };
}

function labelOf(databaseUrl: string): string {
  return databaseUrl.startsWith("pglite:") ? databaseUrl : parsePostgresUrl(databaseUrl).label;
}

function hostname(): string {
  try {
    return Deno.hostname();
  } catch {
    return "unknown";
  }
}

function reportLine({ outcome, windows, rows, requests, seconds, message }: TickReport): string {
  if (outcome === "locked") return `nothing done: ${message}`;
  const more = outcome === "more" ? ", goes on in the next slice" : "";
  const done = [
    formatCount(windows.done, "window"),
    `${formatCount(rows, "row")} written`,
    formatCount(requests, "request"),
    formatSeconds(seconds),
  ].join(", ");
  return `update ${outcome}${more}: ${done}${message === null ? "" : `. ${message}`}`;
}
