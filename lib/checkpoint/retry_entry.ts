// Owns what is stored about a window to fetch again: the reason and the rejected rows, bounded so that they
// fit in KV, however much the API sent. Values only; retry_list.ts stores them.
import { formatCount } from "../report/text/format.ts";
import type { Rejection } from "../extract/extractor.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";

/** Why a window must be fetched again. */
export interface RetryEntry extends Track {
  /** `failed`: the window is not done; `rejected`: it is done except for some rows. */
  readonly kind: "failed" | "rejected";
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** When it happened, ISO 8601. */
  readonly at: string;
  /** What happened, or how many rows were rejected. */
  readonly reason: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Rows that were rejected. */
  readonly rejected: readonly Rejection[];
  /** When the window with rejected rows was requested, in epoch milliseconds: it names the fetch. */
  readonly requestedAt?: number | undefined;
}

/** Characters kept of each string; KV stores two bytes for each. */
const TEXT_CHARS = 1024;
/** Rejected rows kept for one window; the rest is counted. */
const REJECTIONS_PER_WINDOW = 1000;

/** The entry for a failed window; `at` is epoch milliseconds. */
export function failedEntry(
  track: Track,
  window: Window | null,
  reason: string,
  hint: string | undefined,
  at: number,
): RetryEntry {
  return {
    ...onlyTrack(track),
    kind: "failed",
    window,
    at: new Date(at).toISOString(),
    reason: reason.slice(0, TEXT_CHARS),
    hint: hint?.slice(0, TEXT_CHARS),
    rejected: [],
  };
}

/** What is known of a window with rejected rows. */
export interface RejectedWindow extends Track {
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** The rows; empty where only the ledger is known, which does not hold them. */
  readonly rejected: readonly Rejection[];
  /** Their number. */
  readonly rejectedCount: number;
  /** When it was requested, in epoch milliseconds. */
  readonly requestedAt: number;
}

/** The entry for a window with rejected rows; `at` is epoch milliseconds. */
export function rejectedEntry(of: RejectedWindow, at: number): RetryEntry {
  const { window, rejected, rejectedCount: count, requestedAt } = of;
  return {
    ...onlyTrack(of),
    kind: "rejected",
    requestedAt,
    window,
    at: new Date(at).toISOString(),
    reason: `${formatCount(count, "row")} rejected`,
    hint: rejected.length > 0
      ? undefined
      : "The rejected rows are kept on the machine that fetched them; --resume fetches the window again and lists them",
    rejected: rejected.slice(0, REJECTIONS_PER_WINDOW).map(bounded),
  };
}

/** Orders entries for display: by track, then by date. */
export function byTrackAndDate(a: RetryEntry, b: RetryEntry): number {
  const [one, other] = [a, b].map(({ stream, scope, each }) => `${stream}\0${scope}\0${each}`);
  if (one !== other) return one! < other! ? -1 : 1;
  return (a.window?.from ?? 0) - (b.window?.from ?? 0);
}

function onlyTrack({ stream, scope, each }: Track): Track {
  return { stream, scope, each };
}

function bounded({ table, column, reason, value, record }: Rejection): Rejection {
  const [why, what, where] = [reason, value, record].map((text) => text.slice(0, TEXT_CHARS));
  return { table, column, reason: why!, value: what!, record: where! };
}
