// Owns the part of one process in a run that several processes may share: it enters the process, shows signs of
// life, notices others that join and others that died, wraps the plans of streams, waits at the end of a stage for
// what others are fetching, and leaves. It fetches and writes nothing.
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Clock } from "../fetch/rate/clock.ts";
import { Failure } from "../failure.ts";
import type { FeedPlan } from "../plan/feed_plan.ts";
import type { StreamPlan } from "../plan/stream_plan.ts";
import type { Unit } from "../plan/unit.ts";
import { endLeases, readSilence } from "../upsert/silent_locks.ts";
import { lockOf, type Worker, type WorkerCounts, WorkerTable } from "../upsert/worker_table.ts";
import type { Target } from "../upsert/write/target.ts";
import { ClaimedPlan } from "./claimed_plan.ts";
import { Claims } from "./claims.ts";
import { lookPauseMs } from "./look_pause.ts";

/** What a crew member needs. */
export interface CrewOptions {
  /** Name of the job. */
  readonly job: string;
  /** Id of the run. */
  readonly run: string;
  /** This process. */
  readonly worker: Worker;
  /** The target; a server, because an embedded database belongs to one process. */
  readonly target: Pick<Target, "query" | "transact" | "lock">;
  /** What is known of the job. */
  readonly checkpoint: Checkpoint;
  /** Whether the process joins a run that another one has started. */
  readonly hasJoined: boolean;
  /** Whether others are expected, so that windows are claimed from the start. */
  readonly isShared?: boolean | undefined;
  /** What the process has done so far. */
  readonly counts: () => Omit<WorkerCounts, "perSecond">;
  /** Waits and monotonic time. */
  readonly clock: Clock;
  /** Ends every wait. */
  readonly signal: AbortSignal;
  /** Called once the run has ended for another process. */
  readonly onEnd: () => void;
  /** Receives what the user should know. */
  readonly say: (message: string) => void;
}

/** Time between two signs of life. */
const BEAT_MS = 5_000;
/** The same while others share the run, so that the death of one is noticed early. */
const SHARED_BEAT_MS = 1_000;
/** A process that lives shows its heartbeat again within this time after its connection broke. */
const SIGN_OF_LIFE_MS = 2_000;
/** Time after which a worker that shows signs of life is certainly alive. */
const SURE_AFTER_MS = 4_500;
/** Time after which the lease of a dead worker has ended. */
const LEASE_ENDS_MS = 16_000;
/** Time between two checks whether the workers of an earlier run are dead. */
const LOOK_MS = 500;

/** One process of a run. */
export class Crew implements AsyncDisposable {
  readonly #options: CrewOptions;
  readonly #table: WorkerTable;
  readonly #claims: Claims;
  readonly #plans = new Set<ClaimedPlan>();
  readonly #left = new AbortController();
  /** Locks without a heartbeat, and since when. */
  #silent = new Map<string, number>();
  #lock: Promise<AsyncDisposable> | undefined;
  #beating: Promise<void> = Promise.resolve();
  #lastCounts = { requests: 0, atMs: 0 };
  /** Other processes that worked on the run at the last sign of life. */
  #others = 0;

  private constructor(options: CrewOptions) {
    const { target, job, checkpoint, worker: { worker }, clock, hasJoined } = options;
    this.#options = options;
    this.#table = new WorkerTable(target, job);
    this.#lastCounts.atMs = clock.now();
    this.#claims = new Claims({
      ...{ target, job, checkpoint, worker, now: clock.now },
      isStored: !hasJoined,
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
    const { job, run, worker, hasJoined, isShared = false } = options;
    if (hasJoined) {
      await crew.#takeLock();
      await crew.#table.join(run, worker);
      return crew;
    }
    const other = await crew.#startOnceDead(isShared);
    if (other === undefined) {
      // It connects while the run is recorded; begin() waits for it.
      if (isShared) crew.#takeLock().catch(() => {});
      return crew;
    }
    throw new Failure("locked", `Cannot start: job "${job}" is being run by a worker, ${other}`, {
      hint: "Wait until it has ended, or join it: deno task worker",
    });
  }

