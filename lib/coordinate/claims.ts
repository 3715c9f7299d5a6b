// Owns the claims of one process on the windows of a run: which windows it has handed out, and which claim each
// belongs to. Alone it only counts; once other processes join, everything that is in flight is claimed, and from
// then on a window is handed out after it was claimed. Invariant: a claim ends in the transaction of the rows of
// its last window.
import { catchUp, type CatchUpInput } from "../checkpoint/catch_up.ts";
import type { Unit } from "../plan/unit.ts";
import { type ClaimRequest, ClaimTable } from "../upsert/claim_table.ts";
import { type Logs, readLogs } from "../upsert/read_logs.ts";
import type { Target } from "../upsert/write/target.ts";
import { RunProgress } from "./run_progress.ts";

/** A plan that can be kept from handing out units. */
export interface Pausable {
  /** Runs an action while no unit is handed out. */
  exclusive<R>(action: () => Promise<R>): Promise<R>;
}

/** A claim, and the windows that it covers and that have not ended: halves of a window share one. */
export interface Claim {
  /** Names it. */
  readonly token: string;
  /** Windows that have not ended. */
  readonly open: Set<Unit>;
}

/** What the claims of a process need. */
export interface ClaimsOptions extends CatchUpInput {
  /** The target. */
  readonly target: Pick<Target, "query" | "transact">;
  /** The process, a UUID. */
  readonly worker: string;
  /** Whether this process holds the job's lock, so that it stores what it learns. */
  readonly isStored: boolean;
  /** Returns a fresh UUID. */
  readonly randomId: () => string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** The claims of one process. */
export class Claims {
  /** What all processes have finished and claimed. */
  progress: RunProgress = new RunProgress(Infinity);
  readonly #options: ClaimsOptions;
  readonly #table: ClaimTable;
  /** Units that have not ended; without a claim those that were handed out alone. */
  readonly #held = new Map<Unit, Claim | undefined>();
  #areShared = false;
  /** Resolves once nothing is being claimed that was handed out alone: a plan that is new hands out nothing before. */
  sharing: Promise<void> = Promise.resolve();

  /** Starts alone. */
  constructor(options: ClaimsOptions) {
    this.#options = options;
    this.#table = new ClaimTable(options.target, options.job, options.worker);
  }

  /** Whether windows are claimed before they are handed out. */
  get areShared(): boolean {
    return this.#areShared;
  }

  /** Begins the run; transactions from `xid` on belong to it. What is known of it is kept. */
  begin(xid: number): void {
    if (this.progress.sinceXid !== xid) this.progress = new RunProgress(xid);
  }

  /** Monotonic milliseconds. */
  now(): number {
    return this.#options.now();
  }

