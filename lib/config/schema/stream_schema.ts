// Owns the keys below `streams`: the request, the windows, the shape of the answer, the rows. Schema
// only; what the keys say together is cross-checked in job.ts.
import { z } from "zod";
import type { WindowLength } from "../../plan/time/duration.ts";
import { paging } from "./paging_schema.ts";
import { rows } from "./rows_schema.ts";
import {
  calendarDate,
  duration,
  length,
  name,
  path,
  rates,
  scalar,
  sql,
  template,
} from "./scalar_schema.ts";

type Body = string | number | boolean | null | Body[] | { [key: string]: Body };
const body: z.ZodType<Body> = z.lazy(() =>
  z.union([scalar, z.array(body), z.record(z.string(), body)])
).meta({ id: "body" });

const requestMap = z.strictObject({
  path: z.string().default("").describe(
    "Path after the source's URL, with placeholders; their values are percent-encoded.",
  ).meta({ kind: "template", example: "/v1/stations/{each.station}/readings" }),
  method: z.enum(["GET", "POST"]).default("GET").describe("HTTP method."),
  query: z.record(
    z.string(),
    z.union([template, z.array(template)], {
      error: "expected a text, a number, true, false or a list of them",
    }),
  ).default({}).describe(
    "Query parameters; one whose only placeholder has no value is left out, a list repeats the parameter.",
  ).meta({
    kind: "map of templates",
    example: { start: "{from}", end: "{last}", region: "{params.regions}" },
  }),
  headers: z.record(z.string(), template).default({}).describe("Headers of this request.").meta({
    kind: "map of templates",
    example: { "X-Date": "{from}" },
  }),
  body: body.optional().describe(
    "JSON body of a POST; its texts are templates, one that is a placeholder alone keeps the value's type.",
  ).meta({ kind: "any YAML", example: { filter: { since: "{from|epoch}" } } }),
  form: z.record(z.string(), template).optional().describe("Form body of a POST.").meta({
    kind: "map of templates",
    example: { day: "{from|%d.%m.%Y}" },
  }),
}).meta({ shorthand: "path" });

const request = z.union([
  z.string().transform((path): z.output<typeof requestMap> => ({
    path,
    method: "GET",
    query: {},
    headers: {},
  })),
  requestMap,
], { error: "expected a path such as /v1/items, or a map with path and query" });

const recordsMap = z.strictObject({
  path: path.default("").describe(
    "Where the records are in the body; empty for the body itself.",
  ).meta({ example: "data.items" }),
  as: z.enum(["list", "entries", "columns", "arrays", "single"]).default("list").describe(
    "`list` of objects; `entries`: an object whose keys become `$key`; `columns`: an object of equally long lists, " +
      "whose other members every record has; `arrays`: a list of lists with `names`, or CSV without a header line; " +
      "`single`: the object itself is the record.",
  ),
  names: z.union([z.array(z.string()), z.record(z.string(), path)], {
    error: "expected a list of names, or a map of names to paths",
  }).optional().describe(
    "Names of the elements, for `arrays`; for `columns` whose lists lie in different places, a map of names to their paths.",
  ).meta({ kind: "list of names or map of paths", example: ["time", "open", "close"] }),
  names_at: path.optional().describe(
    "Path of those names in the body, for `arrays`; `[]` may pick a field of each.",
  ).meta({ example: "fields[].name" }),
  optional: z.boolean().default(false).describe(
    "Whether an answer that holds no records may leave them (or the lists of `columns`) out, or be empty if it is CSV.",
  ),
}).meta({ shorthand: "path" });

const records = z.union([
  path.transform((at): z.output<typeof recordsMap> => ({
    path: at,
    as: "list",
    optional: false,
  })),
  recordsMap,
], { error: "expected a path, or a map with path and as" });

const eachSource = z.union([
  z.array(z.union([scalar, z.record(z.string(), scalar)], {
    error: "expected a text, a number, or a map of them",
  })).min(1, { error: "expected at least one" }).transform((values) => ({
    values,
    query: undefined,
    param: undefined,
  })),
  z.strictObject({
    query: sql.describe(
      "SQL on the target; each row is one value (a column) or one record (several).",
    ).meta({ example: "SELECT id FROM sensors WHERE model IS NULL" }),
  }).transform(({ query }) => ({ query, values: undefined, param: undefined })),
  z.strictObject({
    param: name.describe("A parameter of the job that is a list: each of its values.").meta({
      example: "stations",
    }),
  }).transform(({ param }) => ({ param, values: undefined, query: undefined })),
], { error: "expected a list, or a map with query or param" });

const DAY: WindowLength = { unit: "day", count: 1 };
const UNBOUNDED = undefined as WindowLength | undefined;

const window = z.union([
  z.literal("auto").transform(() => ({ auto: true as const, min: DAY, max: UNBOUNDED })),
  length.transform((fixed) => ({ auto: false as const, length: fixed })),
  z.strictObject({
    min: length.prefault("day").describe("Shortest window."),
    max: length.optional().describe("Longest window.").meta({ example: "365d" }),
  }).transform(({ min, max }) => ({ auto: true as const, min, max })),
], { error: 'expected a length such as "day", "7d", "6h" or "month", "auto", or a map with max' });

