// Owns the daily update as a service: it runs one slice at a time and reads what the status page shows.
// Stores are open only while a slice or a page needs them (stores.ts). It registers no cron and serves no
// HTTP; serve.ts does.
import { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { viewFeeds, withFeeds } from "../../checkpoint/feed_view.ts";
import { snapshot } from "../../checkpoint/snapshot.ts";
import type { Job } from "../../config/schema/job.ts";
import type { Phase } from "../../cron/phases.ts";
import type { Wait } from "../../report/text/wait.ts";
import type { Console } from "../../console/console.ts";
import type { Access } from "../../console/guard.ts";
import { LiveRun } from "../../console/state/live_run.ts";
import type { StatusView } from "../../cron/status_view.ts";
import { type Deadline, type Help, type PhaseResult, type Slice, tick } from "../../cron/tick.ts";
import { formatDay } from "../../plan/time/civil.ts";
import { selectStreams } from "../../plan/stage.ts";
import { formatCount, formatSeconds } from "../../report/text/format.ts";
import { plainLines } from "../../report/plain_lines.ts";
import type { Target } from "../../upsert/write/target.ts";
import { openPage } from "../console/open_page.ts";
import { env } from "../open_job.ts";
import { performRun } from "../perform_run.ts";
import { type GivenOptions, runOptions } from "../run_options.ts";
import type { Settings } from "../settings.ts";
import { CronStores } from "./stores.ts";
import type { TickReport } from "../../cron/state.ts";
import { failedReport } from "../../cron/tick_report.ts";
import { newRunId } from "../../run.ts";
import { WorkerTable } from "../../upsert/worker_table.ts";
import { followRun } from "../workers/follow_run.ts";
import { differingParts, isOfUpdate } from "../workers/join_open_run.ts";
import { hostname, thisWorker } from "../workers/worker_count.ts";

/** What the service keeps up to date, and how. */
interface CronServiceOptions {
  /** The job. */
  readonly job: Job;
  /** Streams and parameters that the command line gives; its dates are not used. */
  readonly given: GivenOptions;
  /** Where the database, the checkpoint and the logs are. */
  readonly settings: Settings;
  /** Schedule, for display. */
  readonly schedule: string;
  /** Longest time of one slice, in milliseconds. */
  readonly budgetMs: number;
  /** Who may see the page. */
  readonly access: Access;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Receives what happens, one line each. */
  readonly say: (line: string) => void;
}

/** Share of a slice in which windows are started; in the rest those in flight are finished. */
const STARTING = 0.6;

/** Share of a slice after which windows in flight are dropped; in the rest fetched ones are written. */
const FETCHING = 0.9;

/** Runs that the page shows. */
const RUNS_SHOWN = 5;

/** Time for which a view is kept, however often it is requested. */
const VIEW_MS = 3000;

/** The daily update of one job. */
export class CronService {
  readonly #options: CronServiceOptions;
  readonly #live: LiveRun;
  /** The page. */
  readonly page: Console;
  readonly #stores: CronStores;
  #running: Promise<unknown> | undefined;
  /** Whether others have worked on the last phase: they join the next one. */
  #isShared = false;
  #view: { atMs: number; view: Promise<StatusView> } | undefined;

  /** Creates the service; it opens nothing yet. */
  constructor(options: CronServiceOptions) {
    const { job, access, settings, signal } = options;
    this.#options = options;
    this.#live = new LiveRun(job);
    this.#stores = new CronStores(job, settings, signal);
    this.page = openPage({
      ...{ job, access, signal, live: this.#live, retry: undefined },
      withStores: (action) =>
        this.#stores.use(async (target, kv) => {
          const checkpoint = await this.#stores.readCheckpoint(target, kv);
          return await action({ target, checkpoint });
        }),
      update: async () => ({ schedule: options.schedule, ...await this.#progress() }),
    });
  }

  /** Starts an update, or `helps` a backfill that holds the job; undefined while a slice is running. */
  update(helps = false): Promise<TickReport | undefined> {
    return this.#exclusive(false, helps);
  }

  async #exclusive(isContinued: boolean, helps: boolean): Promise<TickReport | undefined> {
    if (this.#running !== undefined) {
      this.#options.say("an update is already running");
      return undefined;
    }
    const slice = this.#slice(isContinued, helps);
    this.#running = slice.catch(() => {});
    try {
      return await slice;
    } finally {
      this.#running = undefined;
      this.#view = undefined;
    }
  }

  /** Continues an update that has not ended; does nothing if there is none. */
  async goOn(helps = false): Promise<TickReport | undefined> {
    if (this.#running !== undefined || !(await this.health()).more) return undefined;
    return await this.#exclusive(true, helps);
  }

  /** Resolves when no slice is running. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** The last slice; read from KV alone, without the API or the target. */
  async health(): Promise<{ ok: boolean; more: boolean; last: TickReport | null }> {
    const { more, last } = await this.#stores.readState();
    return { ok: last?.outcome !== "failed", more, last };
  }

  /** The content of `/status.json`. */
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
    const { ok, running, more, last } = await this.#progress();
    return await this.#stores.use(async (target, kv) => {
      const checkpoint = await this.#stores.readCheckpoint(target, kv);
      const names = this.#streams();
      const feedsOf = await viewFeeds(job, target);
      const known = await snapshot(job, checkpoint, names, this.#params(), undefined);
      const streams = Object.fromEntries(
        Object.entries(known).map(([name, view]) => [name, withFeeds(name, view, feedsOf)]),
      );
      const runs = await checkpoint.runs.list(RUNS_SHOWN);
      return { job: job.job, ok, schedule, running, more, last, streams, runs };
    });
  }

  async #progress() {
    return { running: this.#running !== undefined, ...await this.health() };
  }

  async #slice(isContinued: boolean, helps: boolean): Promise<TickReport> {
    const { say } = this.#options;
    say(isContinued ? "update continues" : "update starts");
    const report = await this.#tick(isContinued, helps);
    say(reportLine(report));
    return report;
  }

  async #tick(isContinued: boolean, helps: boolean): Promise<TickReport> {
    const startedAtMs = Date.now();
    try {
      return await this.#stores.use((target, kv) =>
        this.#tickWith(target, kv, { isContinued, helps })
      );
    } catch (error) {
      const report = failedReport(startedAtMs, error);
      if (report.outcome === "failed") await this.#stores.remember(report);
      return report;
    }
  }

  async #tickWith(
    target: Target,
    kv: Deno.Kv,
    { isContinued, helps }: { isContinued: boolean; helps: boolean },
  ): Promise<TickReport> {
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
      memory: this.#stores.state(kv),
      isContinued,
      help: helps ? (deadline) => this.#help(target, kv, deadline) : undefined,
      perform: (phase, slice) => this.#perform(phase, target, opened(), slice),
      holder: { run, host: hostname(), pid: Deno.pid },
      deadline: () => deadlineOf(budgetMs, Date.now()),
      wallNow: Date.now,
      signal,
    });
  }

  /** Joins the run of the same job that is in progress. */
  async #help(target: Target, kv: Deno.Kv, deadline: Deadline): Promise<Help | undefined> {
    const { job, say } = this.#options;
    if (target.kind !== "postgres") return undefined;
    const open = await new WorkerTable(target, job.job).openRun();
    if (open === undefined || differingParts(job, open).length > 0) return undefined;
    const isUpdate = isOfUpdate(open);
    say(`${isUpdate ? "an update" : "a backfill"} is in progress: helping with run ${open.run}`);
    const result = await followRun(job, open, {
      ...{ windDown: deadline.windDown, signal: deadline.signal },
      ...{ target, kv, waitMs: 0 },
      name: `${hostname()}:${Deno.pid}`,
      show: (event) => plainLines(event).forEach((line) => say(line.trim())),
    });
    return { ...result, isUpdate };
  }

  async #perform(
    phase: Phase,
    target: Target,
    checkpoint: Checkpoint,
    slice: Slice,
  ): Promise<PhaseResult> {
    const { job, given, settings, say } = this.#options;
    const start = formatDay(phase.range.from);
    const end = formatDay(phase.range.to - 1);
    let wait: Wait | undefined;
    const { windDownAtMs: _from, overAtMs: _to, ...how } = slice;
    const result = await performRun({
      ...how,
      ...{ worker: thisWorker("cron"), isShared: this.#isShared },
      options: { ...runOptions(job, given, undefined, Date.now()), start, end },
      kind: "cron",
      streams: phase.streams,
      range: phase.range,
      resume: true,
      target,
      checkpoint,
      archive: settings.archive,
      logsFolder: settings.logsFolder,
      show: (event) => {
        if (event.kind === "waiting" && event.wait !== null) wait = event.wait;
        this.#live.fold(event, Date.now());
        plainLines(event).forEach((line) => say(line.trim()));
      },
      env,
    });
    if (result.summary.windows.planned > 0) this.#isShared = result.hadOthers;
    return { ...result, wait };
  }

  #streams(): string[] {
    return selectStreams(this.#options.job, this.#options.given);
  }

  #params(): Readonly<Record<string, unknown>> {
    const { job, given } = this.#options;
    return runOptions(job, given, undefined, Date.now()).params;
  }
}

/** When a slice that starts now ends. */
function deadlineOf(budgetMs: number, nowMs: number): Deadline {
  const [startingMs, fetchingMs] = [budgetMs * STARTING, budgetMs * FETCHING];
  return {
    windDown: AbortSignal.timeout(startingMs),
    signal: AbortSignal.timeout(fetchingMs),
    windDownAtMs: nowMs + startingMs,
    overAtMs: nowMs + fetchingMs,
  };
}

function reportLine({ outcome, windows, rows, requests, seconds, message }: TickReport): string {
  if (outcome === "locked") return `nothing done: ${message}`;
  const more = outcome === "more" ? ", continues in the next slice" : "";
  const done = [
    formatCount(windows.done, "window"),
    `${formatCount(rows, "row")} written`,
    formatCount(requests, "request"),
    formatSeconds(seconds),
  ].join(", ");
  return `update ${outcome}${more}: ${done}${message === null ? "" : `. ${message}`}`;
}
