import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parse } from "yaml";
import { inspectJob } from "../../lib/config/read_job.ts";
import { freeName, singular, snakeCase } from "../../lib/init/column_name.ts";
import {
  draftOfAnswers,
  draftOfOpenApi,
  type InitAnswers,
  type JobDraft,
} from "../../lib/init/job_draft.ts";
import { readOpenApi } from "../../lib/init/openapi/document.ts";
import { writeJob } from "../../lib/init/write_job.ts";
import { Failure } from "../../lib/failure.ts";
import { read } from "../config/job_text.ts";
import { serve } from "../support/http_server.ts";
import { openWorld } from "../jobs/world.ts";
import { OPENAPI, SWAGGER } from "./documents.ts";

/** The job that is written, as text and as plain data; it must pass check. */
async function written(draft: JobDraft) {
  const text = writeJob(draft, "job.schema.json", "deno task init");
  const deps = { readText: () => text, env: () => undefined };
  const { problems } = await inspectJob("job.yaml", deps);
  assertEquals(problems.map(({ message }) => message), [], text);
  return { text, job: parse(text) };
}

function ofDocument(document: unknown, answers: InitAnswers) {
  return written(draftOfOpenApi(readOpenApi(JSON.stringify(document)), answers));
}

Deno.test("init reads tables, types and keys from an OpenAPI document, including nested arrays", async () => {
  const { job } = await ofDocument(OPENAPI, { path: "/v2/readings" });
  assertEquals(job.tables.readings, {
    key: "reading_id",
    columns: {
      reading_id: "uuid",
      taken_at: "timestamptz",
      day: "date",
      value: "numeric",
      count: "integer",
      serial: "bigint",
      valid: "boolean",
      tags: "text[]",
      extra: "jsonb",
      place_code: "text",
      place_inside: "jsonb",
      odd_name: "jsonb",
    },
  });
  assertEquals(job.tables.reading_parts, {
    key: ["reading_id", "part_id"],
    columns: { reading_id: "uuid", part_id: "text", size: "numeric" },
  });
  assertEquals(job.tables.reading_part_steps, {
    key: ["reading_id", "part_id", "n"],
    columns: { reading_id: "uuid", part_id: "text", n: "integer", at: "date" },
  });
  const [readings, parts, steps] = job.streams.readings.rows;
  assertEquals(readings.columns.odd_name, '["odd name"]');
  assertEquals([parts.each, parts.columns.reading_id], ["parts[]", "^readingId"]);
  assertEquals([steps.each, steps.columns], ["parts[].steps[]", {
    ...{ reading_id: "^^readingId", part_id: "^part_id", n: "$index", at: "at" },
  }]);
});

Deno.test("init recognizes paging, dates, required parameters and credentials", async () => {
  const { job, text } = await ofDocument(OPENAPI, { path: "/v2/readings", limit: "5/s" });
  assertEquals(job.job, "meter_api");
  assertEquals(job.source, {
    url: "${METER_API_URL:-https://eu.meters.example/api}",
    auth: { header: { "X-Meter-Key": "${METER_API_API_KEY}" } },
    limits: "5/s",
  });
  const { request, window, paging, total, records } = job.streams.readings;
  assertEquals(request.query, {
    from: "{from|instant}",
    to: "{to|instant}",
    network: "{params.network}",
  });
  assertEquals([window, total, records], [{ max: "365d" }, "meta.total", "data"]);
  assertEquals(paging, {
    ...{ by: "cursor", cursor: "meta.next_cursor", cursor_param: "cursor" },
    ...{ size_param: "limit", size: 200 },
  });
  assertEquals(Object.keys(job.params), ["network"]);
  assertStringIncludes(text, "# Other parameters of the API: colour");
});

Deno.test("init repeats requests for the values of a path, and hashes records without a key", async () => {
  const { job, text } = await ofDocument(OPENAPI, { path: "/v2/meters/{meterId}/days" });
  const { for_each, request, window, paging } = job.streams.days;
  assertEquals([for_each, window], [{ meter_id: { param: "meter_id" } }, "day"]);
  assertEquals(request, { path: "/v2/meters/{each.meter_id}/days", query: { date: "{from}" } });
  assertEquals(paging, { by: "page", page_param: "page", first: 0, pages: "totalPages" });
  assertEquals(job.streams.days.rows.columns, {
    row_hash: { hash: ["note", "$each.meter_id"] },
    note: "note",
    meter_id: "$each.meter_id",
  });
  assertStringIncludes(text, "# No field looks like a key");
});

