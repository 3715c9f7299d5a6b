// Owns the part of one process in a run that several processes may share: it enters the process, shows signs of
// life, notices others that join and others that died, wraps the plans of streams, waits at the end of a stage for
// what others are fetching, and leaves. It fetches and writes nothing.
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { Failure } from "../failure.ts";
import type { FeedPlan } from "../plan/feed_plan.ts";
import type { StreamPlan } from "../plan/stream_plan.ts";
import type { Unit } from "../plan/unit.ts";
import { type JoinedRun, lockOf, type OpenRun, WorkerTable } from "../upsert/worker_table.ts";
import { readRunErrors, type RunErrors } from "../upsert/run_errors.ts";
import type { Target } from "../upsert/write/target.ts";
import { ClaimedPlan } from "./claimed_plan.ts";
import { Claims } from "./claims.ts";
import { DeadWorkers } from "./dead_workers.ts";
import { lookPauseMs } from "./look_pause.ts";
import { startCrew, type StartOptions } from "./start_crew.ts";
import { WorkerMeter, type WorkerTotals } from "./worker_meter.ts";

/** What a crew member needs. */
export interface CrewOptions extends StartOptions {
  /** The target; a server, because an embedded database belongs to one process. */
  readonly target: Pick<Target, "query" | "transact" | "lock">;
  /** What is known of the job. */
  readonly checkpoint: Checkpoint;
  /** The run that the process joins; undefined in the process that starts one. */
  readonly joined?: JoinedRun | undefined;
  /** What the process has done so far. */
  readonly counts: () => WorkerTotals;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** Starts no further window once it aborts. Defaults to never. */
  readonly windDown?: AbortSignal | undefined;
  /** Called once the run has ended for another process. */
  readonly onEnd: () => void;
}

/** Time between two signs of life. */
const BEAT_MS = 5_000;
/** The same while others share the run, so that the death of one is noticed early. */
const SHARED_BEAT_MS = 1_000;
/** The slice of an update ends for all of its processes at the same time. */
const STOPPED_MS = 1_000;

/** One process of a run. */
export class Crew implements AsyncDisposable {
  readonly #options: CrewOptions;
  readonly #table: WorkerTable;
  readonly #claims: Claims;
  readonly #dead: DeadWorkers;
  readonly #plans = new Set<ClaimedPlan>();
  readonly #left = new AbortController();
  #lock: Promise<AsyncDisposable> | undefined;
  #beating: Promise<void> = Promise.resolve();
  readonly #meter: WorkerMeter;
  /** Other processes that worked on the run at the last sign of life. */
  #others = 0;
  #hadOthers = false;
  #startsShared = false;
  /** The transaction in which the run started, once it is shared. */
  #sinceXid: number | undefined;
  /** How many milliseconds the wall clock of the process that starts the run is ahead of the server's. */
  wallAheadMs = 0;

