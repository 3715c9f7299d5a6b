// Owns every key of a job file: its type, unit, default, meaning and an example. Parsing, `check`, the
// JSON Schema for editors and docs/config.md are all derived from this schema; nothing else describes
// a key. Cross-references between parts of a file (a stream's table, a key's column) are checked in
// resolve_job.ts, not here.
import { z } from "zod";
import { parseCivil } from "../plan/civil.ts";
import { isTimeZone } from "../plan/civil.ts";
import { parseRate } from "../fetch/rate.ts";
import { parseDurationMs, parseWindowLength } from "./duration.ts";
import type { WindowLength } from "./duration.ts";

/** Text that is converted by a parser; the parser returns undefined for what it cannot read. */
function converted<T>(parse: (text: string) => T | undefined, expected: string) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({
      code: "custom",
      message: `expected ${expected}, found ${JSON.stringify(text)}`,
    });
    return z.NEVER;
  });
}

const name = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/, {
  error: "expected a name of letters, digits and _, at most 63 long, not starting with a digit",
});

const duration = converted(parseDurationMs, 'a duration such as "30s", "15m" or "7d"');
const length = converted(parseWindowLength, 'a length such as "day", "7d", "6h" or "month"');
const calendarDate = converted(
  (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseCivil(text) : undefined,
  "a date such as 2015-01-31",
);
const rate = converted((text) => {
  try {
    return parseRate(text);
  } catch {
    return undefined;
  }
}, 'a rate such as "2/s", "100/min" or "5000/h"');

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const path = z.string();
const template = z.union([z.string(), z.number(), z.boolean()]);
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.union([item.transform((value) => [value]), z.array(item).min(1)]);

/** A secret: text that names an environment variable, such as `${API_TOKEN}`. */
const secret = z.string().meta({ secret: true });

const auth = z.strictObject({
  basic: z.strictObject({
    username: secret.describe("User name."),
    password: secret.describe("Password."),
  }).optional().describe("HTTP Basic credentials.").meta({
    example: { username: "${API_USERNAME}", password: "${API_PASSWORD}" },
  }),
  bearer: secret.optional().describe(
    "Token sent as `Authorization: Bearer ...`; nothing is sent where the variable is empty.",
  ).meta({ example: "${API_TOKEN:-}" }),
  header: z.strictObject({
    name: z.string().describe("Name of the header."),
    value: secret.describe("Its value."),
  }).optional().describe("An API key in a header of its own.").meta({
    example: { name: "X-Api-Key", value: "${API_KEY}" },
  }),
  query: z.strictObject({
    name: z.string().describe("Name of the query parameter."),
    value: secret.describe("Its value."),
  }).optional().describe("An API key in the query.").meta({
    example: { name: "api_key", value: "${API_KEY}" },
  }),
  oauth2: z.strictObject({
    token_url: z.string().describe("Where a token is fetched, by POST of a form."),
    client_id: secret.describe("Client id."),
    client_secret: secret.describe("Client secret."),
    scope: z.string().optional().describe("Scopes asked for, separated by blanks."),
    audience: z.string().optional().describe("Audience, where the provider wants one."),
    send: z.enum(["header", "body"]).default("header").describe(
      "Whether the client id and secret go into an HTTP Basic header or into the form.",
    ),
  }).optional().describe(
    "OAuth2 client credentials: the token is fetched, kept, and fetched again before it expires and after a 401.",
  ),
}).describe("How requests prove who asks. One kind at most.");

const retry = z.strictObject({
  attempts: z.int().min(1).max(100).default(5).describe(
    "Tries of one request, the first included.",
  ),
  base: duration.default(500).describe("Mean wait before the first retry; it doubles each time."),
  max_wait: duration.default(60_000).describe(
    "Longest wait before a retry, also where Retry-After asks for more.",
  ),
}).prefault({});

const source = z.strictObject({
  url: z.string().describe("Base URL; the path of each request is appended to it.").meta({
    example: "${RACING_API_URL:-https://api.theracingapi.com}",
  }),
  auth: auth.optional().describe("How requests prove who asks; one kind at most."),
  limits: oneOrMore(rate).default([]).describe(
    "The allowed rate over all streams, as requests per interval, or several of them.",
  ).meta({ example: ["2/s", "5000/h"] }),
  burst: z.boolean().default(false).describe(
    "Whether the source allows the requests of an interval to be sent at once.",
  ),
  concurrency: z.int().min(1).max(64).default(8).describe("Most requests in flight at once."),
  timeout: duration.default(60_000).describe(
    "Longest time from sending a request to the end of its answer.",
  ),
  max_body: z.int().min(1024).max(1 << 30).default(64 << 20).describe(
    "Largest answer accepted, in bytes after decompression.",
  ),
  retry: retry.describe("What is done about timeouts, connection errors, 408, 425, 429 and 5xx."),
  headers: z.record(z.string(), template).default({}).describe("Headers sent with every request."),
  stop_after: z.int().min(1).default(10).describe(
    "Windows that may fail in a row before the run stops.",
  ),
});

const param = z.strictObject({
  list: z.boolean().default(false).describe("Whether the parameter takes several values."),
  default: z.union([scalar, z.array(scalar)]).optional().describe(
    "Value where the flag is not given.",
  ),
  pattern: z.string().optional().describe(
    "Regular expression that each value must match as a whole.",
  ),
  choices: z.array(z.string()).optional().describe("The values allowed."),
  about: z.string().optional().describe("A sentence for --help."),
});

/** Types of columns, as a job file says them; each may be followed by `[]` but `jsonb` and `money`. */
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

/** How a column's old and new value become one. */
export const MERGE_POLICIES = ["replace", "fill", "keep", "greatest", "least", "latest"] as const;

const merge = z.enum(MERGE_POLICIES).describe(
  "How an old and a new value become one: `replace` (the new one), `fill` (the new one unless it is null), " +
    "`keep` (the first that is not null), `greatest`, `least` (nulls lose), `latest` (the value of the row whose " +
    "`version` is greatest, nulls lose).",
);

const column = z.union([
  z.enum(COLUMN_TYPES).transform((type) => ({ type, merge: undefined, about: undefined })),
  z.strictObject({
    type: z.enum(COLUMN_TYPES).describe("Type of the column; `money` is stored as numeric."),
    merge: merge.optional(),
    about: z.string().optional().describe(
      "A sentence about the column; becomes its comment in the database.",
    ),
  }),
]);

const table = z.strictObject({
  key: oneOrMore(name).describe("The column or columns that identify a row."),
  columns: z.record(name, column).describe(
    "Columns by name, in order; each a type, or a map with its merge policy.",
  ),
  merge: merge.default("replace").describe(
    "Merge policy of the columns that say none of their own.",
  ),
  version: oneOrMore(name).optional().describe(
    "Columns that say which of two rows is newer, most significant first; needed by `latest`; they merge as `greatest` themselves.",
  ),
  indexes: z.array(oneOrMore(name)).default([]).describe(
    "Further indexes, each a column or a list of columns.",
  ),
  references: z.record(name, z.string()).default({}).describe(
    "Foreign keys: column to `table.column`; such tables are written in dependency order.",
  ),
  about: z.string().optional().describe("A sentence about the table."),
});

const value = z.strictObject({
  path: oneOrMore(path).optional().describe(
    "Where the value is found; of several paths the first that is not null.",
  ),
  value: scalar.optional().describe("A constant."),
  template: z.string().optional().describe(
    "Text with `{path}` placeholders; null if one of them is null.",
  ),
  hash: z.array(path).min(1).optional().describe(
    "A hash of the values at these paths, for rows without a key of their own.",
  ),
  nulls: z.array(z.string()).optional().describe(
    "Texts that mean no value here, instead of the job's `nulls`.",
  ),
  trim: z.boolean().default(true).describe("Whether blanks around a text are cut off."),
  capture: z.string().optional().describe(
    "Regular expression; its first group is taken, no match is null.",
  ),
  case: z.enum(["lower", "upper"]).optional().describe("Letters are made lower or upper case."),
  map: z.record(z.string(), scalar).optional().describe(
    "Texts to be replaced by others; what is not listed stays.",
  ),
  format: z.string().optional().describe(
    'How a date or number is written: `epoch`, `epoch_ms`, `clock` ("2:19.97" to seconds) or a pattern such as `%d/%m/%Y`.',
  ),
  decimal: z.enum([".", ","]).default(".").describe("The decimal mark of numbers."),
  default: scalar.optional().describe("Value where nothing else is found."),
  invalid: z.enum(["reject", "null"]).default("reject").describe(
    "What happens to a value that cannot be cast: the row is rejected, or the column is null.",
  ),
  merge: merge.optional(),
});

const condition = z.strictObject({
  path: path.describe("Path of the value looked at."),
  is: z.array(scalar).optional().describe("Values one of which it must have."),
  not: z.array(scalar).optional().describe("Values none of which it may have."),
});

const rowsEntry = z.strictObject({
  table: name.describe("Table the rows go to."),
  each: path.optional().describe(
    "Path of a list inside the record, a row for each element; `a[].b[]` for lists in lists; `^` is the parent.",
  ),
  when: oneOrMore(z.union([path.transform((at) => ({ path: at })), condition])).optional().describe(
    "Paths that must hold a value, or conditions, for a row to be made.",
  ),
  columns: z.record(name, z.union([path.transform((at) => ({ path: [at] })), value])).optional()
    .describe(
      "Column to path, or to a map; without it each column is taken from the field of its name.",
    ),
  merge: merge.optional().describe(
    "Merge policy of all columns of these rows, instead of the table's.",
  ),
});

const paging = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("none") }),
  z.strictObject({
    by: z.literal("offset"),
    offset_param: z.string().default("offset").describe(
      "Name of the parameter that says how many records to skip.",
    ),
    size_param: z.string().optional().describe(
      "Name of the parameter that says how many records a page holds.",
    ),
    size: z.int().min(1).describe("Records a page holds."),
    max_offset: z.int().min(0).optional().describe("Largest offset the source takes."),
    in: z.enum(["query", "body"]).default("query").describe("Where the parameters go."),
  }),
  z.strictObject({
    by: z.literal("page"),
    page_param: z.string().default("page").describe(
      "Name of the parameter with the page's number.",
    ),
    first: z.int().default(1).describe("Number of the first page."),
    size_param: z.string().optional().describe(
      "Name of the parameter that says how many records a page holds.",
    ),
    size: z.int().min(1).optional().describe(
      "Records a page holds; needed unless `pages` or a total is stated.",
    ),
    pages: path.optional().describe("Path of the number of pages."),
    max_page: z.int().optional().describe("Largest page number the source takes."),
    in: z.enum(["query", "body"]).default("query").describe("Where the parameters go."),
  }),
  z.strictObject({
    by: z.literal("cursor"),
    cursor: path.describe(
      "Path of the next cursor, `$header.NAME` for one in a header; absent, null or empty ends the window.",
    ),
    cursor_param: z.string().describe("Name of the parameter the cursor is sent in."),
    more: path.optional().describe("Path of a flag that is false on the last page."),
    size_param: z.string().optional().describe(
      "Name of the parameter that says how many records a page holds.",
    ),
    size: z.int().min(1).optional().describe("Records a page holds at most."),
    in: z.enum(["query", "body", "header"]).default("query").describe("Where the cursor goes."),
  }),
  z.strictObject({
    by: z.literal("next_link"),
    link: path.describe("Path of the next page's URL; absent, null or empty ends the window."),
    size_param: z.string().optional().describe(
      "Name of the parameter that says how many records a page holds.",
    ),
    size: z.int().min(1).optional().describe("Records a page holds at most."),
  }),
  z.strictObject({
    by: z.literal("link_header"),
    size_param: z.string().optional().describe(
      "Name of the parameter that says how many records a page holds.",
    ),
    size: z.int().min(1).optional().describe("Records a page holds at most."),
  }),
]);