Deno.test("init reads Swagger 2.0", async () => {
  const { job } = await ofDocument(SWAGGER, { path: "/orders" });
  assertEquals(job.source.url, "${OLD_SHOP_URL:-https://shop.example/api}");
  assertEquals(Object.keys(job.source.auth), ["basic"]);
  assertEquals(job.streams.orders, {
    request: {
      path: "/orders",
      query: { created_from: "{from|epoch_ms}", created_to: "{last|epoch_ms}" },
    },
    window: { max: "365d" },
    paging: { by: "page", page_param: "page", size_param: "per_page", size: 250 },
    rows: "orders",
  });
  assertEquals(job.tables.orders.key, "number");
});

Deno.test("init lists the operations of a document, and refuses a file that is not an OpenAPI document", () => {
  const document = readOpenApi(JSON.stringify(OPENAPI));
  const hint = (path: string) =>
    assertThrows(() => draftOfOpenApi(document, { path }), Failure).hint;
  assertEquals(hint("/v2/reading"), 'Did you mean "/v2/readings"?');
  assertEquals(hint("GET v2/readings/"), 'Did you mean "/v2/readings"?');
  assertEquals(hint("/v2/meters/7/days"), 'Did you mean "/v2/meters/{meterId}/days"?');
  assertEquals(
    hint("/orders"),
    "It has GET /v2/readings (by date), GET /v2/meters/{meterId}/days (by date)",
  );
  const relative = readOpenApi(JSON.stringify({ ...OPENAPI, servers: [{ url: "/api/v3/" }] }));
  assertStringIncludes(
    assertThrows(() => draftOfOpenApi(relative, { path: "/v2/readings" }), Failure).hint!,
    "--url https://api.example.com/api/v3",
  );
  assertThrows(() => readOpenApi("{"), Failure, "it is neither JSON nor YAML");
  assertThrows(() => readOpenApi("a: 1"), Failure, 'it has no "paths"');
  assertThrows(
    () => readOpenApi("paths: {}"),
    Failure,
    'it contains neither "openapi" nor "swagger"',
  );
});

Deno.test({
  name: "init writes a job from the published description of a real API",
  ignore: !await exists("../shared/racing-api/openapi.json"),
  fn: async () => {
    const text = await Deno.readTextFile("../shared/racing-api/openapi.json");
    const { job } = await written(draftOfOpenApi(readOpenApi(text), { path: "/v1/results" }));
    const { request, window, paging, total, records, record_date } = job.streams.results;
    assertEquals(request.query, { start_date: "{from}", end_date: "{last}" });
    assertEquals([window, total, records, record_date], [
      ...[{ max: "365d" }, "total", "results", "date"],
    ]);
    assertEquals(paging, {
      ...{ by: "offset", offset_param: "skip", size: 100, size_param: "limit", max_offset: 20000 },
    });
    assertEquals(job.tables.results.key, "race_id");
    assertEquals(job.tables.result_runners.key, ["race_id", "horse_id"]);
    for (const path of readOpenApi(text).operations.map((one) => one.replace("GET ", ""))) {
      await written(draftOfOpenApi(readOpenApi(text), { path }));
    }
  },
});

async function exists(path: string): Promise<boolean> {
  const found = await Deno.stat(path).then(() => true, () => false);
  if (!found) console.log(`${path} is absent: the job of a real API is not tried`);
  return found;
}