  private constructor(options: CrewOptions) {
    const { target, job, checkpoint, worker: { worker }, clock } = options;
    this.#options = options;
    this.#table = new WorkerTable(target, job);
    this.#dead = new DeadWorkers(target, job, clock);
    this.#meter = new WorkerMeter(options.counts, clock.now);
    this.#claims = new Claims({
      ...{ target, job, checkpoint, worker, now: clock.now },
      isStored: !this.hasJoined,
      randomId: () => crypto.randomUUID(),
    });
  }

  /**
   * Enters the process: as the one that starts a run, whose job's lock is held, or as one that joins it.
   *
   * @throws {Failure} of kind `locked` if workers of an earlier run still work on it.
   */
  static async enter(options: CrewOptions): Promise<Crew> {
    const crew = new Crew(options);
    if (crew.hasJoined) {
      await crew.#takeLock();
      await crew.#table.join(options.run, options.worker);
      return crew;
    }
    const { isShared, serverMs } = await startCrew(options, crew.#table, crew.#dead);
    // It connects while the run is recorded; begin() waits for it.
    if (isShared) crew.#takeLock().catch(() => {});
    crew.#startsShared = isShared;
    crew.wallAheadMs = options.wallNow() - serverMs;
    return crew;
  }

  /**
   * Begins to work on the run, which is recorded.
   *
   * @throws {Failure} of kind `locked` if the run has ended meanwhile.
   */
  async begin(): Promise<void> {
    const { clock, signal } = this.#options;
    // The process that started the run claims what it has in flight as soon as it notices this one.
    let open: OpenRun | undefined;
    for (let looks = 0; this.hasJoined; looks++) {
      open = await this.#openRun();
      if (open.allShare) break;
      await clock.sleep(lookPauseMs(looks), signal);
    }
    if (open !== undefined || this.#startsShared) {
      await this.#claimFromNowOn(open ?? await this.#openRun());
    }
    this.#beating = this.#beat();
  }

  /** The run, unless it has ended: a later phase of an update has the same ID. */
  async #openRun(): Promise<OpenRun> {
    const { run, joined } = this.#options;
    const open = await this.#table.openRun();
    if (open?.run === run && open.xid === (joined?.xid ?? open.xid)) return open;
    throw new Failure("locked", `Cannot join: run ${run} has ended`, {
      hint: "Start another one: deno task backfill --resume",
    });
  }

  async #takeLock(): Promise<void> {
    const { target, worker, run } = this.#options;
    const { host, pid } = worker;
    // The run has created the tables before this process entered.
    this.#lock ??= target.lock(lockOf(worker), { run, host, pid }, true);
    try {
      await this.#lock;
    } catch (error) {
      this.#lock = undefined;
      throw error;
    }
  }

  async #claimFromNowOn({ xid }: OpenRun): Promise<void> {
    this.#sinceXid = xid;
    this.#claims.begin(xid);
    await this.#takeLock();
    await this.#claims.share([...this.#plans]);
  }

  /** Whether the process has joined a run that another one started. */
  get hasJoined(): boolean {
    return this.#options.joined !== undefined;
  }

  /** Whether other processes may be working on the run. */
  get isShared(): boolean {
    return this.#claims.areShared;
  }

  /** Whether other processes have worked on the run. */
  get hadOthers(): boolean {
    return this.#hadOthers;
  }

  /** The plan of a stream whose free windows are fetched here, `inFlight` at a time. */
  plan(plan: StreamPlan | FeedPlan, inFlight: number): ClaimedPlan {
    const claimed = new ClaimedPlan(plan, this.#claims, inFlight);
    this.#plans.add(claimed);
    return claimed;
  }

  /** Statements for the transaction that writes the last rows of units, or that they failed. */
  checks(units: readonly Unit[]): string[] {
    return this.#claims.checks(units);
  }

  /** Ends what is left of units that were written, or whose failure was. */
  async written(units: readonly Unit[]): Promise<void> {
    await this.#claims.written(units);
  }

  /** Folds what all processes have committed into the checkpoint. */
  async learn(): Promise<void> {
    await this.#claims.learn();
  }

  /**
   * Waits until the windows of these streams that others are fetching have ended; returns whether any of them
   * is free and must be fetched here.
   */
  async hasMore(streams: readonly string[]): Promise<boolean> {
    const { clock, signal, windDown } = this.#options;
    const isStopped = () => signal.aborted || windDown?.aborted === true;
    const plans = [...this.#plans].filter(({ name }) => streams.includes(name));
    for (let looks = 0; this.#claims.areShared && !isStopped(); looks++) {
      await this.#claims.look(streams);
      const states = plans.map((plan) => plan.recheck());
      if (states.includes("free")) return true;
      if (!states.includes("busy")) break;
      await clock.sleep(lookPauseMs(looks), signal).catch(() => {});
    }
    for (const plan of plans) this.#plans.delete(plan);
    return false;
  }

  /**
   * Waits until the run has ended; where the process that started it is dead and no other one is left, this one
   * records its end with a summary.
   */
  async finish(summary: unknown): Promise<void> {
    const { clock, run, worker, signal } = this.#options;
    for (let looks = 0; !signal.aborted; looks++) {
      if (await this.#table.finish(run, worker, summary)) return;
      await this.#dead.notice();
      await clock.sleep(lookPauseMs(looks), signal).catch(() => {});
    }
  }

  /**
   * The summaries of the other processes, null for those that left none, once they have left or are dead; waits
   * `waitMs` at most, and a second after this process was stopped.
   */
  async others(waitMs: number): Promise<unknown[]> {
    const { clock, run, worker, signal } = this.#options;
    let untilMs = clock.now() + waitMs;
    let isStopped = false;
    for (let looks = 0;; looks++) {
      const { summaries, working } = await this.#table.others(run, worker);
      this.#hadOthers ||= summaries.some((summary) => summary !== null);
      if (signal.aborted && !isStopped) {
        isStopped = true;
        untilMs = Math.min(untilMs, clock.now() + STOPPED_MS);
      }
      if (working === 0 || clock.now() >= untilMs) return summaries;
      await clock.sleep(lookPauseMs(looks), isStopped ? undefined : signal).catch(() => {});
    }
  }

  /** What the processes of a shared run have recorded as failed or rejected, those that died included. */
  async errors(): Promise<RunErrors> {
    const { target, job } = this.#options;
    if (this.#sinceXid === undefined) return { failed: 0, rejected: 0 };
    return await readRunErrors(target, job, this.#sinceXid);
  }

  /** Returns claims and records the summary; further calls do nothing. */
  async leave(summary: unknown): Promise<void> {
    if (this.#left.signal.aborted) return;
    this.#left.abort();
    await this.#beating;
    await this.#table.end(this.#options.worker, this.#meter.read(), summary);
    await this.#releaseLock();
  }

  /** Leaves without a summary, if that has not been done; a database that is gone ends the leases itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave(null).catch(() => {});
    await this.#releaseLock();
  }

  async #releaseLock(): Promise<void> {
    const lock = await this.#lock?.catch(() => undefined);
    await lock?.[Symbol.asyncDispose]();
  }

  async #beat(): Promise<void> {
    const { clock, joined } = this.#options;
    while (!this.#left.signal.aborted) {
      // An update ends with its process, and the next one waits for its workers.
      const isSoon = joined?.isUpdate === true || this.#others > 0;
      const ms = isSoon ? SHARED_BEAT_MS : BEAT_MS;
      await clock.sleep(ms, this.#left.signal).catch(() => {});
      if (this.#left.signal.aborted) return;
      await this.#beatOnce().catch(() => {/* the next write shows whether the database is gone */});
    }
  }

  async #beatOnce(): Promise<void> {
    const { run, worker, say, joined, onEnd } = this.#options;
    const { others, hasEnded } = await this.#table.beat(run, worker, this.#meter.read(), joined);
    this.#others = others;
    this.#hadOthers ||= others > 0;
    if (hasEnded) onEnd();
    if (this.#claims.areShared) return await this.#dead.notice();
    if (others === 0) return;
    await this.#claimFromNowOn(await this.#openRun());
    await this.#table.share(worker);
    say("another worker has joined the run; windows are shared from now on");
  }
}
