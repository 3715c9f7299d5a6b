// Owns the keys under `streams`: the request, the windows, the shape of the response, the rows. Schema
// only; lib/config/resolve checks the keys against each other.
import { z } from "zod";
import type { WindowLength } from "../../plan/time/duration.ts";
import { exported } from "./export_schema.ts";
import { paging } from "./paging_schema.ts";
import { request } from "./request_schema.ts";
import { rows } from "./rows_schema.ts";
import { since } from "./since_schema.ts";
import {
  calendarDate,
  condition,
  duration,
  formerly,
  length,
  name,
  oneOrMore,
  path,
  rates,
  scalar,
  sql,
} from "./scalar_schema.ts";

export type { ErrorCondition, RecordsSpec, Stream } from "../job/stream.ts";

const recordsMap = z.strictObject({
  path: path.default("").describe(
    "Path of the records in the response body; empty for the body itself.",
  ).meta({ example: "data.items" }),
  as: z.enum(["list", "entries", "columns", "arrays", "single", "dimensions"]).default("list")
    .describe(
      "`list`: an array of objects; `entries`: an object whose member names become `$key`; `columns`: an object of arrays of equal length, " +
        "whose other members are part of every record; `arrays`: an array of arrays with `names`, or CSV without a header line; " +
        "`single`: the object itself is the record; `dimensions`: statistics of JSON-stat or SDMX-JSON, a record for each value with the code of each dimension.",
    ),
  names: z.union([z.array(z.string()), z.record(z.string(), path)], {
    error: "expected a list of names, or a mapping of names to paths",
  }).optional().describe(
    "For `arrays`, the names of the elements; for `columns` whose arrays are in different places, a mapping of names to paths.",
  ).meta({ kind: "list of names or mapping of paths", example: ["time", "open", "close"] }),
  names_path: path.optional().describe(
    "For `arrays`, the path of the names in the response body; `[]` may select a field of each element.",
  ).meta({ example: "fields[].name", ...formerly("names_at") }),
  optional: z.boolean().default(false).describe(
    "Whether a response without records may omit the path (or the arrays of `columns`), or be empty.",
  ),
}).meta({ shorthand: "path" });

const records = z.union([
  path.transform((at): z.output<typeof recordsMap> => ({
    path: at,
    as: "list",
    optional: false,
  })),
  recordsMap,
], { error: "expected a path, or a mapping with path and as" });

const eachSource = z.union([
  z.array(z.union([scalar, z.record(z.string(), scalar)], {
    error: "expected a string, a number, or a mapping of them",
  })).min(1, { error: "expected at least one" }).transform((values) => ({
    values,
    query: undefined,
    param: undefined,
  })),
  z.strictObject({
    query: sql.describe(
      "SQL query on the target. Each row is one value: a scalar if it has one column, else a mapping.",
    ).meta({ example: "SELECT id FROM sensors WHERE model IS NULL" }),
  }).transform(({ query }) => ({ query, values: undefined, param: undefined })),
  z.strictObject({
    param: name.describe("Name of a list parameter of the job.").meta({
      example: "stations",
    }),
  }).transform(({ param }) => ({ param, values: undefined, query: undefined })),
], { error: "expected a list, or a mapping with query or param" });

const DAY: WindowLength = { unit: "day", count: 1 };
const UNBOUNDED = undefined as WindowLength | undefined;

const window = z.union([
  z.literal("auto").transform(() => ({ auto: true as const, min: DAY, max: UNBOUNDED })),
  length.transform((fixed) => ({ auto: false as const, length: fixed })),
  z.strictObject({
    min: length.prefault("day").describe("Minimum length of a window."),
    max: length.optional().describe("Maximum length of a window.").meta({ example: "365d" }),
  }).transform(({ min, max }) => ({ auto: true as const, min, max })),
], {
  error: 'expected a length such as "day", "7d", "6h" or "month", "auto", or a mapping with max',
});

const forecast = z.strictObject({
  records_per_day: z.number().min(0).optional().describe(
    "Average number of records per day.",
  ).meta({ unit: "records", example: 35 }),
  rows_per_record: z.number().min(0).optional().describe(
    "Average number of rows per record, over all tables.",
  ).meta({ unit: "rows", example: 12 }),
});

