// Owns the schema of job files, together with the other *_schema.ts files: type, unit, default, meaning
// and an example of every key. Parsing, `check`, the JSON Schema for editors and docs/keys.md are all
// derived from it; nothing else describes a key. References between parts of a job (a stream's table, a
// key's column) are checked in lib/config/resolve.
import { z } from "zod";
import { isTimeZone } from "../../plan/time/civil.ts";
import { calendarDate, name, oneOrMore, pattern, scalar, sql } from "./scalar_schema.ts";
import { archive } from "./archive_schema.ts";
import { notify } from "./notify_schema.ts";
import { source } from "./source_schema.ts";
import { stream } from "./stream_schema.ts";
import { table } from "./table_schema.ts";

export type { Auth } from "../job/auth.ts";
export type { Source } from "../job/source.ts";
export type { Paging } from "../job/paging.ts";
export type { ExportSpec, RecordsSpec, RequestSpec, Stream } from "../job/stream.ts";
export type { RowsSpec, ValueSpec } from "../job/rows.ts";
export { COLUMN_TYPES } from "../job/table.ts";
export type { ColumnType, MergePolicy, Table } from "../job/table.ts";
export type { Check, Param, ParsedJob } from "../job/parsed_job.ts";

const param = z.strictObject({
  list: z.boolean().default(false).describe("Whether the parameter accepts several values."),
  default: z.union([scalar, z.array(scalar)]).optional().describe(
    "Value if the flag is not given.",
  ).meta({ kind: "value or list of values", example: ["north", "south"] }),
  pattern: pattern.optional().describe(
    "Regular expression that each value must match as a whole.",
  ).meta({ example: "[a-z]{2,8}" }),
  choices: z.array(z.string()).min(1, { error: "expected at least one" }).optional().describe(
    "Allowed values.",
  ).meta({ example: ["north", "south"] }),
  about: z.string().optional().describe("Description shown by --help.").meta({
    example: "Regions to fetch. Defaults to all.",
  }),
}).transform((param) => ({
  ...param,
  default: param.list && param.default !== undefined ? [param.default].flat() : param.default,
}));

const EXPECTATION = "expected rows, no_rows, or a mapping of columns to comparisons, such as " +
  '{readings: "> 0"}';

const check = z.strictObject({
  about: z.string().optional().describe("Description of the check.").meta({
    example: "Every reading has a station.",
  }),
  sql: sql.describe("SQL query on the target.").meta({
    example: "SELECT count(*) AS readings FROM readings",
  }),
  expect: z.union([
    z.enum(["rows", "no_rows"]),
    z.record(
      z.string(),
      z.string().regex(/^(=|!=|<|<=|>|>=) ?[^\s=<>!].*$/, {
        error: 'expected a comparison such as "> 0" or "= other_column"',
      }),
    ),
  ], { error: EXPECTATION }).optional().describe(
    '`rows`, `no_rows`, or a mapping of columns of the first row to comparisons, such as `readings: "> 0"` or `a: "= b"`. If omitted, the result is printed and the check passes.',
  ).meta({ example: { readings: "> 0" } }),
});

/** The schema of a job file, after includes and `${NAME}` are resolved. */
export const jobSchema = z.strictObject({
  job: name.describe("Name of the job; checkpoints are stored under it.").meta({
    example: "weather",
  }),
  about: z.string().optional().describe("Description of the job.").meta({
    example: "Earthquakes from USGS, worldwide.",
  }),
  include: oneOrMore(z.string()).optional().describe(
    "Files in the folder of this file or below it. Keys of this file take precedence over theirs.",
  ).meta({ kind: "file or list of files", example: "shared/source.yaml" }),
  variables: oneOrMore(z.string()).optional().describe(
    "Environment variables that the job may use outside `source.auth` although they are neither in .env.local or .env nor prefixed with the name of the job.",
  ).meta({ kind: "name or list of names", example: ["API_REGION"] }),
  time_zone: z.string().refine(isTimeZone, {
    error: "expected a time zone such as Europe/London",
  }).default("UTC").describe("Time zone of the dates.")
    .meta({ kind: "time zone", example: "Europe/London" }),
  start: calendarDate.optional().describe("Default start date of a run.").meta({
    example: "2015-01-01",
  }),
  nulls: z.array(z.string()).default([""]).describe("Strings read as null, in every column.")
    .meta({ example: ["", "-"] }),
  source: z.union([
    z.string().min(1).transform((url) => ({ url })).pipe(source),
    source,
  ], { error: "expected a URL, or a mapping with url" }).describe("The API: its URL, or a mapping.")
    .meta({
      kind: "URL or mapping",
      example: "https://api.example.com",
    }),
  drift: z.enum(["report", "fail"]).default("report").describe(
    "What happens if the fields of responses change: `report` it, or `fail` the run, after its rows are written.",
  ),
  notify: z.union([
    z.string().min(1).transform((url) => ({ url })).pipe(notify),
    notify,
  ], { error: "expected a webhook's URL, or a mapping with url" }).optional().describe(
    "Where runs report that they failed, are done, or are waiting for more than an hour: the URL of a webhook, or a mapping.",
  ).meta({ kind: "URL or mapping", example: { url: "${SLACK_WEBHOOK_URL}" } }),
  archive: z.union([
    z.string().min(1).transform((path) => ({ path })).pipe(archive),
    archive,
  ], { error: "expected a folder or s3://bucket/prefix, or a mapping with path" }).optional()
    .describe("Where every response is stored, so that it never has to be fetched again.").meta({
      kind: "folder, s3://bucket/prefix or mapping",
      example: "./data/archive",
    }),
  params: z.record(name, param).default({}).describe(
    "Parameters of the job. Each is a command-line flag and available as `{params.NAME}` in requests.",
  ).meta({ example: { regions: { list: true } } }),
  tables: z.record(name, table).describe("Tables by name.").meta({
    example: { readings: { key: "id", columns: { id: "text" } } },
  }),
  streams: z.record(name, stream).describe("Streams by name, in the order they run.").meta({
    example: { stations: { request: "/v1/stations", rows: "stations" } },
  }),
  checks: z.record(name, check).default({}).describe("Queries that `verify` runs on the target.")
    .meta({ example: { any: { sql: "SELECT 1 FROM readings LIMIT 1", expect: "rows" } } }),
});
