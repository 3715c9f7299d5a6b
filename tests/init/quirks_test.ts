// Small documents, each with one feature of real documents, and what a careful user would write for them.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "yaml";
import { inspectJob } from "../../lib/config/read_job.ts";
import { draftOfAnswers, draftOfOpenApi, type InitAnswers } from "../../lib/init/job_draft.ts";
import { readOpenApi } from "../../lib/init/openapi/document.ts";
import { readSample } from "../../lib/init/read_sample.ts";
import { writeJob } from "../../lib/init/write_job.ts";

type Schema = Record<string, unknown>;

const TEXT = { type: "string" };
const INTEGER = { type: "integer" };
const INSTANT = { type: "string", format: "date-time" };
const DAY = { type: "string", format: "date" };
const ITEM = { type: "object", properties: { id: TEXT, at: INSTANT } };

/** A parameter in the query: its schema, and its description. */
const query = (name: string, schema: Schema = TEXT, description = "", more: Schema = {}) => ({
  ...{ name, in: "query", schema, description },
  ...more,
});
const RANGE = [query("since", INSTANT), query("until", INSTANT)];

/** A document with one GET of `/items`; `more` are further members of its response. */
function documentOf(
  parameters: readonly unknown[],
  { item = ITEM, more = {}, root = {}, path = "/items", operation = {} }: {
    item?: unknown;
    more?: Schema;
    root?: Schema;
    path?: string;
    operation?: Schema;
  } = {},
): Schema {
  const schema = {
    type: "object",
    properties: { [path.slice(1)]: { type: "array", items: item }, ...more },
  };
  const responses = { 200: { description: "ok", content: { "application/json": { schema } } } };
  return {
    openapi: "3.0.3",
    info: { title: "Quirks", version: "1" },
    servers: [{ url: "https://api.example.com" }],
    paths: { [path]: { get: { parameters, responses, ...operation } } },
    ...root,
  };
}

interface Written {
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly job: any;
  // deno-lint-ignore no-explicit-any
  readonly stream: any;
  readonly notes: readonly string[];
}

/** The job of a document, which has no mistake. */
async function written(
  document: Schema,
  answers: InitAnswers = {},
  files: Record<string, unknown> = {},
): Promise<Written> {
  const read = (name: string) =>
    files[name] === undefined ? undefined : JSON.stringify(files[name]);
  const [path = "/items"] = Object.keys(document.paths as Schema);
  const draft = draftOfOpenApi(readOpenApi(JSON.stringify(document), read), { path, ...answers });
  return await checked(writeJob(draft, "job.schema.json", "deno task init"), draft.notes);
}

async function ofSample(sample: string, answers: InitAnswers = {}): Promise<Written> {
  const all = { url: "https://api.example.com", path: "/items", ...answers };
  const draft = draftOfAnswers(all, readSample(sample, "sample"));
  return await checked(writeJob(draft, "job.schema.json", "deno task init"), draft.notes);
}

async function checked(text: string, notes: readonly string[]): Promise<Written> {
  const { problems } = await inspectJob("job.yaml", {
    readText: () => text,
    env: (name) => /^QUIRKS_(?!URL)/.test(name) ? "set" : undefined,
  });
  assertEquals(problems.map(({ message }) => message), [], text);
  const job = parse(text);
  return { text, job, stream: Object.values(job.streams)[0], notes };
}

Deno.test("init follows references through arrays, escapes and files next to the document", async () => {
  const root = {
    components: {
      schemas: {
        Tag: { allOf: [{ type: "object", properties: { id: TEXT } }, { type: "object" }] },
        "a/b": { type: "object", properties: { code: TEXT } },
      },
    },
  };
  const item = {
    allOf: [
      { $ref: "#/components/schemas/Tag/allOf/0" },
      { $ref: "#/components/schemas/a~1b" },
      { $ref: "common/item.json#/defs/0" },
    ],
  };
  const files = {
    "common/item.json": {
      defs: [{
        type: "object",
        properties: { at: { $ref: "#/time" }, place: { $ref: "../place.json" } },
      }],
      time: INSTANT,
    },
    "common/../place.json": { type: "object", properties: { city: TEXT } },
  };
  const { job, notes } = await written(documentOf(RANGE, { item, root }), {}, files);
  assertEquals(job.tables.items, {
    key: "id",
    columns: { id: "text", code: "text", at: "timestamptz", place_city: "text" },
  });
  assertEquals(notes, []);
});

