import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { monotonicClock } from "../../lib/fetch/rate/clock.ts";
import { probeStream } from "../../lib/probe/probe_stream.ts";
import { Failure } from "../../lib/failure.ts";
import { probeLines } from "../../lib/cli/probe_lines.ts";
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

/** Probes the job, changed by `change`, against an API that gives `answer`. */
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

Deno.test("probeStream() tells request, answer, paging, records, rows and what does not fit", async () => {
  let headers: Headers | undefined;
  const { probed, text } = await probe((request) => {
    headers = request.headers;
    return Response.json({ meta: { total: 5 }, data: DATA, echo: "secret-key" });
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
      'is not a timestamptz as ISO 8601 writes it; "format" says how it is written',
      1,
      '"yesterday"',
    ]],
  );
  for (
    const line of [
      "request   GET URL/readings?day=2025-01-31&page=1&size=2",
      "x-key: ***",
      "paging    by page, 5 records in all, 2 pages to follow as far as known",
      "readings: 1 row",
      "parts: 2 rows",
      "never filled: readings.note",
      'readings.taken, 1 time: the value is not a timestamptz as ISO 8601 writes it; "format" says how it is written',
    ]
  ) assertStringIncludes(text, line);
  assertEquals(JSON.stringify(probed).includes("secret-key"), false);
});

Deno.test("probeStream() outlines an answer of another shape and guesses where the records are", async () => {
  const { probed, text } = await probe(() => Response.json({ result: { rows: DATA }, total: 2 }));
  assertStringIncludes(probed.problem!.message, 'expected a list at "data"');
  assertEquals(probed.guesses, [{ records: "result.rows", count: 2 }]);
  assertStringIncludes(text, "records: result.rows # 2 records");
  assertStringIncludes(text, "next      correct job.yaml");
});

Deno.test("probeStream() says what format an answer has that is not of the one declared", async () => {
  const { probed, text } = await probe(() => new Response("id;at\n1;2\n2;3\n"));
  assertEquals(probed.problem?.hint, 'Write format: csv, delimiter: ";" into the stream');
  assertStringIncludes(text, "next      correct job.yaml");
});

Deno.test("probeStream() tells fields that no column takes, and what to write about values", async () => {
  const { probed, text } = await probe(() =>
    Response.json({ meta: { total: 1 }, data: [{ ...DATA[0], value: "1,5", colour: "red" }] })
  );
  assertEquals(probed.untaken, [{ path: "colour", records: 1, value: '"red"' }]);
  assertStringIncludes(text, '  colour  always  "red"');
  assertEquals(probed.rejected.map(({ remedy }) => remedy), ['decimal: ","']);
  assertStringIncludes(text, '    perhaps decimal: ","');
});

Deno.test("probeStream() tells that a source did not heed the dates", async () => {
  const at = (taken: string) => () =>
    Response.json({ meta: { total: 1 }, data: [{ ...DATA[0], at: taken }] });
  const { probed, text } = await probe(at("2019-01-01T00:00:00Z"));
  assertEquals(probed.outside, ["readings.taken"]);
  assertStringIncludes(text, "outside the window: every value of readings.taken;");
  assertEquals((await probe(at("2025-02-01T00:30:00+02:00"))).probed.outside, []);
});

Deno.test("probeStream() outlines an answer without records, which may say why", async () => {
  const { probed, text } = await probe(() =>
    Response.json({ meta: { total: 0 }, data: [], error: "no such day" })
  );
  assertEquals(probed.problem, null);
  assertStringIncludes(text, '"no such day"');
  assertStringIncludes(text, "next      no record came");
});

Deno.test("probeLines() shows as many rows as fit the terminal", async () => {
  const { probed } = await probe(() =>
    Response.json({ meta: { total: 2 }, data: DATA.map((record) => ({ ...record, at: null })) })
  );
  const head = (width: number) =>
    probeLines(probed, "job.yaml", width).find((line) => line.includes("column "))?.trimEnd();
  assertEquals(head(200)?.endsWith("row 1  row 2"), true);
  assertEquals(head(20)?.endsWith("row 1"), true);
});

Deno.test("probeStream() asks once, and tells status and words of a refusal", async () => {
  let asked = 0;
  const { probed, text } = await probe(() => {
    asked++;
    return Response.json({ message: "size must be 100 for secret-key" }, { status: 422 });
  });
  assertEquals([asked, probed.answer?.status, probed.records], [1, 422, null]);
  assertStringIncludes(text, 'status 422, "size must be 100 for ***"'.slice(7));
  assertStringIncludes(text, "hint      Look at the parameters of the request above");
  assertStringIncludes(text, "next      see to the problem above");
});

Deno.test("probeStream() shows signs of paging where the job says nothing of it", async () => {
  const { text } = await probe(
    () => Response.json({ data: DATA.slice(0, 1), meta: { next: "abc" } }),
    (job) => job.replace(/ {4}paging.*\n {4}total.*\n/, ""),
  );
  assertStringIncludes(text, "paging    by none, one page");
  assertStringIncludes(text, 'meta.next: "abc"');
  assertStringIncludes(text, "paging: { by: cursor, cursor: meta.next, cursor_param: ... }");
});

Deno.test("probeStream() tells that an answer is full where nothing says how the rest is read", async () => {
  const { probed, text } = await probe(
    () => Response.json({ data: DATA.slice(0, 1) }),
    (job) => job.replace(/ {4}paging.*\n {4}total.*\n/, "    full: 1\n"),
  );
  assert(probed.paging?.problem !== null);
  assertStringIncludes(text, "problem   the response holds 1 records");
});

Deno.test("probeStream() takes a full answer for no mistake where a run makes the window shorter", async () => {
  const { probed, text } = await probe(
    () => Response.json({ data: DATA.slice(0, 1) }),
    (job) =>
      job.replace(/ {4}paging.*\n {4}total.*\n/, "    full: 1\n")
        .replace("window: day", "window: auto").replace(
          'day: "{from}"',
          'from: "{from}", to: "{to}"',
        ),
  );
  assertEquals(probed.paging?.problem, null);
  assertStringIncludes(
    text,
    "paging    by none, too full for one window: the response holds 1 records",
  );
});

Deno.test("probeStream() does not send what needs a variable that is not set", async () => {
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
