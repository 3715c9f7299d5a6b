// Parameters and responses as real services declare them, each with what a careful user would write for them.
import { assertEquals } from "@std/assert";
import { parse } from "yaml";
import { inspectJob } from "../../lib/config/read_job.ts";
import { draftOfOpenApi } from "../../lib/init/job_draft.ts";
import { readOpenApi } from "../../lib/init/openapi/document.ts";
import { writeJob } from "../../lib/init/write_job.ts";

type Schema = Record<string, unknown>;

const TEXT = { type: "string" };
const INTEGER = { type: "integer" };
const DAY = { type: "string", format: "date" };
const INSTANT = { type: "string", format: "date-time" };
const object = (properties: Schema): Schema => ({ type: "object", properties });
const array = (items: Schema): Schema => ({ type: "array", items });
const query = (name: string, schema: Schema = TEXT, description = "", more: Schema = {}) => ({
  ...{ name, in: "query", schema, description },
  ...more,
});
const ITEM = object({ id: TEXT, at: INSTANT });

interface Parts {
  readonly path?: string;
  readonly parameters?: readonly Schema[];
  readonly body?: Schema;
  readonly response?: Schema;
  readonly headers?: Schema;
}

/** The stream that `init` proposes for an operation, in a job without problems. */
async function streamOf(
  { path = "/items", parameters = [], body, response = array(ITEM), headers = {} }: Parts,
) {
  const content = (schema: Schema) => ({ "application/json": { schema } });
  const responses = { 200: { description: "OK", headers, content: content(response) } };
  const operation = {
    ...{ parameters, responses },
    ...body === undefined ? {} : { requestBody: { content: content(body) } },
  };
  const document = {
    openapi: "3.0.3",
    info: { title: "Real" },
    servers: [{ url: "https://api.example.com" }],
    paths: { [path]: { [body === undefined ? "get" : "post"]: operation } },
  };
  const text = writeJob(
    draftOfOpenApi(readOpenApi(JSON.stringify(document)), { path }),
    "job.schema.json",
    "deno task init",
  );
  const { problems } = await inspectJob("job.yaml", {
    readText: () => text,
    env: (name) => name.endsWith("_URL") ? undefined : "x",
  });
  assertEquals(problems.map(({ message }) => message), [], text);
  const { streams } = parse(text);
  const [[name, stream]] = Object.entries<Schema>(streams) as [[string, Schema]];
  const { request, ...rest } = stream;
  return { name, request: typeof request === "string" ? { path: request } : request, ...rest };
}

/** The query and the window of a request with these parameters. */
async function datesOf(...parameters: Schema[]) {
  const { request, window } = await streamOf({ parameters }) as Schema;
  return [(request as Schema).query, window];
}

Deno.test("init reads the format of dates from examples, and from the other end of the range", async () => {
  const ms = { type: "integer", format: "int64", example: 1735689600000 };
  assertEquals(await datesOf(query("fromTs", ms), query("toTs", ms)), [
    { fromTs: "{from|epoch_ms}", toTs: "{to|epoch_ms}" },
    "month",
  ]);
  assertEquals(
    await datesOf(
      query("start_time", INTEGER, "", { example: 1735689600000 }),
      query("end_time", INTEGER, "", { examples: { one: { value: 1735689600000 } } }),
    ),
    [{ start_time: "{from|epoch_ms}", end_time: "{to|epoch_ms}" }, "month"],
  );
  assertEquals(
    await datesOf(
      query("startDateTime", TEXT, "Events after this date, such as 2025-01-01T00:00:00Z"),
      query("endDateTime", TEXT, "Events before this date"),
    ),
    [{ startDateTime: "{from|instant}", endDateTime: "{to|instant}" }, "month"],
  );
  assertEquals(
    await datesOf(
      query("from", TEXT, "The oldest article, in ISO 8601 format."),
      query("to", TEXT, "A date and optional time of the newest article."),
    ),
    [{ from: "{from|instant}", to: "{to|instant}" }, "month"],
  );
  assertEquals(
    await datesOf(
      query("begin_date", TEXT, "Begin date (such as 20250131)"),
      query("end_date", TEXT, "End date (such as 20250131)"),
    ),
    [{ begin_date: "{from|%Y%m%d}", end_date: "{last|%Y%m%d}" }, "month"],
  );
});

Deno.test("init takes a time without a stated format for an instant, whose end loses no day", async () => {
  assertEquals(await datesOf(query("start_time"), query("end_time")), [
    { start_time: "{from|instant}", end_time: "{to|instant}" },
    "month",
  ]);
  assertEquals(
    await datesOf(
      query("start", TEXT, "Timestamp of the first candle"),
      query("end", TEXT, "Timestamp of the last candle"),
    ),
    [{ start: "{from|instant}", end: "{to|instant}" }, "month"],
  );
});