Deno.test("init reports unresolved references, in the output and in the file", async () => {
  const item = { allOf: [ITEM, { $ref: "#/components/schemas/Gone" }, { $ref: "gone.yaml#/x" }] };
  const { text, notes } = await written(documentOf(RANGE, { item }));
  assertStringIncludes(notes.join(), "#/components/schemas/Gone, gone.yaml#/x");
  assertStringIncludes(text, "# Unresolved references of the document");
  const circular = { $ref: "#/components/schemas/A" };
  const root = { components: { schemas: { A: { $ref: "#/components/schemas/B" }, B: circular } } };
  assertStringIncludes(
    (await written(documentOf(RANGE, { item: circular, root }))).notes.join(),
    "schemas/A",
  );
});

Deno.test("init reads schemas that contain themselves thousands of times", async () => {
  const names = Array.from({ length: 60 }, (_, i) => `S${i}`);
  const properties = Object.fromEntries(
    names.map((name) => [name, { $ref: `#/components/schemas/${name}` }]),
  );
  const schemas = Object.fromEntries(
    names.map((name) => [name, { type: "object", properties: { id: TEXT, ...properties } }]),
  );
  const { job } = await written(
    documentOf(RANGE, {
      item: { $ref: "#/components/schemas/S0" },
      root: { components: { schemas } },
    }),
  );
  assertEquals(job.tables.items.key, "id");
});

Deno.test("init pairs the two dates that share a stem", async () => {
  const cases: [parameters: unknown[], expected: Record<string, string>][] = [
    [
      [
        query("end_from", INSTANT),
        query("end_to", INSTANT),
        query("day_from", DAY),
        query("day_to", DAY),
      ],
      { day_from: "{from}", day_to: "{last}" },
    ],
    [
      [
        query("max", TEXT, "a date or a number"),
        query("min", TEXT, "a date or a number"),
        query("fromdate", INTEGER, "Unix date."),
        query("todate", INTEGER, "Unix date."),
      ],
      { fromdate: "{from|epoch}", todate: "{to|epoch}" },
    ],
    [
      [
        query("startedAfter", TEXT, "Moment in ISO 8601."),
        query("startedBefore", TEXT, "Moment in ISO 8601."),
      ],
      { startedAfter: "{before|instant}", startedBefore: "{to|instant}" },
    ],
    [
      ["gt", "gte", "lte", "lt"].map((op) => query(`created[${op}]`, INTEGER)),
      { "created[gte]": "{from|epoch}", "created[lt]": "{to|epoch}" },
    ],
    [
      [
        query("updatedFrom", INSTANT),
        query("updatedTo", INSTANT),
        query("createdFrom", INSTANT),
        query("createdTo", INSTANT),
      ],
      { createdFrom: "{from|instant}", createdTo: "{to|instant}" },
    ],
    [
      [
        query("minStartTime", INSTANT),
        query("maxStartTime", INSTANT),
        query("minEndTime", INSTANT),
      ],
      { minStartTime: "{from|instant}", maxStartTime: "{to|instant}" },
    ],
    [
      [
        query("filter[date_from]", DAY),
        query("filter[date_to]", DAY),
        query("filter[price_from]", INTEGER),
      ],
      { "filter[date_from]": "{from}", "filter[date_to]": "{last}" },
    ],
    [
      [query("dateFrom", TEXT, "Format: DD/MM/YYYY"), query("dateTo", TEXT, "Format: DD/MM/YYYY")],
      { dateFrom: "{from|%d/%m/%Y}", dateTo: "{last|%d/%m/%Y}" },
    ],
    [
      [
        query("start", INTEGER, "Start of the range, Unix timestamp in milliseconds"),
        query("end", INTEGER, "End of the range, Unix timestamp in milliseconds, inclusive"),
      ],
      { start: "{from|epoch_ms}", end: "{last|epoch_ms}" },
    ],
    [
      [
        query("observed-since", INSTANT),
        query("observed-until", INSTANT, "Observed on or before this moment."),
      ],
      { "observed-since": "{from|instant}", "observed-until": "{to|instant}" },
    ],
  ];
  for (const [parameters, expected] of cases) {
    const { stream, text } = await written(documentOf(parameters));
    assertEquals(stream.request.query, expected, text);
  }
});