const recordDateMap = z.strictObject({
  path: oneOrMore(path).describe(
    "Path of the date; if there are several, the first whose value is not null.",
  ).meta({ kind: "path or list of paths", example: ["updated_at", "created_at"] }),
  format: oneOrMore(z.string()).optional().describe(
    "Format of the date, as for column values, if it is neither ISO 8601 nor an epoch. Of a list, the first that fits counts.",
  ).meta({ kind: "format or list of them", example: "%d/%m/%Y" }),
  outside: z.enum(["reject", "drop"]).default("reject").describe(
    "What happens to a record outside its window: `reject` it, or `drop` it, for APIs that return more than was requested.",
  ),
}).meta({ shorthand: "path" });

const recordDate = z.union([
  path.transform((at): z.output<typeof recordDateMap> => ({ path: [at], outside: "reject" })),
  recordDateMap,
], { error: "expected a path, or a mapping with path, format and outside" });

const errorCondition = condition.extend({
  means: z.enum(["fail", "retry", "empty", "full", "stop"]).default("fail").describe(
    "`fail`: the window fails; `retry`: the request is sent again, according to `retry` of the source; `empty`: there are no records; `full`: the window holds too much, and an `auto` window is made shorter; `stop`: the run stops.",
  ),
  wait: z.string().optional().describe(
    "For `retry`: how long to wait, as a duration, or as the path of a number of seconds or of a time. The path may be `$header.NAME`.",
  ).meta({ kind: "duration or path", example: "retry_after" }),
}).meta({ shorthand: "path" });

const errorEntry = z.union([
  path.transform((at): z.output<typeof errorCondition> => ({ path: at, means: "fail" })),
  errorCondition,
], { error: "expected a path, or a mapping with path and means" });

const error = z.union([
  z.array(errorEntry).min(1, { error: "expected at least one" }),
  errorEntry.transform((entry) => [entry]),
], { error: "expected a path, a mapping with path and means, or a list of them" });

const encoding = z.string().refine(isEncoding, {
  error: "expected the name of an encoding, such as latin1, windows-1252 or utf-16",
});

function isEncoding(label: string): boolean {
  try {
    return new TextDecoder(label).encoding !== "";
  } catch {
    return false;
  }
}

const xmlPrefix = z.string().regex(/^[A-Za-z_][\w-]*$/, { error: "expected a prefix of letters" });

