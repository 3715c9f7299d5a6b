// Owns the choice of how rows of a shape get into their table, from what the batch before met there. A
// first load meets nothing: rows are copied straight into the table, 1.4 to 1.5 times as fast as
// staging and merging. A re-run meets rows that stay as they are: these are filtered out first, 1.1 to
// 1.3 times as fast and without WAL. In between ON CONFLICT alone is best. Pure: a state and a result make the
// next state. A wrong guess costs time, never rows.
import type { MergeWay } from "../sql/merge_sql.ts";
import type { WriteCounts } from "../sql/write_counts.ts";

/** How rows get into their table: `direct` copies into it, and fails as a whole on a key that is there. */
export type Way = "direct" | MergeWay;

/** What is expected of the next batch of a shape. */
export interface WriteOutlook {
  /** The way it will be written. */
  readonly way: Way;
  /** Batches in a row whose keys were all new. */
  readonly newInARow: number;
  /** How many of these it takes to try `direct`; grows with each time it failed. */
  readonly neededForDirect: number;
}

/** Before anything was written. */
export const UNKNOWN: WriteOutlook = { way: "filter", newInARow: 0, neededForDirect: 1 };

/** Share of unchanged rows from which filtering them first pays. */
const UNCHANGED_SHARE = 0.2;
/** Batches of new keys after which `direct` is tried again, however often it failed. */
const MOST_NEEDED = 256;

/** The outlook after a batch was written. */
export function afterBatch(outlook: WriteOutlook, counts: WriteCounts): WriteOutlook {
  const rows = counts.inserted + counts.updated + counts.unchanged;
  if (rows === 0) return outlook;
  if (counts.inserted === rows) {
    const newInARow = outlook.newInARow + 1;
    const way = newInARow >= outlook.neededForDirect ? "direct" : "guard";
    return { ...outlook, way, newInARow };
  }
  const way = counts.unchanged >= rows * UNCHANGED_SHARE ? "filter" : "guard";
  return { ...outlook, way, newInARow: 0 };
}

/** The outlook after copying directly met a key that was there. */
export function afterCollision(outlook: WriteOutlook): WriteOutlook {
  const neededForDirect = Math.min(outlook.neededForDirect * 4, MOST_NEEDED);
  return { way: "guard", newInARow: 0, neededForDirect };
}
