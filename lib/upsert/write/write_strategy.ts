// Chooses how rows of a shape are written into their table, from the counts of the previous
// batch. A first load finds no rows: COPY writes directly into the table, 1.4 to 1.5 times as fast as staging
// and merging. A repeated run finds unchanged rows: they are filtered out first, 1.1 to 1.3 times as fast and
// without WAL. In between, ON CONFLICT alone is best. Pure: a state and counts give the next state. A wrong
// guess costs time, never rows.
import type { MergeStrategy } from "../sql/merge_sql.ts";
import type { WriteCounts } from "../sql/write_counts.ts";

/** How rows are written: `direct` copies into the table, and fails as a whole if a key exists. */
export type WriteStrategy = "direct" | MergeStrategy;

/** What is known about the next batch of a shape. */
export interface StrategyState {
  /** Its strategy. */
  readonly strategy: WriteStrategy;
  /** Consecutive batches whose keys were all new. */
  readonly consecutiveNew: number;
  /** How many of these `direct` requires; grows with each failure of `direct`. */
  readonly requiredForDirect: number;
}

/** The state before the first batch. */
export const UNKNOWN: StrategyState = {
  strategy: "filter",
  consecutiveNew: 0,
  requiredForDirect: 1,
};

/** The share of unchanged rows from which filtering is faster. */
const UNCHANGED_SHARE = 0.2;
/** The most consecutive new batches that `direct` can require. */
const MAX_REQUIRED = 256;

/** The state after a batch. */
export function afterBatch(state: StrategyState, counts: WriteCounts): StrategyState {
  const rows = counts.inserted + counts.updated + counts.unchanged;
  if (rows === 0) return state;
  if (counts.inserted === rows) {
    const consecutiveNew = state.consecutiveNew + 1;
    const strategy = consecutiveNew >= state.requiredForDirect ? "direct" : "guard";
    return { ...state, strategy, consecutiveNew };
  }
  const strategy = counts.unchanged >= rows * UNCHANGED_SHARE ? "filter" : "guard";
  return { ...state, strategy, consecutiveNew: 0 };
}

/** The state after `direct` met an existing key. */
export function afterCollision(state: StrategyState): StrategyState {
  const requiredForDirect = Math.min(state.requiredForDirect * 4, MAX_REQUIRED);
  return { strategy: "guard", consecutiveNew: 0, requiredForDirect };
}
