// Owns the counts of a write: what became of the rows of one table. Pure.

/** What became of the rows of one table; their sum is the number of different keys written. */
export interface WriteCounts {
  /** Rows whose key was new. */
  readonly inserted: number;
  /** Rows that were there and changed. */
  readonly updated: number;
  /** Rows that would not have changed, and so were not written. */
  readonly unchanged: number;
}

/** Counts of no row. */
export const NOTHING: WriteCounts = { inserted: 0, updated: 0, unchanged: 0 };

/** The sum of two counts. */
export function sumCounts(a: WriteCounts, b: WriteCounts): WriteCounts {
  return {
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
  };
}
