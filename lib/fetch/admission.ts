// Decides when the requests of one stream are sent: each waits for room in the budget of pages, then for its
// turn, a concurrency slot and a permit of the limiter. It sends nothing. Invariants: of each stream, one
// request at a time waits for room and one for a permit; a request that waits for room does not delay a
// request that has room; and no page waits behind a later page of its window, so room that is held is always
// released.
import type { ApiConnection } from "./api_connection.ts";
import type { Place } from "./rate/page_budget.ts";
import { Semaphore } from "./rate/semaphore.ts";
import type { Permit, StreamLimiter } from "./rate/stream_limiter.ts";

/** A request that waits to be sent. */
export interface Applicant {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Of the waiting requests, the one with the lowest rank is sent first. */
  readonly rank: number;
  /** Its place in the budget; undefined if it is not a page of a window. */
  readonly place: Place | undefined;
}

/** Admits the requests of one stream. */
export class Admission {
  readonly #api: ApiConnection;
  readonly #limiter: StreamLimiter;
  readonly #weight: number;
  /** One request of the stream at a time waits for room in the budget, so that all streams get room in turn. */
  readonly #entry = new Semaphore(1);
  /** One request of the stream at a time waits for its permit, so that other streams get slots too. */
  readonly #turn = new Semaphore(1);

  /** Admits requests that use `weight` requests of each limit. */
  constructor(api: ApiConnection, limiter: StreamLimiter, weight: number) {
    [this.#api, this.#limiter, this.#weight] = [api, limiter, weight];
  }

  /** Waits until a request may be sent; it takes a concurrency slot only when the stream's own limit allows. */
  async admit(request: Applicant): Promise<Disposable & { permits: readonly Permit[] }> {
    const { signal, rank } = request;
    const { availability, semaphore } = this.#api;
    // Held until the permit is granted, so that a stream with a slow limit takes room for only one request.
    using _entry = await this.#enter(request);
    using _turn = await this.#turn.take(signal, rank);
    using held = new DisposableStack();
    held.use(await availability.enter(signal));
    await this.#limiter.ready(signal);
    held.use(await semaphore.take(signal));
    // A request of weight n uses n requests of each limit.
    const permits: Permit[] = [];
    while (permits.length < this.#weight) permits.push(await this.#limiter.take(signal));
    const release = held.move();
    return { permits, [Symbol.dispose]: () => release[Symbol.dispose]() };
  }

  /**
   * Waits for room in the budget, unless the request has it, and for a token. A request is queued before
   * anything is awaited, so that the pages of a window get room in their order.
   */
  async #enter({ signal, rank, place }: Applicant): Promise<Disposable> {
    const { availability, credentials } = this.#api;
    using entry = new DisposableStack();
    const isNew = place !== undefined && !place.isTaken;
    const queued = isNew ? this.#entry.take(signal, rank) : undefined;
    queued?.catch(() => {});
    try {
      // The token is fetched before the permit, so that none has to be fetched while holding one.
      if (!availability.isAway) await credentials.take();
    } catch (error) {
      queued?.then((entry) => entry[Symbol.dispose](), () => {});
      throw error;
    }
    entry.use(await queued);
    if (isNew) await place.take(signal);
    return entry.move();
  }
}
