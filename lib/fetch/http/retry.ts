// Owns the decision what follows an answer or a broken connection: take it, try again and when, or give
// up. Pure: the random number comes as an argument, and nothing waits here. Invariant: no wait is longer
// than the policy's `max_wait`, whatever the source asks for.
import type { Source } from "../../config/schema/job_schema.ts";
import type { TroubleKind } from "./http_error.ts";

/** How often and how patiently a request is tried; waits are in milliseconds. */
export type RetryPolicy = Source["retry"];

/** What became of one try. */
export type Outcome = AnswerOutcome | { readonly trouble: TroubleKind };

/** What an answer says before its body. */
export interface AnswerOutcome {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Wait that the answer asks for; null where it asks for none. */
  readonly retryAfterMs: number | null;
  /** Whether the answer says that nothing is left of the allowance. */
  readonly isExhausted: boolean;
}

/** What follows. */
export type Decision =
  /** The answer is good. */
  | { readonly then: "take" }
  /** The stream says that this status means nothing is there. */
  | { readonly then: "empty" }
  /** Try again after `waitMs`; `throttled` where the source says that requests come too fast. */
  | { readonly then: "retry"; readonly waitMs: number; readonly throttled: boolean }
  /** The source says no, and would to every other request. */
  | { readonly then: "refused" }
  /** This request fails. */
  | { readonly then: "fail"; readonly throttled: boolean };

/** Circumstances of a decision. */
export interface Circumstances {
  /** Which try it was, from 1. */
  readonly attempt: number;
  /** How often and how patiently to try. */
  readonly policy: RetryPolicy;
  /** Statuses that mean an empty window. */
  readonly emptyOn: readonly number[];
  /** A number in [0, 1). */
  readonly random: number;
}

const WORTH_ANOTHER_TRY: ReadonlySet<TroubleKind> = new Set([
  "timeout",
  "connection",
  "incomplete",
]);

/** Decides what follows one try. */
export function decide(outcome: Outcome, circumstances: Circumstances): Decision {
  const { attempt, policy, emptyOn, random } = circumstances;
  const isLast = attempt >= policy.attempts;
  if ("trouble" in outcome) {
    const isFinal = isLast || !WORTH_ANOTHER_TRY.has(outcome.trouble);
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
 * The wait before the try after `attempt`: exponential with full jitter, so that requests that failed
 * together do not come back together. The mean before the second try is `base`; it doubles each time.
 */
export function backoffMs(attempt: number, policy: RetryPolicy, random: number): number {
  return Math.min(policy.max_wait, random * 2 * policy.base * 2 ** (attempt - 1));
}

/** The source knows best: what it asks for comes first, within bounds. */
function waitMs(retryAfterMs: number | null, { attempt, policy, random }: Circumstances): number {
  if (retryAfterMs === null) return backoffMs(attempt, policy, random);
  return Math.min(policy.max_wait, Math.max(0, retryAfterMs));
}

/** 408 (the server lost patience), 425 (too early) and all 5xx pass by themselves. */
function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status >= 500;
}

/**
 * Whether the source says that requests come too fast: by 429, by a status that the job lists, or by 403
 * with a time to wait or an empty allowance (as GitHub does).
 */
export function isThrottled(
  { status, retryAfterMs, isExhausted }: AnswerOutcome,
  policy: RetryPolicy,
): boolean {
  if (status === 429 || policy.also.includes(status)) return true;
  return status === 403 && (retryAfterMs !== null || isExhausted);
}