Deno.test("init bounds windows by the longest range that the document states", async () => {
  const cases: [description: string, window: unknown][] = [
    ["Maximum range is 6 months.", "6mo"],
    ["The date range cannot exceed 31 days.", "31d"],
    ["Queries may span at most one year.", "12mo"],
    ["Maximum of 24 hours.", "24h"],
    ["A 7-day maximum.", "7d"],
    ["Defaults to the last 30 days.", "month"],
    ["At most 1000 requests a day.", "month"],
  ];
  for (const [description, window] of cases) {
    const parameters = [query("since", INSTANT, description), query("until", INSTANT)];
    assertEquals((await written(documentOf(parameters))).stream.window, window, description);
  }
  const operation = { description: "Returns items. The range is limited to 2 weeks." };
  const paged = documentOf([...RANGE, query("page", INTEGER)], { operation });
  assertEquals((await written(paged)).stream.window, { max: "2w" });
});

Deno.test("init proposes the paging that the parameters and the response show", async () => {
  const page = query("page", INTEGER);
  const cases: [parameters: unknown[], more: Schema, paging: unknown, total?: string][] = [
    [
      [
        query("limit", { type: "integer", maximum: 100 }),
        query("offset", TEXT, "Token of the next page."),
      ],
      { next_page: { type: "object", properties: { offset: TEXT, uri: TEXT } } },
      {
        by: "cursor",
        cursor: "next_page.offset",
        cursor_param: "offset",
        size_param: "limit",
        size: 100,
      },
    ],
    [
      [
        query("page", { type: "string", default: "0" }),
        query("size", { type: "string", default: "20" }),
      ],
      {},
      { by: "page", page_param: "page", first: 0, size_param: "size", size: 20 },
    ],
    [
      [
        query("skip", { type: "integer", maximum: 2147483647 }),
        query("take", { type: "integer", maximum: 2147483647 }, "Records to take; 20 without it."),
      ],
      {},
      { by: "offset", offset_param: "skip", size: 20, size_param: "take" },
    ],
    [
      [page, query("per_page", INTEGER, "Items per page (max. 1,000)")],
      { pagination: { type: "object", properties: { total_entries: INTEGER } } },
      { by: "page", page_param: "page", size_param: "per_page", size: 1000 },
      "pagination.total_entries",
    ],
    [
      [page, query("pageSize", { type: "integer", enum: [10, 50, 250] })],
      { meta: { type: "object", properties: { pages: INTEGER } } },
      { by: "page", page_param: "page", size_param: "pageSize", size: 250, pages: "meta.pages" },
    ],
    [
      [query("after", TEXT, "Cursor"), query("first", { type: "integer", maximum: 100 })],
      {
        pageInfo: {
          type: "object",
          properties: { endCursor: TEXT, hasNextPage: { type: "boolean" } },
        },
      },
      {
        by: "cursor",
        cursor: "pageInfo.endCursor",
        cursor_param: "after",
        more: "pageInfo.hasNextPage",
        size_param: "first",
        size: 100,
      },
    ],
    [
      [query("after", TEXT), query("limit", INTEGER, "Default 10, maximum 100")],
      {
        paging: {
          type: "object",
          properties: { next: { type: "object", properties: { after: TEXT, link: TEXT } } },
        },
      },
      {
        by: "cursor",
        cursor: "paging.next.after",
        cursor_param: "after",
        size_param: "limit",
        size: 100,
      },
    ],
    [
      [],
      { count: INTEGER, next: { ...TEXT, nullable: true }, previous: TEXT },
      { by: "next_link", link: "next" },
      "count",
    ],
    [[], { resultsCount: INTEGER, next_url: TEXT }, { by: "next_link", link: "next_url" }],
    [
      [
        query("start", INTEGER, "Offset of the first record"),
        query("rows", { type: "integer", maximum: 500 }),
      ],
      { hits: INTEGER },
      { by: "offset", offset_param: "start", size: 500, size_param: "rows" },
      "hits",
    ],
  ];
  for (const [parameters, more, paging, total] of cases) {
    const { stream, text } = await written(documentOf([...RANGE, ...parameters], { more }));
    assertEquals([stream.paging, stream.total], [paging, total], text);
  }
});

