// Decides whether the API is reachable. While it is not, requests wait, and one at a time probes it at
// growing intervals; then no failure counts against a request. One bad endpoint is not an outage: before an
// outage is assumed, the last request that got a response is sent again. Invariant: at most one probe is
// under way, and an outage ends with the first response.
import { Failure } from "../../failure.ts";
import { formatSeconds } from "../../report/text/format.ts";
import type { Clock } from "./clock.ts";
import { formatInstant, type Wait, type WaitListener } from "../../report/text/wait.ts";

/** Options of `Availability`. */
interface AvailabilityOptions {
  /** Monotonic clock. */
  readonly clock: Clock;
  /** Returns epoch milliseconds. */
  readonly wallNow: () => number;
  /** Outage in milliseconds after which requests fail; undefined where outages are not waited for. */
  readonly giveUpAfterMs: number | undefined;
  /** Milliseconds before the first probe, at least a second; each later wait doubles. Defaults to a second. */
  readonly firstWaitMs?: number | undefined;
  /** Ends all waits. */
  readonly signal: AbortSignal;
  /** Receives the outage with the time of the next probe. */
  readonly onWait: WaitListener;
}

/** A failed attempt of a request. */
export interface FailedAttempt {
  /** What happened; masked. */
  readonly reason: string;
  /** Status of the response; undefined where there was none. */
  readonly status: number | undefined;
  /** Whether the job may be to blame, as for an untrusted certificate, where no request got a response yet. */
  readonly mayBeMistake: boolean;
  /** Whether the job declares the status as a refusal of all requests, such as a used-up quota. */
  readonly isRefusal: boolean;
  /** Whether no attempt is left. */
  readonly isFinal: boolean;
  /** `responses` before the first attempt of the request. */
  readonly responsesBefore: number;
  /** Wait that the response requests, in milliseconds; 0 where it requests none. */
  readonly retryAfterMs: number;
}

/** Sends again a request that got a response before. */
export type Replay = (signal: AbortSignal) => Promise<void>;

interface Outage {
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** Resolves with whether the outage is real: false where the first probe was answered. */
  readonly verdict: PromiseWithResolvers<boolean>;
  readonly over: AbortController;
  readonly kind: Wait["kind"];
  reason: string;
  intervalMs: number;
  /** Whether `onWait` has been called for it. */
  isAnnounced: boolean;
}

interface Waiting {
  readonly go: (probe: Disposable | undefined) => void;
  readonly fail: (failure: Failure) => void;
}

/** Failures without a response in between from which an outage is suspected. */
const SUSPICIOUS_FAILURES = 3;
const SHORTEST_INTERVAL_MS = 1_000;
const LONGEST_INTERVAL_MS = 300_000;
/** Statuses of gateways whose server is unreachable; any other 5xx may concern one request only. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([
  502,
  503,
  504,
  ...[520, 521, 522, 523, 524, 525, 526, 527, 529, 530],
]);

/**
 * Whether one API is reachable, shared by all of its streams. It is in one of these states:
 *
 * - Reachable: requests are sent. Three failures without a response in between, the last attempt of a request
 *   with no response meanwhile, or a refusal that the job declares lead to suspicion.
 * - Suspicion: the last request that got a response is sent again, and failed attempts wait for the verdict.
 *   A response means that one endpoint is to blame, and its failures count; another failure is an outage.
 *   Where no request got a response yet, the outage begins at once.
 * - Outage: requests wait, failures do not count, and probes are sent at growing intervals, in turn the
 *   request that got a response before and the one that has waited longest. The first response ends it.
 * - Given up: the outage has lasted for `giveUpAfterMs`; every request fails.
 */
export class Availability {
  /** Number of responses so far that show that the API is reachable. */
  responses = 0;
  readonly #options: AvailabilityOptions;
  readonly #waiting: Waiting[] = [];
  #replay: Replay | undefined;
  #failures = 0;
  #failingSince: { ms: number; wallMs: number } | undefined;
  #outage: Outage | undefined;
  #gaveUp: Failure | undefined;

  /** Starts with an API that is assumed to be reachable. */
  constructor(options: AvailabilityOptions) {
    this.#options = options;
  }

  /** Whether the API seems to be unreachable. */
  get isAway(): boolean {
    return this.#outage !== undefined;
  }