  /** Starts as soon as it is certain that the workers of an earlier run are dead; returns one that is alive. */
  async #startOnceDead(isShared: boolean): Promise<string | undefined> {
    const { run, worker, clock, signal, say } = this.#options;
    const startedAtMs = clock.now();
    for (let isReported = false;; isReported = true) {
      const other = await this.#table.start(run, worker, isShared);
      if (other === undefined) return undefined;
      const waitedMs = clock.now() - startedAtMs;
      if (waitedMs > (other.isAlive ? SURE_AFTER_MS : LEASE_ENDS_MS)) return other.where;
      if (!isReported) say(waitingFor(other.where));
      await this.#notice();
      await clock.sleep(LOOK_MS, signal);
    }
  }

  /**
   * Begins to work on the run, which is recorded.
   *
   * @throws {Failure} of kind `locked` if the run has ended meanwhile.
   */
  async begin(): Promise<void> {
    const { run, hasJoined, isShared = hasJoined, clock, signal } = this.#options;
    // The process that started the run claims what it has in flight as soon as it notices this one.
    let open = await this.#table.openRun();
    for (let looks = 0; hasJoined && open?.run === run && !open.allShare; looks++) {
      await clock.sleep(lookPauseMs(looks), signal);
      open = await this.#table.openRun();
    }
    if (open?.run !== run) {
      throw new Failure("locked", `Cannot join: run ${run} has ended`, {
        hint: "Start another one: deno task backfill --resume",
      });
    }
    this.#claims.begin(open.xid);
    if (isShared) await this.#claimFromNowOn();
    this.#beating = this.#beat();
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

  async #claimFromNowOn(): Promise<void> {
    await this.#takeLock();
    await this.#claims.share([...this.#plans]);
  }

  /** Whether the process has joined a run that another one started. */
  get hasJoined(): boolean {
    return this.#options.hasJoined;
  }

  /** Whether other processes may be working on the run. */
  get isShared(): boolean {
    return this.#claims.areShared;
  }

  /** The plan of a stream, of which windows that are free are fetched here, `inFlight` at once. */
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

  /**
   * Waits until the windows of these streams that others are fetching have ended; returns whether any of them
   * is free and must be fetched here.
   */
  async hasMore(streams: readonly string[]): Promise<boolean> {
    const { clock, signal } = this.#options;
    const plans = [...this.#plans].filter(({ name }) => streams.includes(name));
    for (let looks = 0; this.#claims.areShared && !signal.aborted; looks++) {
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
      await this.#notice();
      await clock.sleep(lookPauseMs(looks), signal).catch(() => {});
    }
  }

  /** The summaries of the other processes, once they have left or are dead; waits `waitMs` at most. */
  async others(waitMs: number): Promise<unknown[]> {
    const { clock, run, worker } = this.#options;
    const untilMs = clock.now() + waitMs;
    for (let looks = 0;; looks++) {
      const { summaries, working } = await this.#table.others(run, worker);
      if (working === 0 || clock.now() >= untilMs) return summaries;
      await clock.sleep(lookPauseMs(looks));
    }
  }

  /** Returns claims and records the summary; further calls do nothing. */
  async leave(summary: unknown): Promise<void> {
    if (this.#left.signal.aborted) return;
    this.#left.abort();
    await this.#beating;
    await this.#table.end(this.#options.worker, this.#counts(), summary);
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
    const { clock } = this.#options;
    while (!this.#left.signal.aborted) {
      const ms = this.#others > 0 ? SHARED_BEAT_MS : BEAT_MS;
      await clock.sleep(ms, this.#left.signal).catch(() => {});
      if (this.#left.signal.aborted) return;
      await this.#beatOnce().catch(() => {/* the next write shows whether the database is gone */});
    }
  }

  async #beatOnce(): Promise<void> {
    const { run, worker, say, hasJoined, onEnd } = this.#options;
    const { others, hasEnded } = await this.#table.beat(run, worker, this.#counts());
    this.#others = others;
    if (hasJoined && hasEnded) onEnd();
    if (this.#claims.areShared) return await this.#notice();
    if (others === 0) return;
    await this.#claimFromNowOn();
    await this.#table.share(worker);
    say("another worker has joined the run; windows are shared from now on");
  }

  #counts(): WorkerCounts {
    const { clock, counts } = this.#options;
    const [now, nowMs] = [counts(), clock.now()];
    const seconds = Math.max(1, nowMs - this.#lastCounts.atMs) / 1000;
    const perSecond = Math.round((now.requests - this.#lastCounts.requests) / seconds * 10) / 10;
    this.#lastCounts = { requests: now.requests, atMs: nowMs };
    return { ...now, perSecond };
  }

  /** Ends the leases of workers that died: their connections show it at once. */
  async #notice(): Promise<void> {
    const { target, job, clock } = this.#options;
    const nowMs = clock.now();
    const { locks, hasExpiredClaims } = await readSilence(target, job);
    this.#silent = new Map(locks.map(({ token }) => [token, this.#silent.get(token) ?? nowMs]));
    const dead = locks.filter(({ token }) => nowMs - this.#silent.get(token)! >= SIGN_OF_LIFE_MS);
    if (dead.length > 0 || hasExpiredClaims) await endLeases(target, job, dead);
  }
}

function waitingFor(worker: string): string {
  return `a worker of an earlier run, ${worker}, may have been killed: waiting up to ${
    LEASE_ENDS_MS / 1000
  } s for it to respond`;
}