Deno.test("init never proposes the count of a page as the total", async () => {
  const total = async (name: string, description: string) => {
    const more = { [name]: { type: "integer", description }, has_more: { type: "boolean" } };
    const { stream } = await written(documentOf([...RANGE, query("page", INTEGER)], { more }));
    return stream.total;
  };
  assertEquals(await total("count", "Number of items on this page."), undefined);
  assertEquals(await total("total", "Number of items in this response."), undefined);
  assertEquals(await total("count", "Total number of matching items."), "count");
  assertEquals(await total("record_count", ""), undefined);
});

Deno.test("init marks a guessed page size, and reports signs of paging that it cannot use", async () => {
  const guessed = await written(
    documentOf([...RANGE, query("page", INTEGER), query("limit", INTEGER)]),
  );
  assertStringIncludes(guessed.text, "# The page size 100 is a guess");
  const unclear = await written(
    documentOf(RANGE, {
      more: { current: INTEGER, per_page: INTEGER, has_more: { type: "boolean" } },
    }),
  );
  assertStringIncludes(unclear.notes.join(), "has_more");
  assertStringIncludes(
    unclear.text,
    '# The API shows signs of paging, but not how pages follow: has_more, per_page; declare "paging"',
  );
});

Deno.test("init declares max_records when only the size of a response can be requested", async () => {
  const { stream, text } = await written(
    documentOf([...RANGE, query("limit", { type: "integer", maximum: 500 })]),
  );
  assertEquals(
    [stream.request.query.limit, stream.max_records, stream.paging],
    ["500", 500, undefined],
    text,
  );
});

Deno.test("init keeps credentials out of the parameters of the job", async () => {
  const key = (name: string, where: string) => ({
    name,
    in: where,
    required: true,
    schema: TEXT,
    description: "",
  });
  const auth = async (parameters: unknown[], root: Schema = {}, path = "/items") => {
    const { job, stream, text } = await written(
      documentOf([...RANGE, ...parameters], { root, path }),
    );
    assertEquals(job.params, undefined, text);
    return [job.source.auth, stream.request.path];
  };
  const variable = "${QUIRKS_API_KEY}";
  assertEquals(await auth([key("api_key", "query")]), [{ query: { api_key: variable } }, "/items"]);
  assertEquals(await auth([key("X-Account-Token", "header")]), [{
    header: { "X-Account-Token": variable },
  }, "/items"]);
  assertEquals((await auth([key("appid", "query"), key("access_token", "query")]))[0], {
    query: { appid: "${QUIRKS_APPID}", access_token: "${QUIRKS_ACCESS_TOKEN}" },
  });
  const securitySchemes = {
    a: { type: "apiKey", in: "header", name: "X-Api-Key" },
    b: { type: "apiKey", in: "query", name: "api_key" },
  };
  const both = { security: [{ a: [], b: [] }], components: { securitySchemes } };
  assertEquals((await auth([key("api_key", "query")], both))[0], {
    header: { "X-Api-Key": variable },
    query: { api_key: variable },
  });
  const bearer = {
    security: [{ c: [] }],
    components: { securitySchemes: { c: { type: "http", scheme: "bearer" } } },
  };
  assertEquals((await auth([key("Authorization", "header")], bearer))[0], {
    bearer: "${QUIRKS_TOKEN}",
  });
  const cookies = {
    security: [{ d: [] }, { a: [] }],
    components: {
      securitySchemes: { ...securitySchemes, d: { type: "apiKey", in: "cookie", name: "s" } },
    },
  };
  assertEquals((await auth([], cookies))[0], { header: { "X-Api-Key": variable } });
  const { stream } = await written({
    ...documentOf([...RANGE, key("apiKey", "path")], { path: "/items" }),
    paths: {
      "/{apiKey}/items": { get: { parameters: [...RANGE, key("apiKey", "path")], responses: {} } },
    },
  });
  assertEquals([stream.request.path, stream.for_each], ["/${QUIRKS_API_KEY}/items", undefined]);
});

