// Owns the keys under a stream's `rows`: which tables a record is written to, how many rows it produces,
// and where the value of each column comes from. Schema only; lib/extract implements it.
import { z } from "zod";
import { isTimeZone } from "../../plan/time/civil.ts";
import { condition, name, oneOrMore, path, pattern, scalar } from "./scalar_schema.ts";
import { merge } from "./table_schema.ts";

const value = z.strictObject({
  path: oneOrMore(path).optional().describe(
    "Path of the value; if there are several, the first whose value is not null. If `path`, `value`, `template` and `hash` are all omitted, the field with the name of the column.",
  ).meta({ kind: "path or list of paths", example: ["taken_at", "created_at"] }),
  value: scalar.optional().describe("A constant.").meta({ example: "usgs" }),
  template: z.string().optional().describe(
    "String with `{path}` placeholders; null if one of them is null.",
  ).meta({ example: "{station_id}/{date}" }),
  hash: z.array(path).min(1).optional().describe(
    "Hash of the values at these paths, for records without a key.",
  ).meta({ kind: "list of paths", example: ["date", "name"] }),
  nulls: z.array(z.string()).optional().describe(
    "Strings read as null, instead of the job's `nulls`.",
  ).meta({ example: ["", "-", "n/a"] }),
  split: z.string().min(1, { error: "expected a string" }).optional().describe(
    "Separator of a list that is written as one string, for array types; empty elements are dropped.",
  ).meta({ example: ";" }),
  join: z.string().optional().describe(
    "Separator by which an array is written as one string, for `text`; null elements are dropped, and an empty array is null.",
  ).meta({ example: "," }),
  trim: z.boolean().default(true).describe("Whether leading and trailing whitespace is removed."),
  capture: pattern.optional().describe(
    "Regular expression. The value is its first group, or the whole match if there is no group; null if it does not match.",
  ).meta({ example: "\\(([A-Z]{2,3})\\)$" }),
  case: z.enum(["lower", "upper"]).optional().describe("Converts letters to lower or upper case.")
    .meta({
      example: "upper",
    }),
  map: z.record(z.string(), scalar).optional().describe(
    "Replacements by string; a value that is not listed is unchanged.",
  ).meta({ example: { Y: true, N: false } }),
  format: z.union([z.string(), z.array(z.string()).min(1, { error: "expected at least one" })], {
    error: "expected a format, or a list of them",
  }).optional().describe(
    'Format of a date or number: `epoch`, `epoch_ms`, `epoch_us`, `epoch_ns`, `clock` ("2:19.97" to seconds) or a pattern such as `%d/%m/%Y`. If it is a list, the first format that matches is used.',
  ).meta({ kind: "format or list of them", example: "%d/%m/%Y" }),
  time_zone: z.string().refine(isTimeZone, { error: "expected a time zone such as Europe/London" })
    .optional().describe(
      "Time zone of local times and dates of this value, instead of the job's. A `date` column then takes the date of every instant in it; otherwise an instant at midnight UTC is the date it is written with.",
    ).meta({ kind: "time zone", example: "America/New_York" }),
  ambiguous: z.enum(["earlier", "later"]).optional().describe(
    "The instant of a local time that a clock change repeats or skips. If omitted, the order of the records decides, or the row is rejected.",
  ).meta({ example: "earlier" }),
  plus: z.strictObject({
    count: path.describe("Path of the number of steps.").meta({ example: "position" }),
    of: z.string().min(1).describe(
      "Length of a step: `15min`, `1h`, `day`, `month`, or the path of one, which may also be ISO 8601 (`PT15M`) or a number of seconds.",
    ).meta({ kind: "length or path", example: "^resolution" }),
    first: z.int().default(0).describe("The number of the step at the start.").meta({ example: 1 }),
  }).optional().describe(
    "For dates and times: steps to add to the value, where records are numbered from a start.",
  ).meta({ example: { count: "position", of: "PT15M", first: 1 } }),
  scale: z.union([z.number(), z.string()]).transform(String).refine(
    (text) => /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) && Number(text) !== 0,
    { error: "expected a number other than 0" },
  ).optional().describe(
    "For numbers: the factor that the value is multiplied by, exactly, such as 0.01 from cents to units.",
  ).meta({ kind: "number", example: 0.01 }),
  decimal: z.enum([".", ","]).default(".").describe("Decimal separator of numbers."),
  default: scalar.optional().describe("Value used instead of null.").meta({
    kind: "string, number or boolean",
    example: 0,
  }),
  invalid: z.enum(["reject", "null"]).default("reject").describe(
    "What happens if a value cannot be cast: `reject` the row, or store `null`.",
  ),
  merge: merge.optional().describe("Merge policy of this value; overrides that of the column.")
    .meta({
      example: "fill",
    }),
}).meta({ shorthand: "path" });

/** The schema of one entry of `rows`: the rows that a record produces for one table. */
const rowsEntry = z.strictObject({
  table: name.describe("Table that the rows are written to.").meta({ example: "readings" }),
  each: path.optional().describe(
    "Path of an array in the record; each element becomes a row. `a[].b[]` reads nested arrays, `a{}` the members of an object (with the name as `$key`), `a{[]}` an object of arrays of equal length. In `columns`, `^` is the parent of the element.",
  ).meta({ example: "readings[]" }),
  when: oneOrMore(
    z.union([path.transform((at) => ({ path: at, is: undefined, not: undefined })), condition], {
      error: "expected a path, or a mapping with path, is and not",
    }),
  ).optional().describe(
    "Paths that must have a value, or conditions that must hold; otherwise no row is produced.",
  ).meta({
    kind: "path, condition or list of them",
    example: ["station_id", { path: "status", is: ["final"] }],
  }),
  columns: z.record(
    name,
    z.union([path.transform((at): z.input<typeof value> => ({ path: at })).pipe(value), value], {
      error: "expected a path, or a mapping such as {path: a.b, format: epoch} or {path: [a, b]}",
    }),
  ).optional().describe(
    "Column to path, or to a mapping. If omitted, each column is read from the field with its name.",
  ).meta({
    kind: "mapping of paths or mappings",
    example: { id: "reading_id", value: { path: "result.value", nulls: ["", "-"] } },
  }),
  merge: merge.optional().describe(
    "Merge policy of all columns of these rows; overrides that of the table.",
  ).meta({ example: "fill" }),
}).meta({ shorthand: "table" });

/** The schema of `rows`: the name of a table, one entry, or a list of entries. */
export const rows = z.union([
  name.transform((table): z.output<typeof rowsEntry>[] => [{ table }]),
  rowsEntry.transform((entry) => [entry]),
  z.array(rowsEntry).min(1, { error: "expected at least one" }),
], {
  error:
    "expected the name of a table, a mapping with table, each and columns, or a list of such mappings",
});
