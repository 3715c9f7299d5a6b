// Decides what follows a response or a failed exchange: take it, retry it after a wait, or give up. Pure:
// the random number is an argument, and nothing waits here. Invariant: a wait that the API requests is kept
// in full; any other wait is at most the policy's `max_wait`.
import type { Source } from "../../config/schema/job_schema.ts";
import type { HttpErrorKind } from "./http_error.ts";

/** How often a request is sent and how long to wait in between, in milliseconds. */
export type RetryPolicy = Source["retry"];

/** Result of one attempt. */
export type Outcome = ResponseOutcome | { readonly error: HttpErrorKind };

/** What the head of a response reports. */
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
  /** Retry after a wait. */
  | Retry
  /** The API refuses this request and would refuse every other one. */
  | { readonly then: "refused" }
  /** This request fails. */
  | { readonly then: "fail"; readonly throttled: boolean };

/** A retry after a wait. */
export interface Retry {
  /** Discriminates the union. */
  readonly then: "retry";
  /** Milliseconds to wait. */
  readonly waitMs: number;
  /** Whether the API reports that requests are too frequent. */
  readonly throttled: boolean;
  /** Whether the API requested this wait. */
  readonly isRequested: boolean;
  /** Whether the attempt counts: not where the API refuses until a quota resets. */
  readonly counts: boolean;
}

/** Circumstances of a decision. */
export interface Circumstances {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** How often to send the request, and how long to wait in between. */
  readonly policy: RetryPolicy;
  /** Statuses that mean an empty window. */
  readonly emptyStatuses: readonly number[];
  /** A number in [0, 1). */
  readonly random: number;
}

/** A requested wait from which a refusal means a quota rather than a pace. */
export const QUOTA_WAIT_MS = 30_000;

/** Errors of an exchange that may be temporary. */
export const PASSING_ERRORS: ReadonlySet<HttpErrorKind> = new Set([
  "timeout",
  "connection",
  "unknown_host",
  "malformed",
  "incomplete",
]);

/** Decides what follows one attempt. */
export function decide(outcome: Outcome, circumstances: Circumstances): Decision {
  const { attempt, policy, emptyStatuses } = circumstances;
  const isLast = attempt >= policy.attempts;
  if ("error" in outcome) {
    const isFinal = isLast || !PASSING_ERRORS.has(outcome.error);
    return isFinal ? { then: "fail", throttled: false } : backoff(false, circumstances);
  }
  const { status } = outcome;
  if (status >= 200 && status < 300) return { then: "take" };
  if (emptyStatuses.includes(status)) return { then: "empty" };
  const throttled = isThrottled(outcome, policy);
  const retry = retryAfter(outcome, throttled, circumstances);
  if ((throttled || isPassingStatus(status)) && !(isLast && retry.counts)) return retry;
  return status === 401 || status === 403 ? { then: "refused" } : { then: "fail", throttled };
}

/**
 * The wait after `attempt`: exponential with full jitter, so that requests that failed together are not
 * retried together. The mean after the first attempt is `initial_wait`; it doubles each time. No wait is
 * longer than `max_wait`.
 *
 * With the defaults, five attempts wait 7.5 s in between on average (½ + 1 + 2 + 4) and at most 15 s. A wait that the
 * API requests has no jitter, because it states when the API is ready.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const policy = { attempts: 5, initial_wait: 500, max_wait: 3_000, statuses: [] };
 * assertEquals([1, 2, 3, 4].map((attempt) => backoffMs(attempt, policy, 0.5)), [500, 1_000, 2_000, 3_000]);
 * ```
 */
export function backoffMs(attempt: number, policy: RetryPolicy, random: number): number {
  return Math.min(policy.max_wait, random * 2 * policy.initial_wait * 2 ** (attempt - 1));
}

function backoff(throttled: boolean, { attempt, policy, random }: Circumstances): Retry {
  const waitMs = backoffMs(attempt, policy, random);
  return { then: "retry", waitMs, throttled, isRequested: false, counts: true };
}

/** Waits as the response requests; a wait of 0 and none at all mean the wait of any retry. */
function retryAfter(
  { retryAfterMs }: ResponseOutcome,
  throttled: boolean,
  circumstances: Circumstances,
): Retry {
  if (retryAfterMs === null || retryAfterMs <= 0) return backoff(throttled, circumstances);
  const counts = !throttled || retryAfterMs < QUOTA_WAIT_MS;
  return { then: "retry", waitMs: retryAfterMs, throttled, isRequested: throttled, counts };
}

/** Whether the status is temporary: 408 (request timeout), 425 (too early) and all 5xx. */
export function isPassingStatus(status: number): boolean {
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
  if (status === 429 || policy.statuses.includes(status)) return true;
  return status === 403 && (retryAfterMs !== null || isExhausted);
}
