// Owns the types of the tables of a job that was parsed: columns, keys, merge policies. Kept in step with the
// schema by tests/config/schema/job_types_test.ts.

/** Column types of a job file; `money` is stored as numeric. */
export const COLUMN_TYPES = [
  "text",
  "integer",
  "bigint",
  "numeric",
  "double",
  "money",
  "boolean",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "uuid",
  "jsonb",
  "text[]",
  "integer[]",
  "bigint[]",
  "numeric[]",
  "double[]",
  "boolean[]",
  "date[]",
  "timestamptz[]",
  "uuid[]",
] as const;

/** Type of a column in a job file. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** Rules for merging the old and the new value of a column. */
export const MERGE_POLICIES = ["replace", "fill", "keep", "greatest", "least", "latest"] as const;

/** A rule for merging the old and the new value of a column. */
export type MergePolicy = (typeof MERGE_POLICIES)[number];

/** A column of a table. */
export interface Column {
  /** Type of the column; `money` is stored as numeric. */
  type: ColumnType;
  /** Merge policy of the column; overrides that of the table. */
  merge?: MergePolicy | undefined;
  /** Description of the column; stored as its comment in the database. */
  about?: string | undefined;
}

/** One table of a job. */
export interface Table {
  /** Primary key: the column or columns that identify a row. */
  key: string[];
  /** Columns by name, in order: a type, or a mapping. */
  columns: Record<string, Column>;
  /**
   * Merge policy of columns that do not set one. `replace`: the new value; `fill`: the new value, unless it
   * is null; `keep`: the existing value, unless it is null; `greatest`, `least`: the greater or the lesser of
   * the two; `latest`: the value of the row whose `version` is greater.
   */
  merge: MergePolicy;
  /**
   * Columns that determine which of two rows is newer, compared together, most significant first;
   * required by `latest`.
   */
  version?: string[] | undefined;
  /**
   * What happens to a row that the API no longer returns when its window is fetched again: `keep` it,
   * `mark` it in the column `vanished_at`, which Hindcast adds, or `delete` it.
   */
  vanished: "keep" | "mark" | "delete";
  /** Additional indexes: a column or a list of columns each. */
  indexes: string[][];
  /** Foreign keys: column to `table.column`. Referenced tables are written first. */
  references: Record<string, string>;
  /**
   * Whether missing columns, `updated_at`, indexes, references and comments are added to a table
   * that existed before Hindcast.
   */
  extend: boolean;
  /** Description of the table. */
  about?: string | undefined;
}