type Body = string | number | boolean | null | Body[] | { [key: string]: Body };
const body: z.ZodType<Body> = z.lazy(() =>
  z.union([scalar, z.array(body), z.record(z.string(), body)])
);

const request = z.union([
  z.string().transform((path) => ({
    path,
    method: "GET" as const,
    query: {} as Record<string, string | number | boolean | (string | number | boolean)[]>,
    headers: {} as Record<string, string | number | boolean>,
    body: undefined as Body | undefined,
    form: undefined as Record<string, string | number | boolean> | undefined,
  })),
  z.strictObject({
    path: z.string().default("").describe(
      "Path after the source's URL; placeholders are percent-encoded.",
    ),
    method: z.enum(["GET", "POST"]).default("GET").describe("HTTP method."),
    query: z.record(z.string(), z.union([template, z.array(template)])).default({}).describe(
      "Query parameters; one whose only placeholder has no value is left out, a list repeats the parameter.",
    ),
    headers: z.record(z.string(), template).default({}).describe("Headers of this request."),
    body: body.optional().describe("JSON body of a POST, with placeholders in its texts."),
    form: z.record(z.string(), template).optional().describe("Form body of a POST."),
  }),
]);

const records = z.union([
  path.transform((at) => ({
    path: at,
    as: "list" as const,
    names: undefined,
    names_at: undefined,
  })),
  z.strictObject({
    path: path.default("").describe(
      "Where the records are in the body; empty for the body itself.",
    ),
    as: z.enum(["list", "entries", "columns", "arrays", "single"]).default("list").describe(
      "`list` of objects; `entries`: an object whose keys become `$key`; `columns`: an object of equally long lists; " +
        "`arrays`: a list of lists with `names`; `single`: the object itself is the record.",
    ),
    names: z.array(z.string()).optional().describe("Names of the elements, for `arrays`."),
    names_at: path.optional().describe(
      "Path of those names in the body, for `arrays`; `[]` may pick a field of each.",
    ),
  }),
]);

