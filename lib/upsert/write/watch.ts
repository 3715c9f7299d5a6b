// Owns what a write compares and records about rows that can vanish. Types and the empty value only.
import type { RowSet } from "../../extract/row_shape.ts";
import { shapeOf, STATED_TABLE } from "../sql/system_tables.ts";
import type { ReadWindow } from "../sql/vanished_sql.ts";

/** What the target compares and records about rows that can vanish. */
export interface Watch {
  /** The keys that the batch holds. */
  readonly stated: RowSet;
  /** The windows that it completes without a rejected row, and the tables that their stream writes. */
  readonly read: readonly { readonly window: ReadWindow; readonly tables: ReadonlySet<string> }[];
}

/** Nothing to compare. */
export const NOTHING_WATCHED: Watch = {
  stated: { shape: shapeOf(STATED_TABLE), rows: [] },
  read: [],
};
