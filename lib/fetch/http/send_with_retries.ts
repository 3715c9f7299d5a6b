// Sends one request until it succeeds or the policy is exhausted. retry.ts decides, the caller sends.
// Invariant: at most `policy.attempts` attempts, each after the wait that retry.ts decided.
import type { Clock } from "../rate/clock.ts";
import type { HttpHead, HttpResponse } from "./http.ts";
import { HttpError, type HttpErrorKind } from "./http_error.ts";
import { readRateLimit, readRetryAfter } from "../rate/rate_headers.ts";
import {
  decide,
  type Decision,
  type Outcome,
  type ResponseOutcome,
  type RetryPolicy,
} from "./retry.ts";

/** How a request is sent. */
export interface SendOptions {
  /** How often to send the request, and how long to wait in between. */
  readonly policy: RetryPolicy;
  /** Statuses that mean an empty window. */
  readonly emptyStatuses: readonly number[];
  /** The clock that waits. */
  readonly clock: Clock;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /**
   * Called after an attempt that failed for a reason that may be an outage, before anything is decided;
   * resolves with whether the API is unreachable, so that the attempt does not count.
   */
  readonly isOutage?: (failed: FailedOnce) => Promise<boolean>;
  /** Whether a limiter delays the next attempt where the API requested a wait. */
  readonly paced?: boolean;
  /** Called before each wait. */
  readonly onRetry: (retry: { attempt: number; reason: string; waitMs: number }) => void;
}

/** A failed attempt. */
export interface FailedOnce {
  /** The response, or the error that prevented it. */
  readonly result: HttpResponse | HttpError;
  /** Whether no attempt is left. */
  readonly isFinal: boolean;
  /** Wait that the response requests, in milliseconds; 0 where it requests none. */
  readonly retryAfterMs: number;
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
  const { policy, emptyStatuses, clock, random, signal } = options;
  for (let attempt = 1;; attempt++) {
    const result = await once(attempt).catch(httpErrorOnly);
    const outcome = result instanceof HttpError
      ? { error: result.kind }
      : outcomeOf(result, options.wallNow());
    // A request whose server is not trusted is not retried.
    const isFinal = attempt >= policy.attempts ||
      "error" in outcome && outcome.error === "certificate";
    if (mayBeOutage(outcome, policy, emptyStatuses)) {
      const retryAfterMs = "error" in outcome ? 0 : outcome.retryAfterMs ?? 0;
      if (await options.isOutage?.({ result, isFinal, retryAfterMs })) {
        attempt = 0;
        continue;
      }
    }
    const decision = decide(outcome, { attempt, policy, emptyStatuses, random: random() });
    if (decision.then !== "retry") return { result, then: decision.then, attempts: attempt };
    const { waitMs, counts } = decision;
    options.onRetry({ attempt, reason: reasonOf(result), waitMs });
    if (!counts) attempt--;
    if (!options.paced || !decision.isRequested) await clock.sleep(waitMs, signal);
  }
}

/** Errors that an API that is unreachable, or whose certificate has expired, causes for every request. */
const OUTAGE_ERRORS: ReadonlySet<HttpErrorKind> = new Set([
  "timeout",
  "connection",
  "unknown_host",
  "malformed",
  "certificate",
]);

/** Whether the failure may be caused by an API that is unreachable rather than by this request. */
function mayBeOutage(
  outcome: Outcome,
  { statuses }: RetryPolicy,
  emptyStatuses: readonly number[],
): boolean {
  if ("error" in outcome) return OUTAGE_ERRORS.has(outcome.error);
  const { status, retryAfterMs } = outcome;
  const isRefusal = statuses.includes(status) && !retryAfterMs;
  return (status >= 500 || isRefusal) && !emptyStatuses.includes(status);
}

/** What the status and headers of a response declare about a retry. */
export function outcomeOf(head: HttpHead, wallNowMs: number): ResponseOutcome {
  return {
    status: head.status,
    retryAfterMs: readRetryAfter(head.headers, wallNowMs) ?? null,
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
