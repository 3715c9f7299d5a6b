// Compiles one entry of a stream's `rows`: a reader for every mapped column, and the conditions. Equal
// readers are shared, so that a value that several tables map alike is read once.
import type { Job } from "../config/schema/job.ts";
import type { RowsSpec, Table } from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";
import { compileCondition, type ConditionSpec } from "./value/condition.ts";
import type { EntryPlan } from "./row_code.ts";
import { type RowShape, valueSpecOf } from "./row_shape.ts";
import { markersOf } from "./value/null_markers.ts";
import { type ColumnReader, compileValue } from "./value/value.ts";

/** Most bytes of all columns of an index: PostgreSQL allows 2,704 in a B-tree entry. */
const MAX_INDEX_BYTES = 2600;

/** The context that the entries of a stream share. */
export interface EntryContext {
  /** The job. */
  readonly job: Job;
  /** The readers compiled so far, by specification. */
  readonly readers: Map<string, ColumnReader>;
  /** Called for every value that cannot be cast. */
  readonly onRefusal: () => void;
}

/**
 * Compiles an entry.
 *
 * @throws {Failure} of kind `configuration` naming stream, table and column.
 */
export function compileEntry(entry: RowsSpec, shape: RowShape, context: EntryContext): EntryPlan {
  const { job } = context;
  return {
    key: shape.key,
    conditions: (entry.when ?? []).map((when) => ({
      ...namingError(shape, "when", () => compileCondition(when, markersOf({}, job.nulls).isNull)),
      ...columnOf(entry, shape, when),
    })),
    readers: shape.columns.map((column, at) =>
      namingError(shape, column, () => readerOf(entry, shape, column, at, context))
    ),
  };
}

/** The column that is null exactly where a condition finds no value: it reads the same path, unchanged. */
function columnOf(
  entry: RowsSpec,
  shape: RowShape,
  { path, is, not }: ConditionSpec,
): { column?: number } {
  if (is !== undefined || not !== undefined) return {};
  const column = shape.columns.findIndex((name) => {
    const { path: paths, merge: _, trim = true, decimal: __, invalid = "reject", ...rest } =
      valueSpecOf(entry, name);
    const isPlain = trim && invalid === "reject" && Object.keys(rest).length === 0;
    return isPlain && paths?.length === 1 && paths[0] === path;
  });
  return column < 0 ? {} : { column };
}

function readerOf(
  entry: RowsSpec,
  shape: RowShape,
  column: string,
  at: number,
  { job, readers, onRefusal }: EntryContext,
): ColumnReader {
  const { merge: _, ...spec } = valueSpecOf(entry, column);
  const table = job.tables[shape.table]!;
  const context = {
    type: shape.types[at]!,
    maxBytes: maxBytesOf(table, column),
    inKey: table.key.includes(column),
  };
  const found = withPath(spec, column);
  const id = JSON.stringify([found, context]);
  const known = readers.get(id);
  if (known !== undefined) return known;
  const { nulls, time_zone: timeZone } = job;
  const reader = compileValue(found, { ...context, nulls, timeZone, onRefusal });
  readers.set(id, reader);
  return reader;
}

/** A value without a location is read from the field with the column's name. */
function withPath(spec: ReturnType<typeof valueSpecOf>, column: string) {
  const isFound = [spec.path, spec.value, spec.template, spec.hash].some((at) => at !== undefined);
  return isFound ? spec : { ...spec, path: [column] };
}

/** Most bytes of a column's text form, where an index contains it. */
function maxBytesOf(table: Table, column: string): number | undefined {
  const indexes = [table.key, ...table.indexes].filter((columns) => columns.includes(column));
  if (indexes.length === 0) return undefined;
  return Math.floor(MAX_INDEX_BYTES / Math.max(...indexes.map((columns) => columns.length)));
}

function namingError<T>(shape: RowShape, what: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new Failure(
      "configuration",
      `Cannot compile "${shape.table}.${what}" of stream "${shape.stream}": ${
        (error as Error).message
      }`,
      { hint: "deno task check", cause: error },
    );
  }
}
