import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { zipSync } from "fflate";
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import { probeStream } from "../../lib/probe/probe_stream.ts";
import { Failure } from "../../lib/failure.ts";
import { probeLines } from "../../lib/cli/lines/probe_lines.ts";
import { read } from "../config/job_text.ts";
import { at } from "../plan/jobs.ts";
import { serve } from "../support/http_server.ts";

const JOB = `job: probed
source: { url: "\${URL}", auth: { header: { X-Key: "\${KEY}" } } }
tables:
  readings:
    key: id
    columns: { id: text, taken: timestamptz, value: numeric, unit: text, note: text }
  parts: { key: [reading_id, n], columns: { reading_id: text, n: integer } }
streams:
  readings:
    window: day
    request: { path: /readings, query: { day: "{from}" } }
    paging: { by: page, size_param: size, size: 2 }
    total: meta.total
    records: data
    rows:
      - table: readings
        columns: { id: id, taken: at, value: value, unit: unit, note: note }
      - { table: parts, each: "parts[]", columns: { reading_id: ^id, n: . } }
`;

const ENV = (url: string) => ({ URL: url, KEY: "secret-key" });

/** Probes the job, changed by `change`, against an API that returns `answer`. */
async function probe(
  answer: (request: Request) => Response,
  change: (text: string) => string = (text) => text,
) {
  await using server = serve(answer);
  const env = ENV(server.url);
  const job = await read(change(JOB), env);
  const window = { from: at("2025-01-31"), to: at("2025-02-01") };
  const probed = await probeStream(job, "readings", { window, each: {}, params: {} }, {
    env: (name) => (env as Record<string, string>)[name],
    clock: monotonicClock(),
    wallNow: Date.now,
    random: Math.random,
    signal: new AbortController().signal,
    onEvent: () => {},
  });
  const text = probeLines(probed, "job.yaml").join("\n").replaceAll(server.url, "URL");
  return { probed, text, url: server.url };
}

const DATA = [
  { id: "a", at: "2025-01-31T01:00:00Z", value: "1.5", unit: "C", note: null, parts: [1, 2] },
  { id: "b", at: "yesterday", value: 2, unit: "C", note: "", parts: [] },
];

Deno.test("probeStream() reports different rows that share a key, unless the job declares that they merge", async () => {
  const data = [
    ...[{ id: "a", value: 1, parts: [1, 1] }, { id: "b", value: 1 }, { id: "a", value: 2 }],
    ...[{ id: "b", value: 1 }, { id: "a", value: 3 }],
  ];
  const answer = () => Response.json({ meta: { total: 5 }, data });
  const all = (text: string) => text.replace("size: 2", "size: 5");
  assertEquals((await probe(answer, all)).probed.notes, [
    '2 rows replace other rows of readings with the same key in this response (id "a", value "1" and "2"); ' +
    'add a column to its "key", or declare how they merge',
  ]);
  const merging = (policy: string) => (text: string) =>
    all(text).replace("value: numeric", `value: { type: numeric, merge: ${policy} }`);
  assertEquals((await probe(answer, merging("greatest"))).probed.notes, []);
});

Deno.test("probeStream() reports the request, the response, paging, records, rows and cast failures", async () => {
  let headers: Headers | undefined;
  const { probed, text } = await probe((request) => {
    headers = request.headers;
    const isFirst = request.url.includes("page=1&");
    const data = isFirst ? DATA : DATA.map((record) => ({ ...record, id: `${record.id}2` }));
    return Response.json({ meta: { total: 5 }, data, echo: "secret-key" });
  });
  assertEquals(headers?.get("x-key"), "secret-key");
  assertEquals([probed.window, probed.answer?.status, probed.problem], ["2025-01-31", 200, null]);
  assertEquals([probed.paging?.total, probed.paging?.more], [5, 2]);
  assertStringIncludes(probed.paging!.next!, "day=2025-01-31&page=2&size=2");
  assertEquals([probed.records?.count, probed.rows.map(({ rows }) => rows)], [2, [1, 2]]);
  assertEquals(probed.never_filled, ["readings.note"]);
  assertEquals(
    probed.rejected.map(({ table, column, reason, count, value }) => [
      ...[table, column, reason, count, value],
    ]),
    [[
      "readings",
      "taken",
      'is not an ISO 8601 timestamptz; declare its notation with "format"',
      1,
      '"yesterday"',
    ]],
  );
  for (
    const line of [
      "request   GET URL/readings?day=2025-01-31&page=1&size=2",
      "x-key: ***",
      "paging    by page, 5 records in total, at least 2 more pages",
      "readings: 1 row",
      "parts: 2 rows",
      "never filled: readings.note",
      'readings.taken, 1 time: the value is not an ISO 8601 timestamptz; declare its notation with "format"',
    ]
  ) assertStringIncludes(text, line);
  assertEquals(JSON.stringify(probed).includes("secret-key"), false);
});

