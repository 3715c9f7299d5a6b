// Owns what is told of the rows that an answer became: per entry of "rows" how many, which columns were
// filled how often and with what, and which values did not fit. Pure; every text in it is cut short.
import type { Extraction, Rejection } from "../extract/extractor.ts";
import type { RowShape } from "../extract/row_shape.ts";
import { remedyOf } from "./suggested_fix.ts";

/** A column over the rows of an answer. */
export interface ColumnReport {
  /** Its name. */
  readonly column: string;
  /** Its type, as the job says it. */
  readonly type: string;
  /** Whether it is of the key. */
  readonly key: boolean;
  /** Rows in which it has a value. */
  readonly filled: number;
  /** Its values in the first rows, in PostgreSQL's text form, cut short. */
  readonly values: readonly (string | null)[];
}

/** The rows of one entry of "rows". */
export interface RowReport {
  /** Their table. */
  readonly table: string;
  /** How many there are. */
  readonly rows: number;
  /** The mapped columns, in order. */
  readonly columns: readonly ColumnReport[];
}

/** Values that were refused for one reason. */
export interface CastFailure {
  /** The table that the row was for. */
  readonly table: string;
  /** Null where it was the record as such. */
  readonly column: string | null;
  /** Continues the sentence "the value ...". */
  readonly reason: string;
  /** How often. */
  readonly count: number;
  /** One such value, as JSON. */
  readonly value: string;
  /** The record it stood in, as JSON. */
  readonly record: string;
  /** What to write beside the path of the column, where the value suggests it; else null. */
  readonly remedy: string | null;
}

const ROWS_SHOWN = 3;
const LONGEST_VALUE = 200;
const LONGEST_RECORD = 300;

/** Reports on every entry, those without rows too. */
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

/** Columns as `table.column` that no row of any entry filled, among tables that have rows. */
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

/** Rejections gathered by table, column and reason, the most frequent first. */
export function gatherMisfits(
  rejected: readonly Rejection[],
  shapes: readonly RowShape[],
): CastFailure[] {
  const typeOf = (table: string, column: string | null) => {
    const shape = shapes.find((shape) =>
      shape.table === table && shape.columns.includes(column ?? "")
    );
    return shape?.types[shape.columns.indexOf(column ?? "")];
  };
  const misfits = new Map<string, { -readonly [K in keyof CastFailure]: CastFailure[K] }>();
  for (const { table, column, reason, value, record } of rejected) {
    const id = JSON.stringify([table, column, reason]);
    const known = misfits.get(id);
    if (known !== undefined) known.count++;
    else {
      const type = typeOf(table, column);
      misfits.set(id, {
        table,
        column,
        reason,
        count: 1,
        value: cut(value, LONGEST_VALUE),
        record: cut(record, LONGEST_RECORD),
        remedy: type === undefined ? null : remedyOf(type, value) ?? null,
      });
    }
  }
  return [...misfits.values()].sort((a, b) => b.count - a.count);
}

function cut<T extends string | null>(text: T, chars: number): T {
  return text === null || text.length <= chars ? text : `${text.slice(0, chars)}...` as T;
}