const eachSource = z.union([
  z.array(z.union([scalar, z.record(z.string(), scalar)])).transform((values) => ({
    values,
    query: undefined,
  })),
  z.strictObject({
    query: z.string().describe(
      "SQL on the target; each row is one value (a column) or one record (several).",
    ),
  }).transform(({ query }) => ({ query, values: undefined })),
]);

const window = z.union([
  z.literal("auto").transform(() => ({ auto: true as const, min: undefined, max: undefined })),
  length.transform((fixed) => ({ auto: false as const, length: fixed })),
  z.strictObject({
    min: length.optional().describe("Shortest window; a day unless said."),
    max: length.describe("Longest window."),
  }).transform(({ min, max }) => ({
    auto: true as const,
    min,
    max: max as WindowLength | undefined,
  })),
]);

const stream = z.strictObject({
  group: name.default("events").describe(
    "Streams of a group run together; groups run in the order of their first stream.",
  ),
  about: z.string().optional().describe("A sentence about the stream."),
  optional: z.boolean().default(false).describe(
    "Whether the stream runs only when asked for with --only or --with.",
  ),
  values: z.array(z.record(z.string(), z.unknown())).optional().describe(
    "A static list of records instead of a request.",
  ),
  request: request.optional().describe("The request: a path, or a map."),
  for_each: z.record(name, eachSource).optional().describe(
    "Values the request is repeated for, as `{each.NAME}`: a list, or a query on the target; several make a grid.",
  ),
  window: window.optional().describe(
    "Length of the windows: `day`, `7d`, `6h`, `week`, `month`, ..., `auto` or bounds for auto. Without it the stream has no dates.",
  ),
  start: calendarDate.optional().describe("First date for which the source has anything."),
  settle: duration.optional().describe(
    "How long a date may still change: younger windows are fetched again by --resume and cron.",
  ).meta({ example: "3d" }),
  refresh: duration.default(86_400_000).describe(
    "For a stream without windows: how long its answer is good for --resume and cron.",
  ),
  limits: oneOrMore(rate).default([]).describe("Rates of this stream, on top of the source's."),
  paging: paging.default({ by: "none" }).describe("How an answer of several pages is read."),
  total: path.optional().describe(
    "Path of the number of records the source states; the window must hold as many.",
  ),
  full: z.int().min(1).optional().describe(
    "Without paging: the number of records at which an answer is cut off by the source.",
  ),
  format: z.enum(["json", "ndjson", "csv"]).default("json").describe("Format of the answer."),
  delimiter: z.string().length(1).default(",").describe("Delimiter of CSV."),
  records: records.prefault("").describe("Where the records are: a path, or a map."),
  record_date: path.optional().describe(
    "Path of a record's own date; one outside its window is rejected.",
  ),
  empty_on: z.array(z.int().min(400).max(499)).default([]).describe(
    "HTTP statuses that mean an empty window.",
  ).meta({ example: [404] }),
  max_pages: z.int().min(1).default(10_000).describe("Pages of one window after which it fails."),
  rows: z.union([
    name.transform((
      table,
    ) => [{ table, each: undefined, when: undefined, columns: undefined, merge: undefined }]),
    rowsEntry.transform((entry) => [entry]),
    z.array(rowsEntry).min(1),
  ]).describe("What a record becomes: a table's name, or rows for one or many tables."),
});