const forecast = z.strictObject({
  records_per_day: z.number().min(0).optional().describe(
    "Records a day has on average.",
  ).meta({ unit: "records", example: 35 }),
  rows_per_record: z.number().min(0).optional().describe(
    "Rows a record becomes on average, over all tables.",
  ).meta({ unit: "rows", example: 12 }),
});

const recordDateMap = z.strictObject({
  path: path.describe("Path of the date.").meta({ example: "date" }),
  format: z.string().optional().describe(
    "How it is written, as for values, where it is neither ISO 8601 nor an epoch.",
  ).meta({ example: "%d/%m/%Y" }),
}).meta({ shorthand: "path" });

const recordDate = z.union([
  path.transform((at): z.output<typeof recordDateMap> => ({ path: at })),
  recordDateMap,
], { error: "expected a path, or a map with path and format" });

/** The schema of a stream. */
export const stream = z.strictObject({
  group: name.default("events").describe(
    "Streams of a group run together; groups run in the order of their first stream.",
  ),
  about: z.string().optional().describe("A sentence about the stream.").meta({
    example: "Readings of each station, a month at a time.",
  }),
  optional: z.boolean().default(false).describe(
    "Whether the stream runs only when asked for with --only or --with.",
  ),
  values: z.array(z.record(z.string(), z.unknown())).optional().describe(
    "A static list of records instead of a request.",
  ).meta({ kind: "list of maps", example: [{ code: "n", name: "North" }] }),
  request: request.optional().describe("The request: a path, or a map.").meta({
    example: "/v1/stations",
  }),
  for_each: z.record(name, eachSource).optional().describe(
    "Values the request is repeated for, as `{each.NAME}`: a list, a query on the target, or a parameter; several make a grid.",
  ).meta({
    kind: "map of lists, queries or parameters",
    example: { station: ["LHR", "CDG"], sensor: { query: "SELECT id FROM sensors" } },
  }),
  window: window.optional().describe(
    "Length of the windows: `day`, `7d`, `6h`, `week`, `month`, `year`, ..., `auto` or bounds for auto. Without it the stream has no dates.",
  ).meta({ kind: "length, `auto` or bounds of auto", example: "7d" }),
  start: calendarDate.optional().describe("First date for which the source has anything.").meta({
    example: "2015-01-01",
  }),
  settle: duration.optional().describe(
    "How long a date may still change: younger windows are fetched again by --resume and cron.",
  ).meta({ example: "3d" }),
  refresh: duration.prefault("1d").describe(
    "For a stream without windows: how long its answer is good for --resume and cron.",
  ),
  limits: rates.default([]).describe("Rates of this stream, on top of the source's.")
    .meta({ example: "2/s" }),
  paging: paging.describe("How a response of several pages is read, or `none`.").meta({
    kind: "`none` or map",
    example: { by: "offset", size_param: "limit", size: 100 },
  }),
  total: path.optional().describe(
    "Path of the number of records that the API declares; the window must hold as many. `none` where numbers that look like a total mean something else.",
  ).meta({ example: "meta.total" }),
  full: z.int().min(1).optional().describe(
    "Without paging: the number of records at which the API cuts off a response.",
  ).meta({ unit: "records", example: 1000 }),
  format: z.enum(["json", "ndjson", "csv"]).default("json").describe("Format of the answer."),
  delimiter: z.string().length(1, { error: "expected one character" }).default(",").describe(
    "Delimiter of CSV.",
  ),
  skip: z.int().min(1).max(1000).optional().describe(
    "Lines of CSV before its header that are neither header nor records, such as a title.",
  ).meta({ unit: "lines", example: 2 }),
  comment: z.string().min(1, { error: "expected a text" }).optional().describe(
    "Text that begins lines of CSV which are no records, before its header too.",
  ).meta({ example: "#" }),
  records: records.prefault("").describe("Where the records are: a path, or a map.").meta({
    example: "data",
  }),
  error: path.optional().describe(
    "Path of an error in an answer of status 200: where it holds a value that is not null, false, 0 or empty, the window fails and says it.",
  ).meta({ example: "error.message" }),
  record_date: recordDate.optional().describe(
    "A record's own date, a path or a map; one outside its window is rejected.",
  ).meta({ kind: "path or map", example: "date" }),
  empty_on: z.array(z.int().min(400).max(499)).default([]).describe(
    "HTTP statuses that mean an empty window.",
  ).meta({ kind: "list of statuses", example: [404] }),
  full_on: z.array(z.int().min(400).max(599)).default([]).describe(
    "HTTP statuses that mean that a window holds more than the source answers; an `auto` window is then made shorter.",
  ).meta({ kind: "list of statuses", example: [413] }),
  forecast: forecast.optional().describe(
    "What to expect of the source until runs have measured it; used by --check-status.",
  ).meta({ example: { records_per_day: 35, rows_per_record: 12 } }),
  max_pages: z.int().min(1).default(10_000).describe(
    "Pages of one window after which it fails.",
  ).meta({ unit: "pages" }),
  rows: rows.describe(
    "What a record becomes: a table's name, or rows for one or many tables.",
  ).meta({ example: "readings" }),
});

/** One stream of a job. */
export type Stream = z.output<typeof stream>;
/** The request of a stream. */
export type RequestSpec = z.output<typeof requestMap>;
/** Where and how records stand in an answer. */
export type RecordsSpec = z.output<typeof recordsMap>;
