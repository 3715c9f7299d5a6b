// Owns the shape of the rows that one entry of a stream's `rows` makes: which columns of which table,
// and how each merges. Computed from the job alone; rows carry no names, only values in this order.
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

/** The shape of rows; columns of the table that are not named here are never touched by such rows. */
export interface RowShape {
  /** Stream and place of the rows entry, such as `orders/1`. */
  readonly id: string;
  /** The stream. */
  readonly stream: string;
  /** The table. */
  readonly table: string;
  /** The mapped columns. */
  readonly columns: readonly string[];
  /** Their types. */
  readonly types: readonly ColumnType[];
  /** Their merge policies; a version column is taken from the newer row, so it says `latest`. */
  readonly merges: readonly MergePolicy[];
  /** Indexes of the key's columns. */
  readonly key: readonly number[];
  /** Indexes of the version's columns that are mapped, most significant first. */
  readonly version: readonly number[];
}

/** Rows of one shape. */
export interface RowSet {
  /** Their shape. */
  readonly shape: RowShape;
  /** The rows, in the order of the source. */
  readonly rows: Row[];
}

/**
 * The shapes of a stream's rows, one for each entry, in order.
 *
 * @throws {Failure} of kind `configuration` where the job was not checked: an unknown name, a key that is not mapped.
 */
export function shapesOf(job: Job, stream: string): RowShape[] {
  const spec = streamOf(job, stream);
  return spec.rows.map((entry, index) => {
    const table = Object.hasOwn(job.tables, entry.table) ? job.tables[entry.table] : undefined;
    if (table === undefined) throw mismatch(stream, `there is no table "${entry.table}"`);
    return shapeOf(stream, index, entry, table);
  });
}

/**
 * The stream of that name.
 *
 * @throws {Failure} of kind `configuration` where the job has none.
 */
export function streamOf(job: Job, stream: string): Stream {
  const spec = Object.hasOwn(job.streams, stream) ? job.streams[stream] : undefined;
  if (spec === undefined) throw mismatch(stream, "there is no such stream");
  return spec;
}

/** How the value of a column is found: as the entry says, or in the field of the column's name. */
export function valueSpecOf(entry: RowsSpec, column: string): Partial<ValueSpec> {
  return entry.columns === undefined ? { path: [column] } : entry.columns[column] ?? {};
}

function shapeOf(stream: string, index: number, entry: RowsSpec, table: Table): RowShape {
  const columns = Object.keys(entry.columns ?? table.columns);
  const indexesOf = (names: readonly string[] = []) =>
    names.map((name) => columns.indexOf(name)).filter((at) => at >= 0);
  const key = indexesOf(table.key);
  if (key.length < table.key.length) {
    throw mismatch(stream, `rows of "${entry.table}" have no value for every column of its key`);
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
