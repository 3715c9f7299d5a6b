// Owns the description of a wait that a user should know about: for an API that is unreachable, or for a
// limit, and how it is displayed. Pure. Invariant: both instants are epoch milliseconds, and `untilMs` is when the next request
// is sent at the latest.

/** A wait of all requests, or of all requests of one stream. */
export interface Wait {
  /** `outage`: the API is unreachable; `limit`: a quota is used up, or the API requested a wait. */
  readonly kind: "outage" | "limit";
  /** Why: the last error, or the limit, such as `500/d`; masked. */
  readonly reason: string;
  /** When the wait began, in epoch milliseconds. */
  readonly sinceMs: number;
  /** When the next request is sent, in epoch milliseconds. */
  readonly untilMs: number;
}

/** Receives a wait when it begins or changes, and undefined when it has ended; it must not throw. */
export type WaitListener = (wait: Wait | undefined) => void;

/** An instant in UTC, to the minute: `2026-11-28 02:14 UTC`; `atMs` is epoch milliseconds. */
export function formatInstant(atMs: number): string {
  return `${minuteOf(atMs)} UTC`;
}

/** When long work is done: `, done about 2026-12-13`; empty for work of less than a day. */
export function formatCompletion(seconds: number, doneAtMs: number): string {
  return seconds < SECONDS_PER_DAY ? "" : `, done about ${minuteOf(doneAtMs).slice(0, 10)}`;
}

const SECONDS_PER_DAY = 86_400;

/** A wait with its instants: `API unreachable since 02:14 UTC, next try 02:19 UTC: connection refused`. */
export function formatWait({ kind, reason, sinceMs, untilMs }: Wait): string {
  const [since, until] = [minuteOf(sinceMs), minuteOf(untilMs)];
  if (kind === "limit") return `waiting until ${until} UTC: ${reason}`;
  const isOneDay = since.slice(0, 10) === until.slice(0, 10);
  const [from, to] = isOneDay ? [since.slice(11), until.slice(11)] : [since, until];
  return `API unreachable since ${from} UTC, next try ${to} UTC: ${reason}`;
}

function minuteOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
}