Deno.test("probeStream() outlines a response of another shape and guesses where the records are", async () => {
  const { probed, text } = await probe(() => Response.json({ result: { rows: DATA }, total: 2 }));
  assertStringIncludes(probed.problem!.message, 'expected an array at "data"');
  assertEquals(probed.guesses, [{ records: "result.rows", count: 2 }]);
  assertStringIncludes(text, "records: result.rows # 2 records");
  assertStringIncludes(text, "next      correct job.yaml");
});

Deno.test("probeStream() reports the actual format of a response that is not in the declared one", async () => {
  const { probed, text } = await probe(() => new Response("id;at\n1;2\n2;3\n"));
  assertEquals(probed.problem?.hint, 'Write format: csv, delimiter: ";" into the stream');
  assertStringIncludes(text, "next      correct job.yaml");
});

Deno.test("probeStream() reports unmapped fields and suggests what to write for values", async () => {
  const { probed, text } = await probe(() =>
    Response.json({ meta: { total: 1 }, data: [{ ...DATA[0], value: "1,5", colour: "red" }] })
  );
  assertEquals(probed.untaken, [{ path: "colour", records: 1, value: '"red"' }]);
  assertStringIncludes(text, '  colour  always  "red"');
  assertEquals(probed.rejected.map(({ remedy }) => remedy), ['decimal: ","']);
  assertStringIncludes(text, '    try     decimal: ","');
});

Deno.test("probeStream() reports that the API ignored the dates", async () => {
  const at = (taken: string) => () =>
    Response.json({ meta: { total: 1 }, data: [{ ...DATA[0], at: taken }] });
  const { probed, text } = await probe(at("2019-01-01T00:00:00Z"));
  assertEquals(probed.outside, ["readings.taken"]);
  assertStringIncludes(text, "outside the window: every value of readings.taken;");
  assertEquals((await probe(at("2025-02-01T00:30:00+02:00"))).probed.outside, []);
});

Deno.test("probeStream() outlines a response without records, which may contain the reason", async () => {
  const { probed, text } = await probe(() =>
    Response.json({ meta: { total: 0 }, data: [], error: "no such day" })
  );
  assertEquals(probed.problem, null);
  assertStringIncludes(text, '"no such day"');
  assertStringIncludes(
    text,
    "next      no records in 2025-01-31: deno task probe job.yaml --stream readings --date -30d",
  );
});

Deno.test("probeLines() shows as many rows as fit into the terminal", async () => {
  const { probed } = await probe(() =>
    Response.json({ meta: { total: 2 }, data: DATA.map((record) => ({ ...record, at: null })) })
  );
  const head = (width: number) =>
    probeLines(probed, "job.yaml", { width }).find((line) => line.includes("column "))?.trimEnd();
  assertEquals(head(200)?.endsWith("row 1  row 2"), true);
  assertEquals(head(20)?.endsWith("row 1"), true);
});

Deno.test("probeStream() sends one request, and reports the status and message of an error", async () => {
  let asked = 0;
  const { probed, text } = await probe(() => {
    asked++;
    return Response.json({ message: "size must be 100 for secret-key" }, { status: 422 });
  });
  assertEquals([asked, probed.answer?.status, probed.records], [1, 422, null]);
  assertStringIncludes(text, 'status 422, "size must be 100 for ***"'.slice(7));
  assertStringIncludes(text, "hint      Check the parameters of the request");
  assertStringIncludes(text, "next      fix the problem above");
});

Deno.test("probeStream() shows signs of paging where the job declares none", async () => {
  const { text } = await probe(
    () => Response.json({ data: DATA.slice(0, 1), meta: { next: "abc" } }),
    (job) => job.replace(/ {4}paging.*\n {4}total.*\n/, ""),
  );
  assertStringIncludes(text, 'the response holds 1 record, but "meta.next" leads to a next page');
  assertStringIncludes(text, 'meta.next: "abc"');
  assertStringIncludes(text, "paging: { by: cursor, cursor: meta.next, cursor_param: ... }");
});

Deno.test("probeStream() reports a full response where the job does not say how to read the rest", async () => {
  const { probed, text } = await probe(
    () => Response.json({ data: DATA.slice(0, 1) }),
    (job) => job.replace(/ {4}paging.*\n {4}total.*\n/, "    max_records: 1\n"),
  );
  assert(probed.paging?.problem !== null);
  assertStringIncludes(text, "problem   the response holds 1 record");
});

Deno.test("probeStream() does not report a full response as a problem where a run shortens the window", async () => {
  const { probed, text } = await probe(
    () => Response.json({ data: DATA.slice(0, 1) }),
    (job) =>
      job.replace(/ {4}paging.*\n {4}total.*\n/, "    max_records: 1\n")
        .replace("window: day", "window: auto").replace(
          'day: "{from}"',
          'from: "{from}", to: "{to}"',
        ),
  );
  assertEquals(probed.paging?.problem, null);
  assertStringIncludes(
    text,
    "paging    by none, too many records for one window: the response holds 1 record",
  );
});