  /**
   * Waits while the API is unreachable. During an outage the result is the probe that the caller sends now;
   * dispose it after its response.
   *
   * @throws Failure("unavailable") where the outage lasts longer than `giveUpAfterMs`.
   * @throws the signal's reason if it aborts.
   */
  enter(signal: AbortSignal): Promise<Disposable | undefined> {
    signal.throwIfAborted();
    if (this.#gaveUp !== undefined) return Promise.reject(this.#gaveUp);
    if (this.#outage === undefined) return Promise.resolve(undefined);
    const { promise, resolve, reject } = Promise.withResolvers<Disposable | undefined>();
    const leave = () => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(signal.reason);
    };
    const waiting = {
      go: (probe: Disposable | undefined) => {
        signal.removeEventListener("abort", leave);
        resolve(probe);
      },
      fail: (failure: Failure) => {
        signal.removeEventListener("abort", leave);
        reject(failure);
      },
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#waiting.push(waiting);
    this.#probeRequested.resolve();
    return promise;
  }

  /** Records a response that shows that the API is reachable; `replay` sends its request again. */
  responded(replay: Replay): void {
    this.responses++;
    this.#replay = replay;
    this.#failures = 0;
    this.#failingSince = undefined;
    if (this.#outage !== undefined) this.#end(this.#outage);
  }

  /**
   * Records a failed attempt. Resolves with whether the API is unreachable, so that the attempt does not
   * count and the request is sent again after `enter`.
   *
   * @throws the signal's reason if it aborts before that is known.
   */
  async failed(attempt: FailedAttempt): Promise<boolean> {
    const { clock, wallNow, giveUpAfterMs } = this.#options;
    if (giveUpAfterMs === undefined) return false;
    if (this.#outage !== undefined) {
      this.#outage.reason = attempt.reason;
      return await this.#outage.verdict.promise;
    }
    // A server error before the first response may be a mistake in the job rather than an outage.
    const { status } = attempt;
    const isOwnError = attempt.mayBeMistake ||
      status !== undefined && !GATEWAY_STATUSES.has(status);
    if (this.responses === 0 && isOwnError && !attempt.isRefusal) return false;
    this.#failingSince ??= { ms: clock.now(), wallMs: wallNow() };
    this.#failures++;
    const isAlone = attempt.isFinal && this.responses === attempt.responsesBefore;
    if (this.#failures < SUSPICIOUS_FAILURES && !isAlone && !attempt.isRefusal) return false;
    return await this.#begin(attempt).verdict.promise;
  }

  #begin({ reason, retryAfterMs, isRefusal }: FailedAttempt): Outage {
    const { ms, wallMs } = this.#failingSince!;
    const outage: Outage = {
      sinceMs: ms,
      sinceWallMs: wallMs,
      verdict: Promise.withResolvers(),
      over: new AbortController(),
      kind: isRefusal ? "limit" : "outage",
      reason,
      intervalMs: Math.max(SHORTEST_INTERVAL_MS, this.#options.firstWaitMs ?? 0),
      isAnnounced: false,
    };
    this.#outage = outage;
    // If the signal aborts there is no verdict, and the requests that wait for it end.
    outage.verdict.promise.catch(() => {});
    this.#probeUntilOver(outage, retryAfterMs).catch(outage.verdict.reject);
    return outage;
  }

  async #probeUntilOver(outage: Outage, firstWaitMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    let isReal = false;
    for (let probes = 0; this.#outage === outage; probes++) {
      if (probes > 0 || this.#replay === undefined) {
        outage.verdict.resolve(true);
        isReal = true;
      }
      const untilGivenUpMs = outage.sinceMs + this.#options.giveUpAfterMs! - clock.now();
      if (untilGivenUpMs <= 0) return this.#giveUp(outage);
      const waitMs = Math.min(Math.max(outage.intervalMs, firstWaitMs), untilGivenUpMs);
      if (isReal) this.#announce(outage, waitMs);
      await clock.sleep(waitMs, AbortSignal.any([signal, outage.over.signal]));
      firstWaitMs = 0;
      outage.intervalMs = Math.min(2 * outage.intervalMs, LONGEST_INTERVAL_MS);
      const replay = probes % 2 === 0 ? this.#replay : undefined;
      if (replay === undefined) await this.#handOutProbe(outage);
      else {await replay(signal).catch((error) =>
          signal.aborted ? Promise.reject(error) : undefined
        );}
    }
  }

  #probeRequested = Promise.withResolvers<void>();

  /** Lets the request that has waited longest go; resolves when it has its response or has failed. */
  async #handOutProbe(outage: Outage): Promise<void> {
    while (this.#waiting.length === 0 && this.#outage === outage) {
      this.#probeRequested = Promise.withResolvers();
      const over = outage.over.signal;
      over.addEventListener("abort", () => this.#probeRequested.resolve(), { once: true });
      await this.#probeRequested.promise;
    }
    const sent = Promise.withResolvers<void>();
    this.#waiting.shift()?.go({ [Symbol.dispose]: () => sent.resolve() });
    if (this.#outage === outage) await sent.promise;
  }

  #announce(outage: Outage, waitMs: number): void {
    const { kind, reason, sinceWallMs } = outage;
    outage.isAnnounced = true;
    const untilMs = this.#options.wallNow() + waitMs;
    this.#options.onWait({ kind, reason, sinceMs: sinceWallMs, untilMs });
  }

  #end(outage: Outage): void {
    this.#outage = undefined;
    outage.verdict.resolve(false);
    outage.over.abort();
    if (outage.isAnnounced) this.#options.onWait(undefined);
    for (const waiting of this.#waiting.splice(0)) waiting.go(undefined);
  }

  #giveUp(outage: Outage): void {
    const after = formatSeconds(this.#options.giveUpAfterMs! / 1_000);
    const since = formatInstant(outage.sinceWallMs);
    this.#gaveUp = new Failure(
      "unavailable",
      `Cannot reach the API: unreachable since ${since}; gave up after ${after}: ${outage.reason}`,
      { hint: "Run again with --resume when the API is reachable again" },
    );
    this.#options.onWait(undefined);
    outage.verdict.resolve(true);
    for (const waiting of this.#waiting.splice(0)) waiting.fail(this.#gaveUp);
  }
}
