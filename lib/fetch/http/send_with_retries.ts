// Sends one request until it succeeds or the policy is exhausted. retry.ts decides, the caller sends.
// Invariant: at most `policy.attempts` attempts, each after the wait that retry.ts decided.
import type { Clock } from "../rate/clock.ts";
import type { HttpHead, HttpResponse } from "./http.ts";
import { HttpError } from "./http_error.ts";
import { readRateLimit, readRetryAfter } from "../rate/rate_headers.ts";
import { decide, type Decision, type ResponseOutcome, type RetryPolicy } from "./retry.ts";

/** How a request is sent. */
export interface SendOptions {
  /** How often to send the request, and how long to wait in between. */
  readonly policy: RetryPolicy;
  /** Statuses that mean an empty window. */
  readonly emptyOn: readonly number[];
  /** The clock that waits. */
  readonly clock: Clock;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Called before each wait. */
  readonly onRetry: (retry: { attempt: number; reason: string; waitMs: number }) => void;
}

/** Result of all attempts of a request. */
export interface SendResult<A extends HttpResponse = HttpResponse> {
  /** The last response, or the error that prevented it. */
  readonly result: A | HttpError;
  /** What follows the last attempt. */
  readonly then: Exclude<Decision["then"], "retry">;
  /** Number of attempts. */
  readonly attempts: number;
}

/** Sends a request until its outcome is final or the policy is exhausted. */
export async function sendWithRetries<A extends HttpResponse>(
  once: (attempt: number) => Promise<A>,
  options: SendOptions,
): Promise<SendResult<A>> {
  const { policy, emptyOn, clock, random, signal } = options;
  for (let attempt = 1;; attempt++) {
    const result = await once(attempt).catch(httpErrorOnly);
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

/** What the status and headers of a response say about a retry. */
export function outcomeOf(head: HttpHead, policy: RetryPolicy, wallNowMs: number): ResponseOutcome {
  return {
    status: head.status,
    retryAfterMs: readRetryAfter(head.headers, wallNowMs, policy.max_wait) ?? null,
    isExhausted: readRateLimit(head.headers, wallNowMs)?.remaining === 0,
  };
}

/** The result of an attempt, as the text after "Cannot ...: ". */
export function reasonOf(result: HttpResponse | HttpError): string {
  return result instanceof HttpError
    ? result.message
    : `the API responded with status ${result.status}`;
}

function httpErrorOnly(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  throw error;
}
