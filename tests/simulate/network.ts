// The network of a simulation, between processes and the API: it replaces the global `fetch`, delivers requests at
// once and responses after their latency, refuses connections in outages, and runs the timeouts of requests in virtual
// time. It also replaces what is random, so that a seed is replayed. Invariant: a request arrives at the virtual time
// at which it was sent.
import type { FakeClock } from "../support/fake_clock.ts";
import { sequence } from "../support/chance.ts";
import { MortalProcess } from "./mortal_process.ts";
import type { Reply, ScriptedApi } from "./scripted_api.ts";

/** The runtime's error for a refused connection. */
const REFUSED = "client error (Connect): tcp connect error: Connection refused (os error 111)";

/** The network of one story. */
export class Network implements Disposable {
  readonly #clock: FakeClock;
  readonly #api: ScriptedApi;
  readonly #globals = { fetch, setTimeout, clearTimeout };
  readonly #randomUUID = crypto.randomUUID;
  /** Timeouts of requests, in virtual time. */
  readonly #timeouts = new Map<number, AbortController>();
  #count = 0;

  /** Replaces the globals until it is disposed; timers of `timeoutMs`, those of requests, run in virtual time. */
  constructor(clock: FakeClock, api: ScriptedApi, { seed, timeoutMs }: Scene) {
    this.#clock = clock;
    this.#api = api;
    const random = sequence(seed);
    const digits = () => Math.floor(0x10000 * random()).toString(16).padStart(4, "0");
    const tail = () => `${digits()}${digits()}${digits()}`;
    crypto.randomUUID = () => `${digits()}${digits()}-${digits()}-4000-8000-${tail()}`;
    globalThis.fetch = (input, init) => this.#fetch(String(input), init ?? {});
    const { setTimeout, clearTimeout } = this.#globals;
    const setTimer = (callback: () => void, ms?: number) => {
      if (ms === timeoutMs) return this.#startTimeout(callback, ms);
      const { promise, resolve } = Promise.withResolvers<void>();
      if (ms === 0) clock.hold(promise);
      return setTimeout(() => (callback(), resolve()), ms);
    };
    globalThis.setTimeout = Object.assign(setTimer, setTimeout);
    globalThis.clearTimeout = (id) => {
      this.#timeouts.get(Number(id))?.abort();
      if (!this.#timeouts.delete(Number(id))) clearTimeout(id);
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

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const process = MortalProcess.current;
    // The data: URL that loads the fetch code.
    if (process === undefined || !url.startsWith("http")) return new Response("");
    const arrival = this.#api.receive(url, process.number);
    if (arrival === undefined) throw new TypeError(`error sending request: ${REFUSED}`);
    const travel = () => this.#clock.sleep(arrival.latencyMs, process.mortal(init.signal));
    await process.outside(travel, false);
    return responseOf(arrival.reply);
  }

  /** Puts the globals back. */
  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#globals);
    crypto.randomUUID = this.#randomUUID;
  }
}

/** What the network depends on. */
interface Scene {
  readonly seed: number;
  readonly timeoutMs: number;
}

function responseOf({ status, body, retryAfterMs = 0, headers: own }: Reply): Response {
  if (status === 0) return new Response(brokenBody());
  const seconds = `${Math.ceil(retryAfterMs / 1_000)}`;
  const headers = own ?? (retryAfterMs > 0 ? { "retry-after": seconds } : {});
  return Response.json(body, { status, headers });
}

/** A body whose connection breaks after the first bytes. */
function brokenBody(): ReadableStream<Uint8Array> {
  let isFirst = true;
  return new ReadableStream({
    pull(controller) {
      if (!isFirst) return controller.error(new TypeError("error reading a body from connection"));
      isFirst = false;
      controller.enqueue(new TextEncoder().encode('{"records": ['));
    },
  });
}