Deno.test("init writes required headers and parameters, as constants where the document knows their value", async () => {
  const header = (name: string, schema: Schema, more: Schema = {}) => ({
    name,
    in: "header",
    required: true,
    schema,
    ...more,
  });
  const { job, stream } = await written(documentOf([
    ...RANGE,
    header("Notion-Version", { type: "string", enum: ["2022-06-28"] }),
    header("X-Account", TEXT),
    header("Accept", TEXT),
    query("units", { type: "string", default: "metric" }, "", { required: true }),
    query("network", TEXT, "", { required: true }),
  ]));
  assertEquals(stream.request.headers, {
    "Notion-Version": "2022-06-28",
    "X-Account": "{params.x_account}",
  });
  assertEquals([stream.request.query.units, stream.request.query.network], [
    "metric",
    "{params.network}",
  ]);
  assertEquals(Object.keys(job.params), ["x_account", "network"]);
});

Deno.test("init chooses https before http", async () => {
  const url = async (root: Schema) => (await written(documentOf(RANGE, { root }))).job.source.url;
  assertEquals(
    await url({
      servers: [{ url: "http://a.example" }, { url: "/v2" }, { url: "https://b.example/v1/" }],
    }),
    "${QUIRKS_URL:-https://b.example/v1}",
  );
  assertEquals(
    await url({ servers: [{ url: "http://a.example" }] }),
    "${QUIRKS_URL:-http://a.example}",
  );
});

Deno.test("init proposes keys by names that identify records", async () => {
  const key = async (names: Record<string, Schema>, path = "/messages") => {
    const item = { type: "object", properties: { ...names, at: INSTANT } };
    const document = documentOf(RANGE, { item, path });
    return (await written(document)).job.tables[path.slice(1)].key;
  };
  for (
    const name of [
      "sid",
      "gid",
      "uuid",
      "doi",
      "_id",
      "messageSid",
      "messageIdentifier",
      "identifier",
    ]
  ) {
    const [found] = [await key({ status: TEXT, [name]: TEXT })].flat();
    assertEquals(found, name.replace(/^_/, "").replace(/([a-z])([A-Z])/, "$1_$2").toLowerCase());
  }
  assertEquals(
    await key({ name: TEXT, datasetIdentifier: TEXT }, "/datasets"),
    "dataset_identifier",
  );
  const stated = { ...TEXT, description: "Unique reference of the filing." };
  assertEquals(await key({ title: TEXT, filing: stated }), "filing");
  const shared = { ...TEXT, description: "Several tickets may have the same." };
  assertEquals(await key({ code: shared }), "row_hash");
});

Deno.test("init tests the keys of inner arrays against the sample", async () => {
  const attributes = (...ids: number[]) => ids.map((id) => ({ id, name: `n${id}` }));
  const sample = (...lists: number[][]) =>
    JSON.stringify(lists.map((list, at) => ({ id: at, attributes: attributes(...list) })));
  assertEquals((await ofSample(sample([0, 0], [0, 7]))).job.tables.item_attributes.key, [
    "item_id",
    "n",
  ]);
  assertEquals(
    (await ofSample(sample([0, 7], [0, 7]))).job.tables.item_attributes.key,
    ["item_id", "item_attribute_id"].with(1, "id"),
  );
});

Deno.test("init proposes limits that the document states in words", async () => {
  const limits = async (description: string) => {
    const root = { info: { title: "Quirks", version: "1", description } };
    return (await written(documentOf(RANGE, { root }))).job.source.limits;
  };
  assertEquals(await limits("Rate limit: 2 requests per second."), "2/s");
  assertEquals(await limits("You may make up to 1,000 API calls per day and 10 requests/minute."), [
    "10/min",
    "1000/d",
  ]);
  assertEquals(await limits("100 requests per 15 minutes"), "100/15min");
  assertEquals(await limits("One request per second, please."), "1/s");
  assertEquals(await limits("Two days of history per request."), undefined);
});

Deno.test("init explains an API that takes only a start date", async () => {
  const document = documentOf([query("since", INSTANT)]);
  const { stream, text, notes } = await written(document);
  assertEquals([stream.window, stream.request], [undefined, "/items"]);
  assertStringIncludes(notes.join(), "accepts a start (since) but no end");
  assertStringIncludes(
    text,
    "# The API accepts a start (since) but no end, so there are no windows",
  );
  const started = await written(document, { start: "2020-01-01" });
  assertEquals(started.stream.request.query, { since: "2020-01-01T00:00:00Z" });
  const epoch = documentOf([query("since", INTEGER, "Unix timestamp")]);
  const { stream: counted } = await written(epoch, { start: "2020-01-01" });
  assertEquals(counted.request.query, { since: "1577836800" });
});