Deno.test("init reads the format of a range from the parameter of one moment", async () => {
  assertEquals(
    await datesOf(
      query("at", TEXT, "A date with the format YYYY-MM-DD or a nanosecond timestamp."),
      query("at.gte", TEXT, "Range by timestamp."),
      query("at.lt", TEXT, "Range by timestamp."),
    ),
    [{ "at.gte": "{from}", "at.lt": "{to}" }, "month"],
  );
});

Deno.test("init requests whole months where a parameter takes a month", async () => {
  assertEquals(await datesOf(query("date", TEXT, "The month (YYYY-MM)")), [
    { date: "{from|%Y-%m}" },
    "month",
  ]);
  assertEquals(
    await datesOf(
      query("from", TEXT, "First month, YYYY-MM"),
      query("to", TEXT, "Last month, YYYY-MM"),
    ),
    [{ from: "{from|%Y-%m}", to: "{last|%Y-%m}" }, "month"],
  );
});

Deno.test("init pairs dates by an operator, by a bare word, and by their descriptions", async () => {
  assertEquals(
    await datesOf(
      query("DateSent", INSTANT),
      query("DateSent<", INSTANT),
      query("DateSent>", INSTANT),
    ),
    [{ "DateSent<": "{to|instant}", "DateSent>": "{from|instant}" }, "month"],
  );
  const optional = { type: "string", nullable: true };
  assertEquals(await datesOf(query("start", optional), query("end", optional)), [
    { start: "{from}", end: "{last}" },
    "month",
  ]);
  assertEquals(
    await datesOf(
      query("d1", DAY, "Must be observed on or after this date"),
      query("d2", DAY, "Must be observed on or before this date"),
      query("created_d1", DAY, "Must be created at or after this time"),
      query("created_d2", DAY, "Must be created at or before this time"),
    ),
    [{ d1: "{from}", d2: "{last}" }, "month"],
  );
  const { request } = await streamOf({ parameters: [query("from"), query("to")] });
  assertEquals(request, { path: "/items" }, "these may be places or currencies");
});

Deno.test("init reads a bound of the range beside a default, and an inclusive start in parentheses", async () => {
  assertEquals(
    await datesOf(
      query("since", INSTANT, "Maximum range is 6 months and default is 1 month."),
      query("until", INSTANT),
    ),
    [{ since: "{from|instant}", until: "{to|instant}" }, "6mo"],
  );
  assertEquals(
    await datesOf(
      query("CreatedAfter", INSTANT, "Orders created after (or at) a time."),
      query("CreatedBefore", INSTANT, "Orders created before (or at) a time."),
    ),
    [{ CreatedAfter: "{from|instant}", CreatedBefore: "{to|instant}" }, "month"],
  );
});

Deno.test("init reads milliseconds that are called msec", async () => {
  const t = { type: "integer", description: "The Unix Msec timestamp of the start." };
  const { rows } = await streamOf({ response: array(object({ id: TEXT, t })) }) as Schema;
  assertEquals((rows as Schema).columns, { id: "id", t: { path: "t", format: "epoch_ms" } });
});

/** The paging of a response with these members beside its items. */
async function pagingOf(parameters: Schema[], beside: Schema, parts: Parts = {}) {
  const response = object({ items: array(ITEM), ...beside });
  const { paging, total } = await streamOf({ parameters, response, ...parts }) as Schema;
  return total === undefined ? paging : { ...paging as Schema, total };
}

Deno.test("init sends a cursor in the parameter of its name, never as a token of authentication", async () => {
  const parameters = [
    query("token", TEXT, "Authentication token. Requires scope: channels"),
    query("limit", { type: "integer", maximum: 999 }),
    query("cursor", TEXT, "Set to the next_cursor of the previous response."),
  ];
  const beside = { has_more: { type: "boolean" }, metadata: object({ next_cursor: TEXT }) };
  assertEquals(await pagingOf(parameters, beside), {
    by: "cursor",
    cursor: "metadata.next_cursor",
    cursor_param: "cursor",
    more: "has_more",
    size_param: "limit",
    size: 999,
  });
});