const check = z.strictObject({
  about: z.string().optional().describe("A sentence on what the check tells."),
  sql: z.string().describe("One query."),
  expect: z.union([
    z.enum(["rows", "no_rows"]),
    z.record(z.string(), z.string().regex(/^(=|!=|<|<=|>|>=) ?\S.*$/)),
  ]).optional().describe(
    '`rows`, `no_rows`, or columns of the first row with what they must be, such as `races: "> 0"` or `a: "= b"`; without it the result is only printed.',
  ),
});

/** The schema of a job file, after includes and `${NAME}` are resolved. */
export const jobSchema = z.strictObject({
  job: name.describe("Name of the job; checkpoints are kept under it.").meta({ example: "racing" }),
  about: z.string().optional().describe("A sentence about the job."),
  include: oneOrMore(z.string()).optional().describe(
    "Files, relative to this one, whose keys are merged under those of this file.",
  ),
  time_zone: z.string().refine(isTimeZone, { error: "expected a time zone such as Europe/London" })
    .default("UTC")
    .describe("Time zone whose calendar the dates are of."),
  start: calendarDate.optional().describe("First date of a run that is given none."),
  nulls: z.array(z.string()).default([""]).describe("Texts that mean no value, for every column.")
    .meta({ example: ["", "-"] }),
  source: z.union([
    z.string().transform((url) => source.parse({ url })),
    source,
  ]).describe("The API: its URL, or a map."),
  params: z.record(name, param).default({}).describe(
    "Parameters of the job: each is a flag of the commands and `{params.NAME}` in requests.",
  ),
  tables: z.record(name, table).describe("Tables by name."),
  streams: z.record(name, stream).describe("Streams by name, in the order they run."),
  checks: z.record(name, check).default({}).describe("Queries that `verify` runs on the target."),
});

/** A job file after parsing: defaults filled, texts converted; cross-references not yet checked. */
export type ParsedJob = z.output<typeof jobSchema>;
/** One stream of a job. */
export type Stream = z.output<typeof stream>;
/** One table of a job. */
export type Table = z.output<typeof table>;
/** The source of a job. */
export type Source = z.output<typeof source>;
/** The paging of a stream. */
export type Paging = z.output<typeof paging>;
/** The request of a stream. */
export type RequestSpec = z.output<typeof request>;
/** Where and how records stand in an answer. */
export type RecordsSpec = z.output<typeof records>;
/** The rows that a record becomes for one table. */
export type RowsSpec = z.output<typeof rowsEntry>;
/** How the value of one column is found. */
export type ValueSpec = z.output<typeof value>;
/** A check on the target. */
export type Check = z.output<typeof check>;
/** A parameter of a job. */
export type Param = z.output<typeof param>;
/** How an old and a new value of a column become one. */
export type MergePolicy = (typeof MERGE_POLICIES)[number];
/** Type of a column as a job file says it. */
export type ColumnType = (typeof COLUMN_TYPES)[number];
/** How requests prove who asks. */
export type Auth = z.output<typeof auth>;
