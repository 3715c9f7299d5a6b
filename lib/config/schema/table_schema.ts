// Owns the keys below `tables`: columns, keys, merge policies, indexes and references. Schema only;
// SQL is made elsewhere.
import { z } from "zod";
import { name, oneOrMore } from "./scalar_schema.ts";

/** Types of columns, as a job file says them; `money` is stored as numeric. */
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

/** Type of a column as a job file says it. */
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** How a column's old and new value become one. */
export const MERGE_POLICIES = ["replace", "fill", "keep", "greatest", "least", "latest"] as const;

/** How an old and a new value of a column become one. */
export type MergePolicy = (typeof MERGE_POLICIES)[number];

/** The schema of a merge policy. */
export const merge = z.enum(MERGE_POLICIES);

const column = z.union([
  z.enum(COLUMN_TYPES).transform((type) => ({ type, merge: undefined, about: undefined })),
  z.strictObject({
    type: z.enum(COLUMN_TYPES).describe("Type of the column; `money` is stored as numeric.").meta({
      kind: "column type",
      example: "timestamptz",
    }),
    merge: merge.optional().describe("Merge policy of the column, instead of the table's.").meta({
      example: "greatest",
    }),
    about: z.string().optional().describe(
      "A sentence about the column; becomes its comment in the database.",
    ).meta({ example: "When the source last changed the record." }),
  }).meta({ shorthand: "type" }),
], { error: 'expected a type such as "text", or a map with "type"' });

/** The schema of a table. */
export const table = z.strictObject({
  key: oneOrMore(name).describe("The column or columns that identify a row.").meta({
    kind: "name or list of names",
    example: ["station_id", "taken_at"],
  }),
  columns: z.record(name, column).describe(
    "Columns by name, in order; each a type, or a map with its merge policy.",
  ).meta({
    kind: "map of types or maps",
    example: { id: "text", seen: { type: "timestamptz", merge: "greatest" } },
  }),
  merge: merge.default("replace").describe(
    "Merge policy of the columns that say none of their own.",
  ),
  version: oneOrMore(name).optional().describe(
    "Columns that say which of two rows is newer, most significant first; needed by `latest`; together they say the newest, as one value of several parts.",
  ).meta({ kind: "name or list of names", example: "modified_at" }),
  indexes: z.array(oneOrMore(name)).default([]).describe(
    "Further indexes, each a column or a list of columns.",
  ).meta({
    kind: "list of names or of lists of names",
    example: ["taken_at", ["region", "taken_at"]],
  }),
  references: z.record(name, z.string()).default({}).describe(
    "Foreign keys: column to `table.column`; such tables are written in dependency order.",
  ).meta({ example: { station_id: "stations.id" } }),
  extend: z.boolean().default(false).describe(
    "Whether missing columns, `updated_at`, indexes, references and comments are added to a table that existed before Hindcast.",
  ),
  about: z.string().optional().describe("A sentence about the table.").meta({
    example: "One row for each reading of a station.",
  }),
});

/** One table of a job. */
export type Table = z.output<typeof table>;
