// The pace of a limit that is shared with other processes: a request is due when both its own pace and its
// reservation allow. Invariant: nothing is reserved before the own pace is due.
import type { Rate } from "../../plan/time/rate.ts";
import { limitName } from "../../plan/time/rate.ts";
import { type Clock, SAME_MOMENT_MS } from "./clock.ts";
import type { LimitStore } from "./limit_store.ts";
import { Pacer, type PacerOptions } from "./pacer.ts";
import { openReservation } from "./reservation.ts";
import type { Reservation } from "./store_access.ts";

/** Where and as whom a process shares its limits. */
export interface Sharing {
  /** Where the use of limits is kept. */
  readonly store: LimitStore;
  /** Hash of the API's origin and of the credentials. */
  readonly apiKey: string;
  /** Name of this process. */
  readonly holder: string;
}

/** What a shared pacer needs in addition to its rate. */
interface SharedPacerOptions extends PacerOptions {
  /** Where and as whom the limit is shared. */
  readonly sharing: Sharing;
  /** The stream whose own limit it is; empty for a limit of the API. */
  readonly stream: string;
  /** Monotonic clock. */
  readonly clock: Clock;
  /** Called when a request becomes due. */
  readonly onChange: () => void;
}

/** Requests that can be given back; a stream has fewer in flight. */
const MOST_IN_FLIGHT = 256;

/** A pacer with a reservation. */
export class SharedPacer extends Pacer implements AsyncDisposable {
  readonly #reservation: Reservation;
  readonly #clock: Clock;
  /** How the reservations of the last requests are given back, by the numbers of the requests. */
  readonly #unused = new Map<number, () => void>();

  /** Reserves nothing yet. */
  constructor(rate: Rate, options: SharedPacerOptions) {
    super(rate, options);
    const { sharing: { store, apiKey, holder }, stream, clock, onChange } = options;
    const limit = limitName(rate, stream);
    this.#clock = clock;
    this.#reservation = openReservation({
      ...{ store, key: { apiKey, limit }, rate, holder, clock, onChange },
      marginMs: () => this.margin.overIntervalMs,
      paceDueMs: () => super.due(),
      catchUpMs: this.mostCatchUpMs,
      resize: (requests) => this.resize(requests),
      adoptMargin: (marginMs) => this.adoptMargin(marginMs, clock.now()),
      betweenMs: () => this.margin.betweenMs,
      adoptBetween: (marginMs) => this.adoptBetween(marginMs),
      forget: () => this.forget(),
    });
  }

  /** Earliest time that both the own pace and the reservation allow; Infinity while the store is queried. */
  override due(): number {
    // A quota that resets at a clock time is not rolling: its reservations alone count.
    const dueMs = this.rate.resets === undefined ? super.due() : -Infinity;
    return dueMs > this.#clock.now() + SAME_MOMENT_MS ? dueMs : this.#reservation.due();
  }

  /** Records that a request was sent and uses its reservation. */
  override sent(atMs: number): number {
    const giveBack = this.#reservation.sent();
    const number = super.sent(atMs);
    this.#unused.set(number, giveBack);
    this.#unused.delete(number - MOST_IN_FLIGHT);
    return number;
  }

  /** Gives back the reservation of a request that never reached the server. */
  override unsent(number: number): void {
    super.unsent(number);
    this.#unused.get(number)?.();
    this.#unused.delete(number);
  }

  /**
   * Records a refusal; if refusals repeat while several processes send, they take turns and one learns what the server
   * requires.
   */
  override refused(number: number, atMs: number): boolean {
    const isCause = super.refused(number, atMs);
    // The first request of a process was as early as its share, not as its own pace.
    if (isCause || number === 0) this.#reservation.refused();
    return isCause;
  }

  /** Returns what is reserved. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#reservation[Symbol.asyncDispose]());
  }
}
