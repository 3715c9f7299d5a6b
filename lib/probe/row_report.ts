// Owns the report on the rows that a response became: for each entry of "rows" how many, how often each column was
// filled and with what, and which values could not be cast. Pure; every string in it is truncated.
import type { Extraction, Rejection } from "../extract/extractor.ts";
import type { RowShape } from "../extract/row_shape.ts";
import { suggestedFix } from "./suggested_fix.ts";

/** A column over the rows of a response. */
export interface ColumnReport {
  /** Its name. */
  readonly column: string;
  /** Its declared type. */
  readonly type: string;
  /** Whether it is part of the primary key. */
  readonly key: boolean;
  /** Rows in which it is not null. */
  readonly filled: number;
  /** Its values in the first rows, in PostgreSQL's text form, truncated. */
  readonly values: readonly (string | null)[];
}

/** The rows of one entry of "rows". */
export interface RowReport {
  /** Their table. */
  readonly table: string;
  /** Their number. */
  readonly rows: number;
  /** The mapped columns, in order. */
  readonly columns: readonly ColumnReport[];
}

/** Values that cannot be cast, for one reason. */
export interface CastFailure {
  /** Table of the row. */
  readonly table: string;
  /** Column; null where the whole record was rejected. */
  readonly column: string | null;
  /** Continues the sentence "the value ...". */
  readonly reason: string;
  /** Number of such values. */
  readonly count: number;
  /** One such value, as JSON. */
  readonly value: string;
  /** The record with that value, as JSON. */
  readonly record: string;
  /** What to add next to the path of the column, where the value suggests it; else null. */
  readonly remedy: string | null;
}

const ROWS_SHOWN = 3;
const LONGEST_VALUE = 200;
const LONGEST_RECORD = 300;

/** Reports on every entry, including those without rows. */
export function reportRows(shapes: readonly RowShape[], { sets }: Extraction): RowReport[] {
  return shapes.map((shape) => {
    const rows = sets.find((set) => set.shape === shape)?.rows ?? [];
    const columns = shape.columns.map((column, at): ColumnReport => ({
      column,
      type: shape.types[at]!,
      key: shape.key.includes(at),
      filled: rows.filter((row) => row[at] !== null).length,
      values: rows.slice(0, ROWS_SHOWN).map((row) => cut(row[at] ?? null, LONGEST_VALUE)),
    }));
    return { table: shape.table, rows: rows.length, columns };
  });
}

/** Columns, as `table.column`, that are null in every row, of tables that have rows. */
export function neverFilled(reports: readonly RowReport[]): string[] {
  const filled = new Map<string, number>();
  for (const { table, rows, columns } of reports) {
    if (rows === 0) continue;
    for (const { column, filled: count } of columns) {
      const name = `${table}.${column}`;
      filled.set(name, (filled.get(name) ?? 0) + count);
    }
  }
  return [...filled].filter(([, count]) => count === 0).map(([name]) => name);
}

/** Rejections grouped by table, column and reason, the most frequent first. */
export function gatherCastFailures(
  rejected: readonly Rejection[],
  shapes: readonly RowShape[],
): CastFailure[] {
  const typeOf = (table: string, column: string | null) => {
    const shape = shapes.find((shape) =>
      shape.table === table && shape.columns.includes(column ?? "")
    );
    return shape?.types[shape.columns.indexOf(column ?? "")];
  };
  const failures = new Map<string, { -readonly [K in keyof CastFailure]: CastFailure[K] }>();
  for (const { table, column, reason, value, record } of rejected) {
    const id = JSON.stringify([table, column, reason]);
    const known = failures.get(id);
    if (known !== undefined) known.count++;
    else {
      const type = typeOf(table, column);
      failures.set(id, {
        table,
        column,
        reason,
        count: 1,
        value: cut(value, LONGEST_VALUE),
        record: cut(record, LONGEST_RECORD),
        remedy: type === undefined ? null : suggestedFix(type, value) ?? null,
      });
    }
  }
  return [...failures.values()].sort((a, b) => b.count - a.count);
}

function cut<T extends string | null>(text: T, chars: number): T {
  return text === null || text.length <= chars ? text : `${text.slice(0, chars)}...` as T;
}
