// Owns the loop around one request that may be sent several times. What is decided lies in retry.ts, how
// it is sent with the caller. Invariant: at most `policy.attempts` tries, each after the wait decided.
import type { Clock } from "../rate/clock.ts";
import type { HttpHead, HttpResponse } from "./http.ts";
import { HttpError } from "./http_error.ts";
import { readRateLimit, readRetryAfter } from "../rate/rate_headers.ts";
import { type AnswerOutcome, decide, type Decision, type RetryPolicy } from "./retry.ts";

/** How a request is tried. */
export interface TryOptions {
  /** How often and how patiently to try. */
  readonly policy: RetryPolicy;
  /** Statuses that mean an empty window. */
  readonly emptyOn: readonly number[];
  /** What waits. */
  readonly clock: Clock;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Told before each wait. */
  readonly onRetry: (retry: { attempt: number; reason: string; waitMs: number }) => void;
}

/** What all tries of a request came to. */
export interface SendResult<A extends HttpResponse = HttpResponse> {
  /** The last answer, or why there is none. */
  readonly result: A | HttpError;
  /** What the last try means: anything but another one. */
  readonly then: Exclude<Decision["then"], "retry">;
  /** How often it was tried. */
  readonly attempts: number;
}

/** Sends a request until it is answered for good or the policy is exhausted. */
export async function sendWithRetries<A extends HttpResponse>(
  once: (attempt: number) => Promise<A>,
  options: TryOptions,
): Promise<SendResult<A>> {
  const { policy, emptyOn, clock, random, signal } = options;
  for (let attempt = 1;; attempt++) {
    const result = await once(attempt).catch(troubleOnly);
    const outcome = result instanceof HttpError
      ? { trouble: result.kind }
      : outcomeOf(result, policy, options.wallNow());
    const decision = decide(outcome, { attempt, policy, emptyOn, random: random() });
    if (decision.then !== "retry") return { result, then: decision.then, attempts: attempt };
    const { waitMs } = decision;
    options.onRetry({ attempt, reason: reasonOf(result), waitMs });
    await clock.sleep(waitMs, signal);
  }
}

/** What an answer's status and headers say about trying again. */
export function outcomeOf(head: HttpHead, policy: RetryPolicy, wallNowMs: number): AnswerOutcome {
  return {
    status: head.status,
    retryAfterMs: readRetryAfter(head.headers, wallNowMs, policy.max_wait) ?? null,
    isExhausted: readRateLimit(head.headers, wallNowMs)?.remaining === 0,
  };
}

/** What a try came to, behind "Cannot ...: ". */
export function reasonOf(result: HttpResponse | HttpError): string {
  return result instanceof HttpError ? result.message : `the source answered ${result.status}`;
}

function troubleOnly(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  throw error;
}
