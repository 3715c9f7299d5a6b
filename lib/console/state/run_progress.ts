// Owns the progress of a run as the page shows it, whichever process performs the run. Types and arithmetic only;
// live_run.ts folds it from events, watched_run.ts reads that of another process from the target.
import type { Wait } from "../../report/text/wait.ts";
import type { BindingLimit } from "./binding_limit.ts";

/** Progress of one stream. */
export interface StreamProgress {
  /** Name of the stream. */
  readonly stream: string;
  /** Its dates, for display; null for a stream without windows. */
  readonly range: string | null;
  /** Windows of the range; those that were done before the run included. */
  readonly windows: number;
  /** Windows of it that are done. */
  readonly done: number;
  /** Windows that failed in this run. */
  readonly failed: number;
  /** Rows written by this run; null if another process performs it. */
  readonly rows: number | null;
  /** Part of the dates that is done, from 0 to 1. */
  readonly share: number;
  /** Requests that are left. */
  readonly requestsLeft: number;
  /** Pages that were read of windows in progress; 0 if another process performs the run. */
  readonly openPages: number;
  /** Requests per second over the last seconds, by weight; null where none were sent, or by another process. */
  readonly perSecond: number | null;
  /** Whether nothing is left to do. */
  readonly finished: boolean;
  /** Whether its number of windows is unknown: a feed before its end, or values that another stream fetches first. */
  readonly openEnded: boolean;
}

/** Requests per second over a part of the last hour. */
export interface RatePoint {
  /** Start of the part, epoch milliseconds. */
  readonly atMs: number;
  /** Requests per second. */
  readonly perSecond: number;
}

/** Progress of a run. */
export interface RunProgress {
  /** ID of the run. */
  readonly run: string;
  /** Where it runs; null if this process performs it. */
  readonly host: string | null;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  /** Whether it has ended. */
  readonly ended: boolean;
  /** Its streams. */
  readonly streams: readonly StreamProgress[];
  /** Requests sent; null if another process performs it. */
  readonly requests: number | null;
  /** Requests that the API refused as too frequent. */
  readonly refused: number | null;
  /** What it waits for. */
  readonly wait: Wait | null;
  /** Requests per second over the last hour, oldest first. */
  readonly rates: readonly RatePoint[];
  /** Requests per second that the limits allow; null without limits. */
  readonly allowed: number | null;
  /** Requests per second over the last seconds, by weight; null where none were sent, or by another process. */
  readonly perSecond: number | null;
  /** The limit that binds now; null without limits. */
  readonly limit: BindingLimit | null;
  /** When it ends, epoch milliseconds; null if unknown. */
  readonly doneAtMs: number | null;
  /** Whether more requests may be left than is known, and the end may be later. */
  readonly atLeast: boolean;
}

/** Largest share shown while a stream whose number of windows is unknown has not ended. */
const MOST_KNOWN = 0.99;

/** Part of the windows that is done, from 0 to 1; null if their number is unknown. */
export function shareOf(streams: readonly StreamProgress[]): number | null {
  const known = streams.filter(({ openEnded }) => !openEnded);
  if (known.length === 0 && streams.length > 0) return null;
  const windows = known.reduce((sum, stream) => sum + stream.windows, 0);
  const most = known.length < streams.length ? MOST_KNOWN : 1;
  if (windows === 0) return most;
  const done = known.reduce((sum, stream) => sum + stream.share * stream.windows, 0);
  return Math.min(most, done / windows);
}
