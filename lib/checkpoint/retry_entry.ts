// Owns what is kept of a window that is to be asked again: why, and which rows were rejected, bounded so
// that it fits KV whatever the source sent. It is values only; retry_list.ts keeps them.
import type { Rejection } from "../extract/extractor.ts";
import type { Track } from "../plan/scope.ts";
import type { Window } from "../plan/time/window.ts";

/** Why a window is to be asked again. */
export interface RetryEntry extends Track {
  /** `failed`: nothing of it counts as done; `rejected`: done but for some rows. */
  readonly kind: "failed" | "rejected";
  /** Its dates; null for a stream without windows. */
  readonly window: Window | null;
  /** When it happened, ISO 8601. */
  readonly at: string;
  /** What was the case, or how many rows were rejected. */
  readonly reason: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Rows that were rejected. */
  readonly rejected: readonly Rejection[];
}

/** Characters kept of each text; KV stores two bytes of each. */
const TEXT_CHARS = 1024;
/** Rejections kept of one window; the rest is counted. */
const REJECTIONS_PER_WINDOW = 1000;

/** The trouble of a window that failed; `at` is epoch milliseconds. */
export function failedTrouble(
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

/**
 * The trouble of a window of which `count` rows were rejected; `at` is epoch milliseconds. Without any of
 * them it is all that a rebuild of the checkpoint can know.
 */
export function rejectedTrouble(
  track: Track,
  window: Window | null,
  rejected: readonly Rejection[],
  count: number,
  at: number,
): RetryEntry {
  return {
    ...onlyTrack(track),
    kind: "rejected",
    window,
    at: new Date(at).toISOString(),
    reason: `${count} ${count === 1 ? "row" : "rows"} rejected`,
    hint: rejected.length > 0
      ? undefined
      : "Which rows is not known since the checkpoint was rebuilt; --resume shows them again",
    rejected: rejected.slice(0, REJECTIONS_PER_WINDOW).map(bounded),
  };
}

/** Whether both are of the same track. */
export function sameTrack(a: Track, b: Track): boolean {
  return a.stream === b.stream && a.scope === b.scope && a.each === b.each;
}

/** The order in which troubles are shown: stream by stream, by their dates. */
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
