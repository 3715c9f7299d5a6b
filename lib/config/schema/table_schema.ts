// Owns the keys under `tables`: columns, keys, merge policies, indexes and references. Schema only; the
// SQL is written in lib/upsert/sql.
import { z } from "zod";
import { type Column, COLUMN_TYPES, MERGE_POLICIES } from "../job/table.ts";
import { name, oneOrMore } from "./scalar_schema.ts";

export type { ColumnType } from "../job/table.ts";

/** What happens to rows that the API no longer returns. */
const VANISHED = ["keep", "mark", "delete"] as const;

/** What happens to rows that the API no longer returns. */
export type Vanished = (typeof VANISHED)[number];

/** The schema of a merge policy. */
export const merge = z.enum(MERGE_POLICIES);

const column = z.union([
  z.enum(COLUMN_TYPES).transform((type): Column => ({ type })),
  z.strictObject({
    type: z.enum(COLUMN_TYPES).describe("Type of the column; `money` is stored as numeric.").meta({
      kind: "column type",
      example: "timestamptz",
    }),
    merge: merge.optional().describe("Merge policy of the column; overrides that of the table.")
      .meta({
        example: "greatest",
      }),
    about: z.string().optional().describe(
      "Description of the column; stored as its comment in the database.",
    ).meta({ example: "When the API last changed the record." }),
  }).meta({ shorthand: "type" }),
], { error: 'expected a type such as "text", or a mapping with "type"' });

/** The schema of a table. */
export const table = z.strictObject({
  key: oneOrMore(name).describe("Primary key: the column or columns that identify a row.").meta({
    kind: "name or list of names",
    example: ["station_id", "taken_at"],
  }),
  columns: z.record(name, column).describe(
    "Columns by name, in order: a type, or a mapping.",
  ).meta({
    kind: "mapping of types or mappings",
    example: { id: "text", seen: { type: "timestamptz", merge: "greatest" } },
  }),
  merge: merge.default("replace").describe(
    "Merge policy of columns that do not set one. `replace`: the new value; `fill`: the new value, unless it is null; `keep`: the existing value, unless it is null; `greatest`, `least`: the greater or the lesser of the two; `latest`: the value of the row whose `version` is greater.",
  ),
  version: oneOrMore(name).optional().describe(
    "Columns that determine which of two rows is newer, compared together, most significant first; required by `latest`.",
  ).meta({ kind: "name or list of names", example: "modified_at" }),
  vanished: z.enum(VANISHED).default("keep").describe(
    "What happens to a row that the API no longer returns when its window is fetched again: `keep` it, `mark` it in the column `vanished_at`, which Hindcast adds, or `delete` it.",
  ),
  indexes: z.array(oneOrMore(name)).default([]).describe(
    "Additional indexes: a column or a list of columns each.",
  ).meta({
    kind: "list of names or of lists of names",
    example: ["taken_at", ["region", "taken_at"]],
  }),
  references: z.record(name, z.string()).default({}).describe(
    "Foreign keys: column to `table.column`. Referenced tables are written first.",
  ).meta({ example: { station_id: "stations.id" } }),
  extend: z.boolean().default(false).describe(
    "Whether missing columns, `updated_at`, indexes, references and comments are added to a table that existed before Hindcast.",
  ),
  about: z.string().optional().describe("Description of the table.").meta({
    example: "One row for each reading of a station.",
  }),
});