Deno.test("probeStream() does not send a request that requires a variable that is not set", async () => {
  const job = await read(JOB, ENV("http://127.0.0.1:1"));
  const unit = { window: { from: 0, to: 1440 }, each: {}, params: {} };
  const error = await assertRejects(() =>
    probeStream(job, "readings", unit, {
      env: () => undefined,
      clock: monotonicClock(),
      wallNow: Date.now,
      random: Math.random,
      signal: new AbortController().signal,
      onEvent: () => {},
    }), Failure);
  assertEquals(error.kind, "configuration");
  assertStringIncludes(error.message + error.hint, "KEY");
});

Deno.test("probeStream() requests a second page, and reports one that repeats the first", async () => {
  const paged = (
    page: string | null,
  ) => [{ ...DATA[0], id: `p${page}` }, { ...DATA[0], id: `q${page}` }];
  const good = await probe((request) => {
    const page = new URL(request.url).searchParams.get("page");
    return Response.json({ meta: { total: 4 }, data: paged(page) });
  });
  assertEquals([good.probed.paging?.second, good.probed.paging?.problem], [2, null]);
  assertStringIncludes(good.text, "second page: 2 records");
  const bad = await probe(() => Response.json({ meta: { total: 4 }, data: paged("1") }));
  assertEquals(bad.probed.paging?.problem, "page 2 repeats an earlier page");
});

Deno.test("probeStream() proves that a page shorter than its size is the last", async () => {
  const without = (job: string) => job.replace(/ {4}total.*\n/, "").replace("size: 2", "size: 100");
  const answer = (perPage: number) => (request: Request) => {
    const page = Number(new URL(request.url).searchParams.get("page"));
    const all = ["a", "b", "c"].map((id) => ({ ...DATA[0], id }));
    return Response.json({ data: all.slice((page - 1) * perPage, page * perPage) });
  };
  const capped = await probe(answer(2), without);
  assertEquals(
    capped.probed.paging?.problem,
    "the API returns 2 records per page although 100 were requested: write size: 2",
  );
  const whole = await probe(answer(3), without);
  assertEquals([whole.probed.paging?.problem, whole.probed.paging?.second], [null, 0]);
});

Deno.test("probeStream() says which total to declare", async () => {
  const { text } = await probe(
    (request) => {
      const isFirst = new URL(request.url).searchParams.get("page") === "1";
      return Response.json({ meta: { total: 3 }, data: isFirst ? DATA : DATA.slice(0, 1) });
    },
    (job) => job.replace(/ {4}total.*\n/, ""),
  );
  assertStringIncludes(text, "declare it, so that no record is missed:");
  assertStringIncludes(text, "  total: meta.total");
});

Deno.test("probeStream() reports an inclusive end that loses fractions of a second", async () => {
  const one = { ...DATA[0], at: "2025-01-31T23:59:59.500Z" };
  const { text } = await probe(
    () => Response.json({ meta: { total: 1 }, data: [one] }),
    (job) => job.replace('day: "{from}"', 'day: "{from}", until: "{last|instant}"'),
  );
  assertStringIncludes(text, 'note      "{last|instant}" in the request loses records');
  assertStringIncludes(text, "readings.taken has fractions of seconds; write {to|instant}");
});

Deno.test("probeStream() shows integers that a float cannot hold, in records, rejections and outlines", async () => {
  const text = `{"meta":{"total":12345678901234567890,"next_cursor":98765432109876543210},` +
    `"data":[{"id":12345678901234567890,"at":12345678901234567890}]}`;
  const wide = () => new Response(text, { headers: { "content-type": "application/json" } });
  const cut = (job: string) => job.replace(/ {4}paging.*\n {4}total.*\n/, "");
  const { probed, text: shown } = await probe(wide, cut);
  assertEquals(probed.rejected[0]?.value, "12345678901234567890");
  assertStringIncludes(shown, "meta.next_cursor: 98765432109876543210");
  const astray = await probe(wide, (job) => cut(job).replace("records: data", "records: rows"));
  assertStringIncludes(astray.text, "data[0].id        12345678901234567890");
});

Deno.test("probeStream() reads the first records of a long file, packed or not, and says so", async () => {
  const line = (id: number) => `${id},2025-01-31T01:00:00Z,${"x".repeat(1000)}\n`;
  const text = `id,at,note\n${Array.from({ length: 4_000 }, (_, id) => line(id)).join("")}`;
  const bytes = new TextEncoder().encode(text);
  const job = (text: string) =>
    text.replace("    records: data\n", "    format: csv\n").replace("    total: meta.total\n", "")
      .replace(/ {4}paging:.*\n/, "").replace(/ {6}- \{ table: parts.*\n/, "")
      .replace(", value: value, unit: unit", "");
  for (const body of [bytes, new Uint8Array(zipSync({ "a.csv": [bytes, { level: 0 }] }))]) {
    const { probed, text } = await probe(() => new Response(body), job);
    assertEquals(probed.problem, null);
    const count = probed.records!.count;
    assert(count > 10 && count < 2_000, `${count} records`);
    assertStringIncludes(text, "the response is long: only its first ");
  }
});