/** The schema of a stream. */
export const stream = z.strictObject({
  group: name.default("events").describe(
    "Group of the stream. Streams of a group run concurrently; groups run in the order of their first stream.",
  ),
  about: z.string().optional().describe("Description of the stream.").meta({
    example: "Readings of each station, a month at a time.",
  }),
  optional: z.boolean().default(false).describe(
    "Whether the stream runs only if it is requested with --only or --with.",
  ),
  values: z.array(z.record(z.string(), z.unknown())).optional().describe(
    "Fixed records, instead of a request.",
  ).meta({ kind: "list of mappings", example: [{ code: "n", name: "North" }] }),
  request: request.optional().describe("The request: a path, or a mapping.").meta({
    example: "/v1/stations",
  }),
  export: exported.optional().describe(
    "An export that is ordered first, prepared by the API, and fetched when it is ready: by `request`, with `{export.id}`, or at the URLs of `files`.",
  ).meta({
    example: {
      order: { path: "/reports", method: "POST", body: { from: "{from}", to: "{last}" } },
      id: "id",
      status: "/reports/{export.id}",
      state: "status",
      done: ["COMPLETED"],
      files: "url",
    },
  }),
  for_each: z.record(name, eachSource).optional().describe(
    "Values to repeat the request for, available as `{each.NAME}`: a list, a query on the target, or a parameter. Several keys are combined.",
  ).meta({
    kind: "mapping of lists, queries or parameters",
    example: { station: ["LHR", "CDG"], sensor: { query: "SELECT id FROM sensors" } },
  }),
  window: window.optional().describe(
    "Length of the windows: `day`, `7d`, `6h`, `week`, `month`, `year`, ..., `auto`, or bounds for `auto`. If omitted, the stream has no dates.",
  ).meta({ kind: "length, `auto` or bounds of `auto`", example: "7d" }),
  since: since.optional().describe(
    "For a feed without dates: each run continues at the cursor at which the last one ended. The cursor is committed with the rows.",
  ).meta({ example: { start: "2020-01-01", cursor: "end_time" } }),
  order: z.enum(["oldest_first", "newest_first"]).default("oldest_first").describe(
    "Which windows are fetched first. With `newest_first`, recent dates are available before a long history is loaded.",
  ),
  start: calendarDate.optional().describe("First date for which the API has data.").meta({
    example: "2015-01-01",
  }),
  settle: z.union([
    duration,
    z.array(duration).min(1, { error: "expected at least one" })
      .transform((ages) => [...new Set(ages)].sort((a, b) => a - b)),
  ], { error: 'expected a duration such as "3d", or a list of them' }).optional().describe(
    "How long data may still change: --resume and cron fetch windows younger than this again. A list contains the ages at which they fetch a window once more; after two such fetches in a row without a change, the window is final.",
  ).meta({ kind: "duration or list of durations", example: ["1d", "3d", "14d"] }),
  refresh: duration.optional().describe(
    "For a stream without windows: how long --resume and cron reuse its last response; a day if omitted.",
  ).meta({ example: "7d" }),
  weight: z.int().min(1).max(10_000).default(1).describe(
    "How much one request of the stream counts against the limits, if the API weighs requests.",
  ).meta({ unit: "requests" }),
  limits: rates.default([]).describe(
    "Rate limits of this stream, in addition to those of `source`.",
  )
    .meta({ example: "2/s" }),
  paging: paging.describe("How the pages of a response are requested, or `none`.").meta({
    kind: "`none` or mapping",
    example: { by: "offset", size_param: "limit", size: 100 },
  }),
  total: path.optional().describe(
    "Path of the total number of records; a window with a different number fails. `none` if numbers that look like a total mean something else.",
  ).meta({ example: "meta.total" }),
  max_records: z.int().min(1).optional().describe(
    "Largest number of records that the API returns in a response or, with paging, in all pages of a window. A window that reaches it is cut off: an `auto` window is made shorter, based on the total on the first page if there is one, and any other fails.",
  ).meta({ unit: "records", example: 1000, ...formerly("full") }),
  format: z.enum(["json", "ndjson", "csv", "xml"]).default("json").describe(
    "Format of the response.",
  ),
  encoding: encoding.optional().describe(
    "Character encoding of the response, if it is not UTF-8 and the response does not declare it.",
  ).meta({ kind: "name of an encoding", example: "windows-1252" }),
  member: z.string().min(1).optional().describe(
    "For a response that is a zip archive: the files to read; `*` matches any characters. By default, all files are read.",
  ).meta({ kind: "name", example: "*.csv" }),
  namespaces: z.record(xmlPrefix, z.string().min(1)).optional().describe(
    "For XML: prefixes that paths use for the elements and attributes of these namespaces. Other names are written without a prefix.",
  ).meta({ kind: "mapping of URIs", example: { media: "http://search.yahoo.com/mrss/" } }),
  single_as_list: z.boolean().default(false).describe(
    "Whether the API writes a list of one element as the element itself. XML always does.",
  ),
  delimiter: z.string().length(1, { error: "expected one character" }).default(",").describe(
    "CSV delimiter.",
  ),
  skip: z.int().min(1).max(1000).optional().describe(
    "Number of CSV lines before the header, such as a title.",
  ).meta({ unit: "lines", example: 2 }),
  comment: z.string().min(1, { error: "expected a string" }).optional().describe(
    "Prefix of CSV lines to ignore, including lines before the header.",
  ).meta({ example: "#" }),
  records: records.prefault("").describe("Location of the records: a path, or a mapping.").meta({
    example: "data",
  }),
  error: error.optional().describe(
    "Errors that a response reports in its body: a path, a condition, or a list of them; the first that holds decides. A path holds if its value is not null, false, 0 or empty.",
  ).meta({
    kind: "path, condition or list of them",
    example: [{ path: "errors.rateLimit", means: "retry", wait: "1m" }, "errors"],
  }),
  record_date: recordDate.optional().describe(
    "The date of a record: a path, or a mapping. A record outside its window is rejected.",
  ).meta({ kind: "path or mapping", example: "date" }),
  empty_statuses: z.array(z.int().min(400).max(499)).default([]).describe(
    "HTTP statuses that mean that the window is empty.",
  ).meta({ kind: "list of statuses", example: [404], ...formerly("empty_on") }),
  full_statuses: z.array(z.int().min(400).max(599)).default([]).describe(
    "HTTP statuses that mean that the window has too many records; an `auto` window is then split.",
  ).meta({ kind: "list of statuses", example: [413], ...formerly("full_on") }),
  forecast: forecast.optional().describe(
    "Estimates that --check-status uses until runs have measured the stream.",
  ).meta({ example: { records_per_day: 35, rows_per_record: 12 } }),
  max_pages: z.int().min(1).default(10_000).describe(
    "Maximum number of pages per window; a window with more fails.",
  ).meta({ unit: "pages" }),
  rows: rows.describe(
    "Rows that a record produces: the name of a table, or one or more entries.",
  ).meta({ example: "readings" }),
});