Deno.test("init writes a job from answers alone", async () => {
  const { job, text } = await written(draftOfAnswers({
    ...{ name: "My Meters", url: "https://api.example.com/", path: "/v1/readings" },
    ...{ fromParam: "start", toParam: "end", endIncluded: false, dateFormat: "instant" },
    ...{ records: "data", key: ["id"], columns: ["id:text", "at:timestamptz", "meterName"] },
    ...{ paging: "offset:skip:limit:100", total: "total", auth: "header:X-Key", limit: "2/s" },
    ...{ start: "2015-01-01", timeZone: "Europe/Paris" },
  }));
  assertEquals(job.job, "my_meters");
  assertEquals(job.streams.readings.request.query, {
    start: "{from|instant}",
    end: "{to|instant}",
  });
  assertEquals(job.source.auth, { header: { "X-Key": "${MY_METERS_API_KEY}" } });
  assertEquals(job.tables.readings.columns, {
    id: "text",
    at: "timestamptz",
    meter_name: "text",
  });
  assertStringIncludes(text, "  limits: 2/s\n");

  const least = await written(draftOfAnswers({
    ...{ url: "https://api.example.com", path: "/v1/readings", dateParam: "day", key: ["id"] },
  }));
  assertEquals(least.job.streams.readings, {
    request: { path: "/v1/readings", query: { day: "{from}" } },
    window: "day",
    rows: { table: "readings", columns: { id: "id", record: "." } },
  });
});

Deno.test("init reports which answer is missing or cannot be read", () => {
  const url = "https://api.example.com";
  const wrong: [InitAnswers, string][] = [
    [{ path: "/a" }, "--url is not given"],
    [{ url }, "--path is not given"],
    [{ url, path: "/a", toParam: "to" }, "a range of dates requires its start"],
    [{ url, path: "/a", columns: ["a:number"] }, '"number" is not a type'],
    [
      { url, path: "/a", paging: "page:page:per_page:many" },
      '--paging "page:page:per_page:many" is not supported',
    ],
    [{ url, path: "/a", auth: "cookie" }, '--auth "cookie" is not supported'],
    [{ url, path: "/a", paging: "scroll" }, '--paging "scroll" is not supported'],
  ];
  for (const [answers, message] of wrong) {
    assertThrows(() => draftOfAnswers(answers), Failure, message);
  }
});

Deno.test("init infers types to which every value of a sample can be cast", async () => {
  const sample = {
    total: 2,
    next_page_url: "https://api.example.com/x?page=2",
    results: [
      {
        code: "a",
        when: "2025-01-31",
        at: "2025-01-31T10:00:00Z",
        n: 1,
        part: 1,
        ok: true,
        mixed: 1,
        none: null,
        lines: [{ sku: "x" }],
        geo: { lat: 1.5 },
      },
      { code: "b", when: "2025-02-01", at: "2025-01-31T11:00:00Z", n: 2, part: 1.5, mixed: "x" },
    ],
  };
  const answers = {
    url: "https://api.example.com",
    path: "/v1/things",
    paging: "next_link:next_page_url",
  };
  const { job } = await written(draftOfAnswers(answers, { body: sample, form: {} }));
  assertEquals(job.tables.things, {
    key: "code",
    columns: {
      ...{ code: "text", when: "date", at: "timestamptz", n: "bigint", part: "numeric" },
      ...{ ok: "boolean", mixed: "text", none: "jsonb", geo_lat: "numeric" },
    },
  });
  assertEquals(job.tables.thing_lines.key, ["thing_code", "n"]);
  assertEquals([job.streams.things.records, job.streams.things.total], ["results", "total"]);
  const keyed = {
    rates: {
      "2025-01-01": { usd: 1 },
      "2025-01-02": { usd: 2 },
      "2025-01-03": {},
      "2025-01-04": {},
    },
  };
  const { job: rates } = await written(draftOfAnswers(answers, { body: keyed, form: {} }));
  assertEquals(rates.streams.rates.records, { path: "rates", as: "entries" });
  assertEquals(rates.tables.rates, { key: "date", columns: { date: "date", usd: "bigint" } });
  assertEquals(rates.streams.rates.rows.columns, { date: "$key", usd: "usd" });
});

