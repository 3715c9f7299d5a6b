// Tracks what virtual time must wait for and cannot see: requests in flight between a simulated process and
// the API, and pauses of zero milliseconds. Time stands still while a request is in flight, and continues while the
// API lets it wait. It replaces the global `fetch`, `setTimeout` and `clearTimeout`; the requests themselves are real.
import type { FakeClock } from "../support/fake_clock.ts";

/** The header by which the API tells requests apart. */
export const REQUEST_ID = "x-simulated-request";

/** A port on which nothing listens. */
const CLOSED_PORT = "1";

/** The requests under way. */
export class Traffic implements Disposable {
  readonly #clock: FakeClock;
  readonly #send = globalThis.fetch;
  readonly #setTimer = globalThis.setTimeout;
  readonly #clearTimer = globalThis.clearTimeout;
  /** Timeouts of requests, in virtual time. */
  readonly #timeouts = new Map<number, AbortController>();
  /** Ends the hold of each request that travels; undefined for one that waits at the API. */
  readonly #underWay = new Map<string, (() => void) | undefined>();
  /** When a request was sent to which nobody listened: it counts against limits, though nobody has seen it. */
  readonly refusedMs: number[] = [];
  /** Aborts when the process that sends dies; its requests then never end for it. */
  sender: AbortSignal = AbortSignal.abort();
  #count = 0;

  /**
   * Replaces the globals until it is disposed; `isRefused` says whether connections are refused. Timers of
   * `timeoutMs` milliseconds, those of requests, run in virtual time.
   */
  constructor(clock: FakeClock, isRefused: () => boolean, timeoutMs: number) {
    this.#clock = clock;
    globalThis.fetch = (input, init) => this.#fetch(String(input), init ?? {}, isRefused());
    const setTimer = (callback: () => void, ms?: number) => {
      if (ms === timeoutMs) return this.#startTimeout(callback, ms);
      if (ms !== 0) return this.#setTimer(callback, ms);
      const { promise, resolve } = Promise.withResolvers<void>();
      clock.hold(promise);
      return this.#setTimer(() => (callback(), resolve()), 0);
    };
    globalThis.setTimeout = Object.assign(setTimer, this.#setTimer);
    globalThis.clearTimeout = (id) => {
      this.#timeouts.get(Number(id))?.abort();
      if (!this.#timeouts.delete(Number(id))) this.#clearTimer(id);
    };
  }

  /** The number of a timeout is negative, as that of no other timer is. */
  #startTimeout(callback: () => void, ms: number): ReturnType<typeof setTimeout> {
    const id = -(++this.#count);
    const cleared = new AbortController();
    this.#timeouts.set(id, cleared);
    this.#clock.sleep(ms, cleared.signal).then(() => {
      this.#timeouts.delete(id);
      callback();
    }, () => {/* cleared */});
    return id as unknown as ReturnType<typeof setTimeout>;
  }

  /** Lets the API wait before it responds to a request. */
  async sleep(id: string, ms: number): Promise<void> {
    const sleeping = this.#clock.sleep(ms);
    if (this.#underWay.has(id)) this.#hold(id, false);
    await sleeping;
    if (this.#underWay.has(id)) this.#hold(id, true);
  }

  async #fetch(url: string, init: RequestInit, isRefused: boolean): Promise<Response> {
    const { sender } = this;
    const id = String(this.#count++);
    this.#hold(id, true);
    const target = new URL(url);
    if (isRefused) {
      target.port = CLOSED_PORT;
      this.refusedMs.push(this.#clock.now());
    }
    const headers = { ...init.headers as Record<string, string>, [REQUEST_ID]: id };
    const signal = AbortSignal.any([sender, init.signal ?? sender]);
    const sending = this.#send(target, { ...init, headers, signal }).then(whole);
    const [result] = await Promise.allSettled([sending]);
    this.#hold(id, false);
    this.#underWay.delete(id);
    if (sender.aborted) return await new Promise(() => {});
    if (result.status === "rejected") throw result.reason;
    return result.value;
  }

  #hold(id: string, isTravelling: boolean): void {
    this.#underWay.get(id)?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    if (isTravelling) this.#clock.hold(promise);
    this.#underWay.set(id, isTravelling ? resolve : undefined);
  }

  /** Puts the globals back. */
  [Symbol.dispose](): void {
    globalThis.fetch = this.#send;
    globalThis.setTimeout = this.#setTimer;
    globalThis.clearTimeout = this.#clearTimer;
  }
}

/** The response with all of its body read, or as far as it could be read. */
async function whole(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let broken: unknown;
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
  } catch (error) {
    broken = error;
  }
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk !== undefined) controller.enqueue(chunk);
      else if (broken !== undefined) controller.error(broken);
      else controller.close();
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
