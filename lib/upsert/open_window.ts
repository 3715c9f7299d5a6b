// What is known of a window while its rows are on their way to the database: how many there are, which were rejected,
// and what the writes did. Invariant: a row that the database refuses counts against every window that it may belong to.
import type { Rejection } from "../extract/rejection.ts";
import type { RowDigest } from "./digest.ts";
import { anyVanished, sumCounts, type WriteCounts } from "./sql/write_counts.ts";
import type { StatedKeys } from "./stated_keys.ts";

/** The rows and rejections of a window so far. */
export interface OpenWindow {
  /** Rows extracted from its records. */
  rows: number;
  /** The rejections that are kept with their values. */
  readonly rejected: Rejection[];
  /** The number of all rejections. */
  rejectedCount: number;
  /** How many rows replace a different row of the same response with the same key. */
  replaced?: number;
  /** The keys of its rows that are not written yet; undefined if its stream writes no watched table. */
  readonly stated?: StatedKeys | undefined;
  /** Of its rows, for a stream that is fetched again at given ages. */
  readonly digest?: RowDigest | undefined;
  /** What the write did with its rows; undefined once they share a batch with rows of another window. */
  counts: WriteCounts | undefined;
}

/** A batch that was written. */
export interface Written {
  /** How many rows it held. */
  readonly rows: number;
  /** The windows that have rows in it. */
  readonly windows: readonly OpenWindow[];
}

/** Rejections of one window that are kept with their values; further ones are only counted. */
const MAX_REJECTIONS_KEPT = 1000;

/**
 * Adds rows that the database refused to the rejections of every window with rows in the batch. The
 * window that a refused row came from is unknown, and fetching one window too many loses nothing.
 */
export function rejectRows(batch: Written, rejected: readonly Rejection[]): void {
  for (const window of batch.windows) addRejections(window, rejected);
}

/** Adds the counts of a write to the window whose rows the batch holds, if it holds those of one window only. */
export function creditRows(
  batch: Written,
  counts: ReadonlyMap<string, WriteCounts>,
): void {
  if (batch.rows === 0 && !anyVanished(counts)) return;
  for (const window of batch.windows) {
    if (window.counts === undefined) continue;
    window.counts = batch.windows.length > 1
      ? undefined
      : [...counts.values()].reduce(sumCounts, window.counts);
  }
}

/** Adds rejections to a window: all are counted, the first are kept. */
export function addRejections(window: OpenWindow, rejected: readonly Rejection[]): void {
  window.rejectedCount += rejected.length;
  window.rejected.push(
    ...rejected.slice(0, Math.max(0, MAX_REJECTIONS_KEPT - window.rejected.length)),
  );
}