Deno.test("init proposes no key that two records of a sample share, or that one does not have", async () => {
  const tableOf = async (records: unknown) => {
    const answers = { url: "https://api.example.com", path: "/v1/things" };
    const { job } = await written(draftOfAnswers(answers, { body: records, form: {} }));
    return job.tables[Object.keys(job.tables)[0]!];
  };
  const reading = { sensor_id: "a", observed_at: 1738281600, value: 1 };
  assertEquals(await tableOf([reading, { ...reading, observed_at: 1738281700 }]), {
    key: ["sensor_id", "observed_at"],
    columns: { sensor_id: "text", observed_at: "timestamptz", value: "bigint" },
  });
  assertEquals((await tableOf([reading, { ...reading, value: 2 }])).key, "row_hash");
  assertEquals((await tableOf([{ id: 1, code: "a" }, { id: null, code: "b" }])).key, "code");
  assertEquals((await tableOf([{ id: 1, code: "a" }, { id: 2, code: "a" }])).key, "id");
});

Deno.test("init reads a total that is named after the list it counts", async () => {
  const answers = { url: "https://api.example.com", path: "/v1/things" };
  const totalOf = async (body: unknown) => {
    const { job } = await written(draftOfAnswers(answers, { body, form: {} }));
    return Object.values(job.streams as Record<string, { total?: string }>)[0]!.total;
  };
  const games = [{ id: 1 }, { id: 2 }];
  assertEquals(await totalOf({ total_games: 500, games }), "total_games");
  assertEquals(await totalOf({ data: { totalGames: 500, games } }), "data.totalGames");
  assertEquals(await totalOf({ total_goals: 500, games }), undefined);
});

Deno.test("init reads times from epochs, and records from an object of arrays", async () => {
  const answers = { url: "https://api.example.com", path: "/v1/things" };
  const sample = { hourly: { time: [1738281600000, 1738285200000], t: [1.5, null] } };
  const { job } = await written(draftOfAnswers(answers, { body: sample, form: {} }));
  assertEquals(job.tables.hourly, { key: "time", columns: { time: "timestamptz", t: "numeric" } });
  assertEquals(job.streams.hourly.records, { path: "hourly", as: "columns" });
  assertEquals(job.streams.hourly.rows.columns.time, { path: "time", format: "epoch_ms" });
});

Deno.test("snakeCase(), singular() and freeName() return names that a job accepts", () => {
  assertEquals(
    ["runnerId", "HTTPCode", "Été 2025", "x.y-z", "2nd", "__", "日本"].map(snakeCase),
    ["runner_id", "http_code", "ete_2025", "x_y_z", "n_2nd", "value", "value"],
  );
  assertEquals(["races", "categories", "boxes", "status", "data"].map(singular), [
    ...["race", "category", "box", "status", "data"],
  ]);
  const taken = new Set(["a"]);
  assertEquals([freeName("a", taken), freeName("a", taken), freeName("b", taken)], [
    "a_2",
    "a_3",
    "b",
  ]);
});

Deno.test("a job that init wrote from an OpenAPI document loads the responses of that API", async () => {
  const { text } = await ofDocument(OPENAPI, { path: "/v2/readings" });
  const ids = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
  await using server = serve((request) => {
    const { searchParams: params } = new URL(request.url);
    if (request.headers.get("x-meter-key") !== "k-e-y") return new Response("", { status: 401 });
    if (params.get("network") !== "north") return new Response("", { status: 422 });
    const isLast = params.get("cursor") === "2";
    return Response.json({
      meta: { next_cursor: isLast ? null : "2", total: 2 },
      data: [{
        readingId: ids[isLast ? 1 : 0],
        takenAt: params.get("from"),
        value: 1.5,
        parts: [{ part_id: "p", size: 2, steps: [{ at: "2025-01-31" }, { at: "2025-02-01" }] }],
      }],
    });
  });
  const env = { METER_API_URL: server.url, METER_API_API_KEY: "k-e-y" };
  await using world = await openWorld({ job: text, env });
  const { summary, error } = await world.backfill(
    "--start-date 2025-01-31 --end-date 2025-01-31 --network north",
  );
  assertEquals([error, summary.ok], [undefined, true]);
  assertEquals(await world.query("SELECT reading_id, value FROM readings ORDER BY 1"), [
    { reading_id: ids[0], value: 1.5 },
    { reading_id: ids[1], value: 1.5 },
  ]);
  const [steps] = await world.query("SELECT count(*) AS n FROM reading_part_steps");
  assertEquals(steps, { n: 4 });
  await read(text, env);
});
