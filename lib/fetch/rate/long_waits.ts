// Reports the waits for limits that a user should know about, and refuses them where the user does not
// want to wait. It waits for nothing itself. Invariant: a wait is reported once, and its end once.
import { Failure } from "../../failure.ts";
import { formatRate } from "../../plan/time/rate.ts";
import type { Pacer } from "./pacer.ts";
import { formatInstant, type WaitListener } from "../../report/text/wait.ts";

/** Options of `LongWaits`. */
interface LongWaitsOptions {
  /** Returns epoch milliseconds. Defaults to always 0, for tests. */
  readonly wallNow?: () => number;
  /** Receives long waits. Defaults to nobody. */
  readonly onWait?: WaitListener | undefined;
  /** Whether long waits are refused. Defaults to false. */
  readonly noWait?: boolean | undefined;
}

/** What a wait is for. */
export interface WaitCause {
  /** The limits that may have been reached. */
  readonly pacers: readonly Pacer[];
  /** Why requests are paused; empty where they are not. */
  readonly pauseReason: string;
}

/** Shorter waits are part of any run, in milliseconds. */
const LONG_WAIT_MS = 30_000;
/** Two waits that end this close to each other are the same, in milliseconds. */
const SAME_WAIT_MS = 2_000;

/** The long waits of one API. */
export class LongWaits {
  readonly #options: LongWaitsOptions;
  #untilMs: number | undefined;

  /** Creates a record without a wait. */
  constructor(options: LongWaitsOptions) {
    this.#options = options;
  }

  /** Reports a wait that begins now; returns the failure of the requests where it is not allowed. */
  begin(waitMs: number, cause: WaitCause): Failure | undefined {
    if (waitMs < LONG_WAIT_MS || waitMs === Infinity) return undefined;
    const reason = cause.pauseReason || usedUp(cause.pacers, waitMs);
    if (reason === undefined) return undefined;
    const sinceMs = this.#options.wallNow?.() ?? 0;
    const untilMs = sinceMs + waitMs;
    if (this.#options.noWait) return refusal(reason, untilMs);
    if (Math.abs(untilMs - (this.#untilMs ?? 0)) < SAME_WAIT_MS) return undefined;
    this.#untilMs = untilMs;
    this.#options.onWait?.({ kind: "limit", reason, sinceMs, untilMs });
    return undefined;
  }

  /** Reports the end of the wait, if there is one. */
  end(): void {
    if (this.#untilMs === undefined) return;
    this.#untilMs = undefined;
    this.#options.onWait?.(undefined);
  }
}

/** The quota that is used up; undefined where the wait is the usual distance between two requests. */
function usedUp(pacers: readonly Pacer[], waitMs: number): string | undefined {
  const exhausted = pacers.filter(({ paceMs, rate }) => rate.burst || waitMs > 2 * paceMs)
    .toSorted((a, b) => b.due() - a.due());
  return exhausted[0] && `the quota ${formatRate(exhausted[0].rate)} is used up`;
}

function refusal(reason: string, untilMs: number): Failure {
  return new Failure(
    "unavailable",
    `Cannot continue without waiting: ${reason}, and the next request is allowed at ${
      formatInstant(untilMs)
    }`,
    { hint: "Run again with --resume after that, or without --no-wait" },
  );
}