Deno.test("a hostile document affects only names and literals of a job", async () => {
  const evil = '${DATABASE_URL} {from}\n# comment\u2028job: other\u0007 "';
  const { text, job, stream } = await written({
    ...documentOf([
      ...RANGE,
      query("q${DATABASE_URL}", TEXT, evil, { required: true }),
      query("mode", { type: "string", default: "${DATABASE_URL}{each.x}" }, evil, {
        required: true,
      }),
      query("nothing\nstreams: {}", TEXT),
    ], {
      item: {
        type: "object",
        properties: { id: TEXT, "a${DATABASE_URL}": TEXT, ["__proto__"]: TEXT, "x\ny": TEXT },
      },
    }),
    info: { title: evil, version: "1" },
    servers: [{ url: "https://api.example.com/${DATABASE_URL}/}x?y={z}" }],
  });
  assertEquals(Object.keys(job), ["job", "about", "source", "params", "tables", "streams"]);
  const values = text.replace("q${DATABASE_URL}:", "");
  const references = [...values.matchAll(/(?<!\$)\$\{(\w+)/g)].map(([, name]) => name);
  assertEquals(references, [`${job.job.toUpperCase()}_URL`]);
  assertEquals(
    stream.request.query.mode,
    "$${DATABASE_URL}{{each.x}}".replace("{DATABASE_URL}", "{{DATABASE_URL}}"),
  );
  assert(!text.includes("\u0007") && !text.includes("\u2028"), text);
});

Deno.test("init reads samples of CSV and NDJSON with their types", async () => {
  const csv = await ofSample("id;day;value;code\n1;2025-01-31;1.5;007\n2;2025-02-01;;008\n");
  assertEquals([csv.stream.format, csv.stream.delimiter], ["csv", ";"]);
  assertEquals(csv.job.tables.items, {
    key: "id",
    columns: { id: "bigint", day: "date", value: "numeric", code: "text" },
  });
  const lines = await ofSample('{"id": 1, "at": "2025-01-31T00:00:00Z"}\n{"id": 2, "at": null}\n');
  assertEquals(lines.stream.format, "ndjson");
  assertEquals(lines.job.tables.items.columns, { id: "bigint", at: "timestamptz" });
});

Deno.test("init reads samples of arrays of arrays, with names beside them, as a header or none", async () => {
  const beside = await ofSample(
    '{"fields": [{"name": "id"}, {"name": "v"}], "data": [["a", 1.5], ["b", 2]]}',
  );
  assertEquals(beside.stream.records, { path: "data", as: "arrays", names_path: "fields[].name" });
  assertEquals(beside.job.tables.items, { key: "id", columns: { id: "text", v: "numeric" } });
  const header = await ofSample(
    '[["NAME", "POP", "state"], ["Alabama", "5", "01"], ["Alaska", "7", "02"]]',
  );
  assertEquals(header.stream.records, { as: "arrays", names_path: "[0]" });
  assertEquals(header.stream.rows.when, { path: "NAME", not: ["NAME"] });
  const none = await ofSample('{"candles": [[1738281600, 1.5, 2], [1738285200, 1.6, 2]]}');
  assertEquals(none.stream.records, {
    path: "candles",
    as: "arrays",
    names: ["time", "value_2", "value_3"],
  });
  assertEquals(none.job.tables.items.columns.time, "timestamptz");
});

Deno.test("init proposes paging from a sample, and marks what it guesses", async () => {
  const items = Array.from({ length: 20 }, (_, id) => ({ id }));
  const paging = async (more: Schema) => {
    const { stream, text } = await ofSample(JSON.stringify({ items, ...more }));
    return [stream.paging, stream.total, stream.max_records, /is a guess/.test(text)];
  };
  assertEquals(await paging({ next: "https://api.example.com/items?page=2", total: 55 }), [
    { by: "next_link", link: "next" },
    "total",
    undefined,
    false,
  ]);
  assertEquals(await paging({ next: null, previous: null, count: 20 }), [
    { by: "next_link", link: "next" },
    "count",
    undefined,
    false,
  ]);
  assertEquals(await paging({ meta: { next_cursor: "abc" } }), [
    { by: "cursor", cursor: "meta.next_cursor", cursor_param: "cursor" },
    undefined,
    undefined,
    true,
  ]);
  assertEquals(await paging({ pageInfo: { endCursor: "x", hasNextPage: true } }), [
    {
      by: "cursor",
      cursor: "pageInfo.endCursor",
      cursor_param: "cursor",
      more: "pageInfo.hasNextPage",
    },
    undefined,
    undefined,
    true,
  ]);
  assertEquals(await paging({ page: 1, meta: { pages: 3 } }), [
    { by: "page", page_param: "page", pages: "meta.pages" },
    undefined,
    undefined,
    true,
  ]);
  assertEquals(await paging({ offset: 0, limit: 20, total: 55 }), [
    { by: "offset", offset_param: "offset", size: 20 },
    "total",
    undefined,
    true,
  ]);
  assertEquals(await paging({ hits: 55 }), [undefined, "hits", undefined, false]);
  assertEquals(await paging({}), [undefined, undefined, 20, false]);
});

Deno.test("init reads the next cursor from a response header", async () => {
  const parameters = [...RANGE, query("cursor"), query("limit", { ...INTEGER, maximum: 500 })];
  const paging = async (header: string) => {
    const headers = { [header]: { schema: TEXT } };
    const content = { "application/json": { schema: { type: "array", items: ITEM } } };
    const responses = { 200: { description: "ok", headers, content } };
    const { stream, notes } = await written(documentOf(parameters, { operation: { responses } }));
    return [stream.paging?.cursor, stream.paging?.cursor_param, stream.paging?.size, notes.length];
  };
  for (const name of ["X-Next-Cursor", "Next-Page-Token", "X-Continuation", "X-MS-Continuation"]) {
    const cursor = `$header.${name.toLowerCase()}`;
    assertEquals(await paging(name), [cursor, "cursor", 500, 0], name);
  }
  assertEquals((await paging("X-Request-Id"))[0], undefined);
});

Deno.test("init includes the last day where the end of the dates is exclusive", async () => {
  const end = async (description: string) => {
    const range = [query("createdAfter", DAY), query("createdBefore", DAY, description)];
    return (await written(documentOf(range))).stream.request.query.createdBefore;
  };
  assertEquals(await end(""), "{to}");
  assertEquals(await end("Records created on or before this day."), "{last}");
  assertEquals(await end("Exclusive."), "{to}");
});

Deno.test("init reads samples of CSV with semicolons, European days and decimal commas", () => {
  const drafted = (text: string) => {
    const answers = { name: "meter", url: "https://api.example.com", path: "/a", dateParam: "day" };
    return draftOfAnswers(
      { ...answers, endIncluded: true } as InitAnswers,
      readSample(text, "a.csv"),
    );
  };
  const columns = (text: string) =>
    Object.fromEntries(
      drafted(text).tables[0]!.columns.filter(({ name }) => name !== "row_hash")
        .map(({ name, type, value }) => [name, [type, value]]),
    );
  assertEquals(columns("id;Tag;Menge\n1;01.02.2024;1,5\n2;31.12.2024;-12\n"), {
    id: ["bigint", "id"],
    tag: ["date", { path: "Tag", format: "%d.%m.%Y" }],
    menge: ["numeric", { path: "Menge", decimal: "," }],
  });
  assertEquals(columns("id;day;odd\n1;25/02/2024;1,234,5\n2;01/02/2024;2\n"), {
    id: ["bigint", "id"],
    day: ["date", { path: "day", format: "%d/%m/%Y" }],
    odd: ["text", "odd"],
  });
  // Month or day: nothing shows which.
  assertEquals(columns("id;day\n1;01/02/2024\n2;03/04/2024\n").day, ["text", "day"]);
  assertEquals(columns("id;day\n1;31.02.2024\n2;01.03.2024\n").day, ["text", "day"]);
  const marked = drafted("sep=;\r\nid;value\r\n1;1.5\r\n2;2.5\r\n");
  assertEquals(marked.form, { format: "csv", delimiter: ";", skip: 1 });
  assertEquals(marked.tables[0]!.columns.map(({ name }) => name), ["id", "value"]);
});
