// Owns the keys below a stream's `rows`: which tables a record feeds, for which of its elements, and
// how the value of each column is found. Schema only; lib/extract does what it says.
import { z } from "zod";
import { condition, name, oneOrMore, path, pattern, scalar } from "./scalar_schema.ts";
import { merge } from "./table_schema.ts";

const value = z.strictObject({
  path: oneOrMore(path).optional().describe(
    "Where the value is found; of several paths the first that is not null. Without `path`, `value`, `template` and `hash` the field of the column's name.",
  ).meta({ kind: "path or list of paths", example: ["taken_at", "created_at"] }),
  value: scalar.optional().describe("A constant.").meta({ example: "usgs" }),
  template: z.string().optional().describe(
    "Text with `{path}` placeholders; null if one of them is null.",
  ).meta({ example: "{station_id}/{date}" }),
  hash: z.array(path).min(1).optional().describe(
    "A hash of the values at these paths, for rows without a key of their own.",
  ).meta({ kind: "list of paths", example: ["date", "name"] }),
  nulls: z.array(z.string()).optional().describe(
    "Texts that mean no value here, instead of the job's `nulls`.",
  ).meta({ example: ["", "-", "n/a"] }),
  split: z.string().min(1, { error: "expected a text" }).optional().describe(
    "Text between the parts of a list that is written as one text, for the array types; empty parts are dropped.",
  ).meta({ example: ";" }),
  trim: z.boolean().default(true).describe("Whether blanks around a text are cut off."),
  capture: pattern.optional().describe(
    "Regular expression; its first group is taken, or the whole match without a group; no match is null.",
  ).meta({ example: "\\(([A-Z]{2,3})\\)$" }),
  case: z.enum(["lower", "upper"]).optional().describe("Letters are made lower or upper case.")
    .meta({
      example: "upper",
    }),
  map: z.record(z.string(), scalar).optional().describe(
    "Texts to be replaced by others; what is not listed stays.",
  ).meta({ example: { Y: true, N: false } }),
  format: z.string().optional().describe(
    'How a date or number is written: `epoch`, `epoch_ms`, `clock` ("2:19.97" to seconds) or a pattern such as `%d/%m/%Y`.',
  ).meta({ example: "%d/%m/%Y" }),
  decimal: z.enum([".", ","]).default(".").describe("The decimal mark of numbers."),
  default: scalar.optional().describe("Value where nothing else is found.").meta({
    kind: "text, number or boolean",
    example: 0,
  }),
  invalid: z.enum(["reject", "null"]).default("reject").describe(
    "What happens to a value that cannot be cast: the row is rejected, or the column is null.",
  ),
  merge: merge.optional().describe("Merge policy of this value, instead of the column's.").meta({
    example: "fill",
  }),
}).meta({ shorthand: "path" });

/** The schema of the rows that a record becomes for one table. */
export const rowsEntry = z.strictObject({
  table: name.describe("Table the rows go to.").meta({ example: "readings" }),
  each: path.optional().describe(
    "Path of a list inside the record, a row for each element; `a[].b[]` for lists in lists, `a{}` for the members of an object, whose names are `$key`, `a{[]}` for an object of equally long lists. In `columns`, `^` is then the parent.",
  ).meta({ example: "readings[]" }),
  when: oneOrMore(
    z.union([path.transform((at) => ({ path: at, is: undefined, not: undefined })), condition], {
      error: "expected a path, or a map with path, is and not",
    }),
  ).optional().describe("Paths that must hold a value, or conditions, for a row to be made.").meta({
    kind: "path, condition or list of them",
    example: ["station_id", { path: "status", is: ["final"] }],
  }),
  columns: z.record(
    name,
    z.union([path.transform((at): z.input<typeof value> => ({ path: at })).pipe(value), value], {
      error: "expected a path, or a map such as {path: a.b, format: epoch} or {path: [a, b]}",
    }),
  ).optional().describe(
    "Column to path, or to a map; without it each column is taken from the field of its name.",
  ).meta({
    kind: "map of paths or maps",
    example: { id: "reading_id", value: { path: "result.value", nulls: ["", "-"] } },
  }),
  merge: merge.optional().describe(
    "Merge policy of all columns of these rows, instead of the table's.",
  ).meta({ example: "fill" }),
}).meta({ shorthand: "table" });

/** The schema of `rows`: a table's name, one entry, or a list of entries. */
export const rows = z.union([
  name.transform((table): z.output<typeof rowsEntry>[] => [{ table }]),
  rowsEntry.transform((entry) => [entry]),
  z.array(rowsEntry).min(1, { error: "expected at least one" }),
], {
  error: "expected a table's name, a map with table, each and columns, or a list of such maps",
});

/** The rows that a record becomes for one table. */
export type RowsSpec = z.output<typeof rowsEntry>;
/** How the value of one column is found. */
export type ValueSpec = z.output<typeof value>;
