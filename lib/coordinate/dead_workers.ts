// Owns what a process knows of workers that may be dead: since when each lock has shown no sign of life. It ends their
// leases, so that the others take over their windows. It never ends the lease of a worker that shows one.
import type { Clock } from "../fetch/rate/clock.ts";
import { endLeases, readSilence } from "../upsert/silent_locks.ts";
import type { Target } from "../upsert/write/target.ts";

/** A living process shows a heartbeat within this time after its connection broke. */
const SIGN_OF_LIFE_MS = 2_000;

/** The workers of a job that may be dead. */
export class DeadWorkers {
  readonly #target: Pick<Target, "transact">;
  readonly #job: string;
  readonly #clock: Clock;
  /** Locks without a heartbeat, and since when. */
  #silent = new Map<string, number>();

  /** Knows of none yet. */
  constructor(target: Pick<Target, "transact">, job: string, clock: Clock) {
    this.#target = target;
    this.#job = job;
    this.#clock = clock;
  }

  /** Ends the leases of workers that died: their connections show it at once. */
  async notice(): Promise<void> {
    const nowMs = this.#clock.now();
    const { locks, hasExpiredClaims } = await readSilence(this.#target, this.#job);
    this.#silent = new Map(locks.map(({ token }) => [token, this.#silent.get(token) ?? nowMs]));
    const dead = locks.filter(({ token }) => nowMs - this.#silent.get(token)! >= SIGN_OF_LIFE_MS);
    if (dead.length > 0 || hasExpiredClaims) await endLeases(this.#target, this.#job, dead);
  }
}