Deno.test("init reads names with hyphens, cursors that begin with *, and the size in the page's description", async () => {
  assertEquals(
    await pagingOf(
      [query("cursor", TEXT, 'Deep paging begins with "*"'), query("rows", { maximum: 1000 })],
      { "next-cursor": TEXT, "total-results": INTEGER },
    ),
    {
      ...{ by: "cursor", cursor: "next-cursor", cursor_param: "cursor", first: "*" },
      ...{ size_param: "rows", size: 1000, total: "total-results" },
    },
  );
  assertEquals(
    await pagingOf([query("page", INTEGER), query("page-size", INTEGER, "Accepts 1-50")], {}),
    { by: "page", page_param: "page", size_param: "page-size", size: 50 },
  );
  assertEquals(
    await pagingOf([query("page", INTEGER, "Page number. 10 results per page.")], {}),
    { by: "page", page_param: "page", size: 10 },
  );
  assertEquals(
    await pagingOf(
      [query("start", INTEGER), query("MaxResultsPerPage", INTEGER, "1 - 100")],
      {},
    ),
    {
      by: "offset",
      offset_param: "start",
      size: 100,
      size_param: "MaxResultsPerPage",
    },
  );
});

Deno.test("init follows links where pages have tokens, and where $top would bound all pages together", async () => {
  assertEquals(
    await pagingOf(
      [
        query("Page", { ...INTEGER, minimum: 0 }),
        query("PageSize", { maximum: 1000 }),
        query("PageToken"),
      ],
      { next_page_uri: { type: "string", format: "uri", nullable: true } },
    ),
    { by: "next_link", link: "next_page_uri", size_param: "PageSize", size: 1000 },
  );
  assertEquals(
    await pagingOf([query("$top", INTEGER), query("$skip", INTEGER)], { "@odata.nextLink": TEXT }),
    { by: "next_link", link: '["@odata.nextLink"]' },
  );
});

Deno.test("init takes the cursor and not the size of the next page", async () => {
  const next = object({ per_page: INTEGER, starting_after: TEXT });
  assertEquals(
    await pagingOf([query("starting_after"), query("per_page", { maximum: 150 })], {
      pages: object({ next }),
    }),
    {
      ...{ by: "cursor", cursor: "pages.next.starting_after", cursor_param: "starting_after" },
      ...{ size_param: "per_page", size: 150 },
    },
  );
});

Deno.test("init reads dates and paging in objects of a body", async () => {
  const { request, paging } = await streamOf({
    body: object({
      filter: object({ from: INSTANT, to: INSTANT, query: TEXT }),
      page: object({ cursor: TEXT, limit: { type: "integer", maximum: 1000 } }),
    }),
    response: object({ data: array(ITEM), meta: object({ page: object({ after: TEXT }) }) }),
  }) as Schema;
  assertEquals(request, {
    path: "/items",
    method: "POST",
    body: { filter: { from: "{from|instant}", to: "{to|instant}" } },
  });
  assertEquals(paging, {
    ...{ by: "cursor", cursor: "meta.page.after", cursor_param: "page.cursor" },
    ...{ size_param: "page.limit", size: 1000, in: "body" },
  });
  const options = object({ count: { type: "integer", maximum: 500 }, offset: INTEGER });
  const range = object({ start_at: INSTANT, end_at: INSTANT });
  const other = await streamOf({
    path: "/transactions/get",
    body: { allOf: [object({ options }), object({ query: object({ created_at: range }) })] },
    response: object({
      accounts: array(object({ account_id: TEXT })),
      transactions: array(object({ transaction_id: TEXT, date: DAY })),
      total_transactions: INTEGER,
    }),
  }) as Schema;
  assertEquals(
    [(other.request as Schema).body, other.paging, other.records, other.name],
    [
      { query: { created_at: { start_at: "{from|instant}", end_at: "{to|instant}" } } },
      {
        ...{ by: "offset", offset_param: "options.offset", size: 500 },
        ...{ size_param: "options.count", in: "body" },
      },
      "transactions",
      "transactions",
    ],
  );
});

Deno.test("init reads the type of constants, and the servers of a path", () => {
  const record = object({ id: TEXT, kind: { const: "page" }, mood: { enum: ["a", "b"] } });
  const document = {
    openapi: "3.1.0",
    info: { title: "Archive" },
    servers: [{ url: "https://api.example.com" }],
    paths: {
      "/items": {
        servers: [{ url: "https://archive.example.com/v1" }],
        get: {
          responses: { 200: { content: { "application/json": { schema: array(record) } } } },
        },
      },
    },
  };
  const read = readOpenApi(JSON.stringify(document));
  const draft = draftOfOpenApi(read, { path: "/items" });
  const types = draft.tables.flatMap(({ columns }) => columns.map(({ type }) => type));
  assertEquals([draft.url, types], [
    "https://archive.example.com/v1",
    ["text", "text", "text"],
  ]);
});
