// Finds different rows that share a key within one response: only the last one is stored. It passes over rows
// that the job declares to merge: by policy, by version, by `each`, or by several entries for one table. Pure.
import type { Stream } from "../config/schema/job_schema.ts";
import { preview } from "./value/preview.ts";
import type { Row, RowSet, RowShape } from "./row_shape.ts";

/** Rows of one table that replace different rows with the same key. */
export interface SharedKeys {
  /** The table. */
  readonly table: string;
  /** How many rows replace another one. */
  readonly count: number;
  /** The first such key, and a column with both of its values. */
  readonly example: string;
}

/** The tables in which different rows of one response share a key. */
export function sharedKeys(stream: Pick<Stream, "rows">, sets: readonly RowSet[]): SharedKeys[] {
  return sets.flatMap((set) =>
    mayMerge(stream, set.shape) || hasDistinctKeys(set) ? [] : foundIn(set)
  );
}

function mayMerge({ rows }: Pick<Stream, "rows">, { table, version }: RowShape): boolean {
  const entries = rows.filter((entry) => entry.table === table);
  return version.length > 0 || entries.length > 1 || entries.some(({ each }) => each !== undefined);
}

/** The usual case, with the least work for each row. */
function hasDistinctKeys({ shape, rows }: RowSet): boolean {
  if (rows.length < 2 || isSorted(shape, rows)) return true;
  const keys = new Set<string>();
  for (const row of rows) keys.add(keyOf(shape, row));
  return keys.size === rows.length;
}

/** Whether each key comes strictly after the one before, or each before it: a comparison costs less than a set. */
function isSorted(shape: RowShape, rows: readonly Row[]): boolean {
  const direction = orderOf(shape, rows[0]!, rows[1]!);
  if (direction === 0) return false;
  for (let at = 2; at < rows.length; at++) {
    if (orderOf(shape, rows[at - 1]!, rows[at]!) !== direction) return false;
  }
  return true;
}

/** The order of two keys as strings, shorter ones first, as integers are. */
function orderOf({ key }: RowShape, before: Row, after: Row): -1 | 0 | 1 {
  for (const at of key) {
    const [a, b] = [before[at] ?? "", after[at] ?? ""];
    if (a !== b) return a.length < b.length || a.length === b.length && a < b ? -1 : 1;
  }
  return 0;
}

function keyOf({ key }: RowShape, row: Row): string {
  return key.length === 1 ? row[key[0]!] ?? "" : JSON.stringify(key.map((at) => row[at]));
}

function foundIn({ shape, rows }: RowSet): SharedKeys[] {
  const kept = new Map<string, Row>();
  let [count, example] = [0, ""];
  for (const row of rows) {
    const key = keyOf(shape, row);
    const earlier = kept.get(key);
    kept.set(key, row);
    const at = earlier === undefined ? -1 : replacedColumn(shape, earlier, row);
    if (at >= 0 && count++ === 0) example = exampleOf(shape, at, earlier!, row);
  }
  return count === 0 ? [] : [{ table: shape.table, count, example }];
}

function exampleOf({ columns, key }: RowShape, at: number, earlier: Row, later: Row): string {
  const shown = (row: Row, at: number) => preview(row[at] ?? null, 40);
  const keys = key.map((one) => `${columns[one]} ${shown(later, one)}`);
  return `${keys.join(", ")}, ${columns[at]} ${shown(earlier, at)} and ${shown(later, at)}`;
}

/** The first column in which a row replaces the other value of an earlier one, or -1. */
function replacedColumn({ merges, key }: RowShape, earlier: Row, later: Row): number {
  return merges.findIndex((merge, at) =>
    merge === "replace" && !key.includes(at) && (earlier[at] ?? null) !== (later[at] ?? null)
  );
}
