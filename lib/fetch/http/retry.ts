// Decides what follows a response or a failed exchange: take it, retry it after a wait, or give up. Pure:
// the random number is an argument, and nothing waits here. Invariant: no wait is longer
// than the policy's `max_wait`, whatever the source asks for.
import type { Source } from "../../config/schema/job_schema.ts";
import type { HttpErrorKind } from "./http_error.ts";

/** How often a request is sent and how long to wait in between, in milliseconds. */
export type RetryPolicy = Source["retry"];

/** Result of one attempt. */
export type Outcome = ResponseOutcome | { readonly trouble: HttpErrorKind };

/** What the head of a response says. */
export interface ResponseOutcome {
  /** HTTP status of the response. */
  readonly status: number;
  /** Wait that the response requests; null where it requests none. */
  readonly retryAfterMs: number | null;
  /** Whether the response reports that no requests remain. */
  readonly isExhausted: boolean;
}

/** What follows an attempt. */
export type Decision =
  /** The response is successful. */
  | { readonly then: "take" }
  /** The stream declares that this status means an empty window. */
  | { readonly then: "empty" }
  /** Retry after `waitMs`; `throttled` where the API reports that requests are too frequent. */
  | { readonly then: "retry"; readonly waitMs: number; readonly throttled: boolean }
  /** The API refuses this request and would refuse every other one. */
  | { readonly then: "refused" }
  /** This request fails. */
  | { readonly then: "fail"; readonly throttled: boolean };

/** Circumstances of a decision. */
export interface Circumstances {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** How often to send the request, and how long to wait in between. */
  readonly policy: RetryPolicy;
  /** Statuses that mean an empty window. */
  readonly emptyOn: readonly number[];
  /** A number in [0, 1). */
  readonly random: number;
}

const PASSING_ERRORS: ReadonlySet<HttpErrorKind> = new Set([
  "timeout",
  "connection",
  "incomplete",
]);

/** Decides what follows one attempt. */
export function decide(outcome: Outcome, circumstances: Circumstances): Decision {
  const { attempt, policy, emptyOn, random } = circumstances;
  const isLast = attempt >= policy.attempts;
  if ("trouble" in outcome) {
    const isFinal = isLast || !PASSING_ERRORS.has(outcome.trouble);
    if (isFinal) return { then: "fail", throttled: false };
    return { then: "retry", waitMs: backoffMs(attempt, policy, random), throttled: false };
  }
  const { status } = outcome;
  if (status >= 200 && status < 300) return { then: "take" };
  if (emptyOn.includes(status)) return { then: "empty" };
  const throttled = isThrottled(outcome, policy);
  if (!isLast && (throttled || isPassing(status))) {
    return { then: "retry", waitMs: waitMs(outcome.retryAfterMs, circumstances), throttled };
  }
  return status === 401 || status === 403 ? { then: "refused" } : { then: "fail", throttled };
}

/**
 * The wait after `attempt`: exponential with full jitter, so that requests that failed together are not
 * retried together. The mean after the first attempt is `base`; it doubles each time.
 */
export function backoffMs(attempt: number, policy: RetryPolicy, random: number): number {
  return Math.min(policy.max_wait, random * 2 * policy.base * 2 ** (attempt - 1));
}

/** The source knows best: what it asks for comes first, within bounds. */
function waitMs(retryAfterMs: number | null, { attempt, policy, random }: Circumstances): number {
  if (retryAfterMs === null) return backoffMs(attempt, policy, random);
  return Math.min(policy.max_wait, Math.max(0, retryAfterMs));
}

/** Whether the status is temporary: 408 (request timeout), 425 (too early) and all 5xx. */
function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status >= 500;
}

/**
 * Whether the API reports that requests are too frequent: by 429, by a status that the job lists, or by 403
 * with a time to wait or no requests remaining (as GitHub does).
 */
export function isThrottled(
  { status, retryAfterMs, isExhausted }: ResponseOutcome,
  policy: RetryPolicy,
): boolean {
  if (status === 429 || policy.also.includes(status)) return true;
  return status === 403 && (retryAfterMs !== null || isExhausted);
}