  /** Claims what is in flight, and from now on everything before it is handed out. */
  async share(plans: readonly Pausable[]): Promise<void> {
    if (this.#areShared) return;
    const sharing = withoutHandingOut(plans, async () => {
      await this.learn();
      for (const [stream, units] of Map.groupBy(this.#held.keys(), ({ stream }) => stream)) {
        await this.claim(stream, units);
      }
      this.#areShared = true;
    });
    this.sharing = sharing.catch(() => {});
    await sharing;
  }

  /**
   * Learns what the other processes have committed, by a separate statement or from the given reading. Readings follow
   * each other, so `read` sees the progress up to the mark that it continues from.
   */
  async learn(
    read: (mark: string | undefined) => Promise<Logs> = (mark) =>
      readLogs(this.#options.target, this.#options.job, mark),
  ): Promise<void> {
    await catchUp(this.#options, {
      isStored: this.#options.isStored,
      read: async (mark) => {
        const logs = await read(mark);
        this.progress.add(logs);
        return logs;
      },
    });
  }

  /**
   * Claims the first of these units of a stream that are free, `limit` at most, and returns them; the same message
   * brings what the others have done. With `atLeast` no units follow them: it claims a part that leaves some to each.
   */
  async claim(
    stream: string,
    units: readonly Unit[],
    how: Pick<ClaimRequest, "limit" | "atLeast"> = { limit: units.length },
  ): Promise<Set<Unit>> {
    const { randomId } = this.#options;
    const claims = units.map((unit) => ({
      unit,
      claim: { token: randomId(), open: new Set([unit]) },
    }));
    const granted = new Set<Unit>();
    for (const [scope, ofScope] of Map.groupBy(claims, ({ unit }) => unit.scope)) {
      await this.learn(async (mark) => {
        // Another reading may have moved the mark since the units were proposed: the table knows only what follows it.
        const free = ofScope.filter(({ unit }) => this.progress.isFree(unit));
        const wanted = free.map(({ unit: { each, window }, claim: { token } }) => ({
          ...{ each, window, token },
        }));
        const result = await this.#table.claim({ stream, scope, wanted, ...how }, mark);
        this.progress.claimedByOthers([stream], result.claims);
        for (const { unit, claim } of free) {
          if (!result.granted.has(claim.token)) continue;
          granted.add(unit);
          this.#held.set(unit, claim);
        }
        return result.logs;
      });
    }
    return granted;
  }

  /** Records that a unit is being fetched without a claim. */
  handOut(unit: Unit): Unit {
    this.#held.set(unit, undefined);
    return unit;
  }

  /** Whether two units that have not ended belong to one claim, or both to none. */
  shareOne(a: Unit, b: Unit): boolean {
    return this.#held.get(a) === this.#held.get(b);
  }

  /** Replaces units of one claim by others of the same dates, such as a window by its parts. */
  replace(units: readonly Unit[], by: readonly Unit[]): void {
    const claim = this.#held.get(units[0]!);
    for (const unit of units) {
      this.#held.delete(unit);
      claim?.open.delete(unit);
    }
    for (const unit of by) {
      claim?.open.add(unit);
      this.#held.set(unit, claim);
    }
  }

  /** Lets the claim of a unit cover others too, which follow it. */
  extend(unit: Unit, following: readonly Unit[]): void {
    const claim = this.#held.get(unit);
    for (const next of following) {
      claim?.open.add(next);
      this.#held.set(next, claim);
    }
  }

  /** Returns units that are not fetched here. */
  giveUp(units: readonly Unit[]): void {
    const tokens = this.#close(units);
    this.#table.release(tokens).catch(() => {/* the lease ends */});
  }

  /** The statements that end the claims of units in the transaction that writes their last rows. */
  checks(units: readonly Unit[]): string[] {
    if (!this.#areShared) return [];
    const tokens = this.#close(units);
    return tokens.length === 0 ? [] : [this.#table.completionSql(tokens)];
  }

  /** Ends the claims that came while the rows of units were being written. */
  async written(units: readonly Unit[]): Promise<void> {
    const tokens = this.#close(units);
    if (tokens.length > 0) await this.#table.release(tokens);
  }

  /** Learns what others have claimed of streams, and what they have committed. */
  async look(streams: readonly string[]): Promise<void> {
    await this.learn(async (mark) => {
      const { claims, logs } = await this.#table.others(streams, mark);
      this.progress.claimedByOthers(streams, claims);
      return logs;
    });
  }

  /** Forgets units that have ended; returns the claims that none is left of. */
  #close(units: readonly Unit[]): string[] {
    return units.flatMap((unit) => {
      const claim = this.#held.get(unit);
      this.#held.delete(unit);
      if (claim === undefined || !claim.open.delete(unit) || claim.open.size > 0) return [];
      return [claim.token];
    });
  }
}

/** Runs an action while no plan hands out a unit. */
function withoutHandingOut(
  [plan, ...others]: readonly Pausable[],
  action: () => Promise<void>,
): Promise<void> {
  if (plan === undefined) return action();
  return plan.exclusive(() => withoutHandingOut(others, action));
}
