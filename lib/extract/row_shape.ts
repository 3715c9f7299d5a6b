// Owns the shape of the rows of one entry of a stream's `rows`: the table, its columns, and how each
// merges. Computed from the job alone; rows carry no names, only values in this order.
import type { Job } from "../config/schema/job.ts";
import type {
  ColumnType,
  MergePolicy,
  RowsSpec,
  Stream,
  Table,
  ValueSpec,
} from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";

/** Values in PostgreSQL's text form, in the order of the shape's columns. */
export type Row = (string | null)[];

/** The shape of rows; such rows never touch a column that is not named here. */
export interface RowShape {
  /** Stream and index of the rows entry, such as `orders/1`. */
  readonly id: string;
  /** The stream. */
  readonly stream: string;
  /** The table. */
  readonly table: string;
  /** The mapped columns. */
  readonly columns: readonly string[];
  /** Their types. */
  readonly types: readonly ColumnType[];
  /** Their merge policies; that of a version column is `latest`, as it comes from the newer row. */
  readonly merges: readonly MergePolicy[];
  /** Indexes of the key's columns. */
  readonly key: readonly number[];
  /** Indexes of the mapped version columns, most significant first. */
  readonly version: readonly number[];
}

/** Rows of one shape. */
export interface RowSet {
  /** Their shape. */
  readonly shape: RowShape;
  /** The rows, in the order of the response. */
  readonly rows: Row[];
}

/**
 * The shapes of a stream's rows, one for each entry, in order.
 *
 * @throws {Failure} of kind `configuration` where the job was not checked: an unknown name, an unmapped key column.
 */
export function shapesOf(job: Job, stream: string): RowShape[] {
  const spec = streamOf(job, stream);
  return spec.rows.map((entry, index) => {
    const table = Object.hasOwn(job.tables, entry.table) ? job.tables[entry.table] : undefined;
    if (table === undefined) throw mismatch(stream, `table "${entry.table}" does not exist`);
    return shapeOf(stream, index, entry, table);
  });
}

/**
 * The stream with a name.
 *
 * @throws {Failure} of kind `configuration` where the job does not have it.
 */
export function streamOf(job: Job, stream: string): Stream {
  const spec = Object.hasOwn(job.streams, stream) ? job.streams[stream] : undefined;
  if (spec === undefined) throw mismatch(stream, "the stream does not exist");
  return spec;
}

/** The specification of a column's value: the entry's, or the field with the column's name. */
export function valueSpecOf(entry: RowsSpec, column: string): Partial<ValueSpec> {
  return entry.columns === undefined ? { path: [column] } : entry.columns[column] ?? {};
}

function shapeOf(stream: string, index: number, entry: RowsSpec, table: Table): RowShape {
  const columns = Object.keys(entry.columns ?? table.columns);
  const indexesOf = (names: readonly string[] = []) =>
    names.map((name) => columns.indexOf(name)).filter((at) => at >= 0);
  const key = indexesOf(table.key);
  if (key.length < table.key.length) {
    throw mismatch(stream, `rows of "${entry.table}" do not map every column of its key`);
  }
  return {
    id: `${stream}/${index}`,
    stream,
    table: entry.table,
    columns,
    types: columns.map((name) => columnOf(stream, entry.table, table, name).type),
    merges: columns.map((name) => {
      if (table.version?.includes(name)) return "latest";
      const { merge } = columnOf(stream, entry.table, table, name);
      return valueSpecOf(entry, name).merge ?? entry.merge ?? merge ?? table.merge;
    }),
    key,
    version: indexesOf(table.version),
  };
}

function columnOf(stream: string, tableName: string, table: Table, name: string) {
  const column = Object.hasOwn(table.columns, name) ? table.columns[name] : undefined;
  if (column === undefined) throw mismatch(stream, `"${tableName}" has no column "${name}"`);
  return column;
}

function mismatch(stream: string, what: string): Failure {
  return new Failure("configuration", `Cannot map stream "${stream}": ${what}`, {
    hint: "deno task check",
  });
}
