// Owns the counts of a write: how many rows of a table were inserted, updated and left unchanged. Pure.

/** What a write did with the rows of one table. */
export interface WriteCounts {
  /** Rows with a new key. */
  readonly inserted: number;
  /** Existing rows that changed. */
  readonly updated: number;
  /** Rows that would not have changed, and were therefore not written. */
  readonly unchanged: number;
  /** Rows that a trigger of the table dropped; absent if there are none. */
  readonly dropped?: number;
  /** Rows that were marked or deleted because the API no longer returns them; absent if there are none. */
  readonly vanished?: number;
}

/** The counts of no rows. */
export const NOTHING: WriteCounts = { inserted: 0, updated: 0, unchanged: 0 };

/** The sum of two counts. */
export function sumCounts(a: WriteCounts, b: WriteCounts): WriteCounts {
  const dropped = (a.dropped ?? 0) + (b.dropped ?? 0);
  const vanished = (a.vanished ?? 0) + (b.vanished ?? 0);
  return {
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    unchanged: a.unchanged + b.unchanged,
    ...(dropped > 0 ? { dropped } : {}),
    ...(vanished > 0 ? { vanished } : {}),
  };
}

/** Whether rows of any table vanished. */
export function anyVanished(counts: ReadonlyMap<string, WriteCounts>): boolean {
  return counts.values().some(({ vanished = 0 }) => vanished > 0);
}
