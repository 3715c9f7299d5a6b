import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { parseCivil } from "../../lib/plan/time/civil.ts";
import { ConfigurationFailure, formatProblem } from "../../lib/config/yaml/problem.ts";
import { readJob } from "../../lib/config/read_job.ts";
import { changed, FINE, messages, messagesWith, problems, read } from "./job_text.ts";

Deno.test("readJob() fills in defaults and converts strings", async () => {
  const job = await read(changed({
    "start": "2015-01-01",
    "source": { url: "https://api.example.com", limits: "2/s", timeout: "90s" },
    "streams.readings.settle": "3d",
    "streams.readings.window": { max: "365d" },
    "streams.readings.request.query.until": "{last}",
  }));
  assertEquals(job.file, "job.yaml");
  assertEquals(job.start, parseCivil("2015-01-01"));
  assertEquals(job.source.limits, [{ requests: 2, intervalMs: 1000, burst: false }]);
  assertEquals([job.source.timeout, job.source.retry.initial_wait], [90_000, 500]);
  assertEquals(job.time_zone, "UTC");
  const stream = job.streams.readings!;
  assertEquals(stream.settle, 3 * 86_400_000);
  assertEquals(stream.window, {
    auto: true,
    min: { unit: "day", count: 1 },
    max: { unit: "day", count: 365 },
  });
  assertEquals(stream.paging, { by: "none", isAssumed: true });
  assertEquals(stream.records, { path: "data", as: "list", optional: false });
  assertEquals(stream.rows, [{ table: "readings" }]);
  assertEquals(job.tables.readings!.key, ["id"]);
});

Deno.test("readJob() allows as many requests in flight as slow responses require at the limit", async () => {
  const cases: [Record<string, unknown>, number][] = [
    [{}, 8],
    [{ limits: "2/s" }, 8],
    [{ limits: "5/s" }, 20],
    [{ limits: ["10000/d", "5/s"] }, 20],
    [{ limits: "150/10s" }, 60],
    [{ limits: "100/s" }, 64],
    [{ limits: "100/s", concurrency: 3 }, 3],
  ];
  for (const [source, expected] of cases) {
    const job = await read(changed({ source: { url: "https://api.example.com", ...source } }));
    assertEquals(job.source.concurrency, expected, JSON.stringify(source));
  }
});

Deno.test("readJob() throws one failure with every problem and its place", async () => {
  const text = FINE.replace("window: day", "widow: day").replace("key: id", "key: idd") +
    "chekcs: {}\n";
  const failure = await assertRejects(() => read(text), ConfigurationFailure);
  assertEquals(failure.kind, "configuration");
  assertEquals(failure.problems.map(formatProblem), [
    `job.yaml:7:10: there is no column "idd"; did you mean "id"?
  7 |     key: idd
    |          ^^^`,
    `job.yaml:14:5: unknown key "widow"; did you mean "window"?
  14 |     widow: day
     |     ^^^^^`,
    `job.yaml:18:1: unknown key "chekcs"; did you mean "checks"?
  18 | chekcs: {}
     | ^^^^^^`,
  ]);
  assertStringIncludes(failure.message, 'Cannot use job file "job.yaml": 3 problems');
});

Deno.test("readJob() reports what was expected, found and probably meant", async () => {
  const cases: [Record<string, unknown>, string][] = [
    [
      { "source.url": "https://a.example", "source.timeout": 30 },
      'expected a duration such as "30s", "15m" or "7d", found 30',
    ],
    [
      { "streams.readings.window": "dya" },
      'expected a length such as "day", "7d", "6h" or "month", "auto", or a mapping with max, found "dya"',
    ],
    [
      { "tables.stations.columns.name": "string" },
      'expected a type such as "text", or a mapping with "type", found "string"; did you mean "text"?',
    ],
    [
      { "tables.stations.merge": "newest" },
      'expected one of replace, fill, keep, greatest, least, latest, found "newest"; did you mean "latest"?',
    ],
    [
      { "streams.readings.paging": { by: "skip", size: 1 } },
      'expected one of none, offset, page, cursor, next_link, link_header, found "skip"; did you mean "offset"?',
    ],
    [
      { "streams.readings.paging": { size: 1 } },
      'the key "by" is missing',
    ],
    [
      { "streams.readings.paging": { by: "offset" } },
      'the key "size" is missing',
    ],
    [{ "tables": undefined }, 'the key "tables" is missing'],
    [{ "job": ["a"] }, "expected a string, found a list"],
    [{ "job": null }, "expected a string, found null"],
    [
      { "job": "1st" },
      'expected a name of letters, digits and _, at most 63 long, not starting with a digit, found "1st"',
    ],
    [
      { "tables.a-b": { key: "id", columns: { id: "text" } } },
      'expected a name of letters, digits and _, at most 63 long, not starting with a digit; did you mean "a_b"?',
    ],
    [
      { "job": "my-job" },
      'expected a name of letters, digits and _, at most 63 long, not starting with a digit, found "my-job"; did you mean "my_job"?',
    ],
    [
      { "time_zone": "Europe/Londn" },
      'expected a time zone such as Europe/London, found "Europe/Londn"',
    ],
    [{ "source": 3 }, "expected a URL, or a mapping with url, found 3"],
    [
      { "streams.readings.rows": 3 },
      "expected the name of a table, a mapping with table, each and columns, or a list of such mappings, found 3",
    ],
    [
      { "streams.readings.rows": [{ table: "readings", colums: { id: "id" } }] },
      'unknown key "colums"; did you mean "columns"?',
    ],
    [{ "streams.readings.empty_statuses": [200] }, "expected at least 400, found 200"],
    [
      { "start": "2015-02-30" },
      'expected a date such as "2015-01-31", found "2015-02-30"',
    ],
    [
      { "streams.readings.request": 5 },
      "expected a path such as /v1/items, or a mapping with path and query, found 5",
    ],
    [
      { "checks.a": { sql: "SELECT 1 AS n", expect: { n: "many" } } },
      'expected a comparison such as "> 0" or "= other_column", found "many"',
    ],
  ];
  for (const [changes, message] of cases) assertEquals(await messagesWith(changes), [message]);
});

Deno.test("readJob() never reports input as invalid without a reason", async () => {
  const odd = [null, 3, "x", true, [], [1], {}, { x: 1 }];
  const keys = ["source", "params", "tables", "streams", "checks", "nulls", "start", "include"];
  keys.push("tables.stations", "tables.stations.columns", "tables.stations.indexes");
  keys.push("streams.readings", "streams.readings.rows", "streams.readings.paging");
  keys.push("streams.readings.for_each", "streams.readings.records", "streams.readings.request");
  for (const key of keys) {
    for (const value of odd) {
      for (const message of await messagesWith({ [key]: value })) {
        assert(!/invalid|undefined|\[object/i.test(message), `${key}: ${message}`);
      }
    }
  }
});

Deno.test("readJob() reports mistakes in one part and between parts together", async () => {
  const found = await messages(
    FINE.replace("window: day", "window: dya").replace("rows: readings", "rows: readngs")
      .replace("{params.regions}", "{params.regoins}").replace(
        "text, name: text",
        "txt, name: text",
      ),
  );
  assertEquals(found, [
    '8:20 expected a type such as "text", or a mapping with "type", found "txt"; did you mean "text"?',
    '14:13 expected a length such as "day", "7d", "6h" or "month", "auto", or a mapping with max, found "dya"',
    '15:69 there is no parameter "regoins"; did you mean "regions"?',
    '17:11 there is no table "readngs"; did you mean "readings"?',
  ]);
});

Deno.test("readJob() reports a mistake once, and not what follows from it", async () => {
  assertEquals(await messages(FINE.replace("rows: readings", "rows: { tabel: readings }")), [
    '17:13 unknown key "tabel"; did you mean "table"?',
  ]);
  assertEquals(await messages(FINE.replace("https://api.example.com", "${API_URL}")), [
    '2:9 the variable "API_URL" is not set; set it, or write a default: ${API_URL:-...}',
  ]);
  const auth = (text: string) =>
    FINE.replace("https://api.example.com", `{ url: "https://a.example", auth: ${text} }`);
  assertEquals(await messages(auth('{ baerer: "${TOKEN}" }')), [
    '2:45 unknown key "baerer"; did you mean "bearer"?',
  ]);
  assertEquals(await messages(auth('{ basic: "${TOKEN}" }')), [
    "2:52 expected a mapping with username and password, found another value in the variable",
  ]);
  const twice = FINE.replace(
    "tables:\n",
    "tables:\n  readings: { key: id, columns: { id: text } }\n",
  );
  assertEquals(await messages(twice), ['10:3 the key "readings" is already defined in line 6']);
});

Deno.test("readJob() reports only that a file of another kind is not a job", async () => {
  const expected =
    "this is not a job file: expected a mapping with job, source, tables and streams";
  for (
    const [text, found] of [
      ['{"name": "x", "dependencies": {}}', "but the file has none of these keys"],
      ["version: 3\nservices: {}\n", "but the file has none of these keys"],
      ["- a\n", "found a list"],
      ["hello\n", 'found "hello"'],
    ] as const
  ) assertEquals(await messages(text), [`1:1 ${expected}, ${found}`]);
});

Deno.test("readJob() suggests what to write for a mapping, and for placeholders without quotes", async () => {
  assertEquals(await messagesWith({ "streams.readings.rows": ["readings"] }), [
    'expected a mapping with table, found "readings"',
  ]);
  assertEquals(await messagesWith({ "streams.readings.for_each": { shop: [] } }), [
    "expected at least one, found an empty list",
  ]);
  assertEquals(await messages(FINE.replace('"{from}"', "{from}")), [
    '15:45 expected a string, a number, true, false or a list of them, found a mapping; a placeholder needs quotes: "{from}"',
  ]);
});

Deno.test("readJob() reads variables, with defaults and as numbers", async () => {
  const text = changed({
    "source": { url: "${API_URL:-https://api.example.com}/v2", concurrency: "${N}", burst: "${B}" },
    "about": "costs $${5}",
  });
  const job = await read(text, { N: "4", B: "true" });
  assertEquals(job.source.url, "https://api.example.com/v2");
  assertEquals([job.source.concurrency, job.source.burst], [4, true]);
  assertEquals(job.about, "costs ${5}");
  assertEquals(job.usedVariables, ["API_URL", "N", "B"]);
  const other = await read(text, { API_URL: "http://127.0.0.1:8000", N: "4", B: "false" });
  assertEquals(other.source.url, "http://127.0.0.1:8000/v2");
});

Deno.test("readJob() refuses variables that are not set and references that cannot be read", async () => {
  assertEquals(await messagesWith({ "about": "${NOT_SET} ${a b} ${" }), [
    'the variable "NOT_SET" is not set; set it, or write a default: ${NOT_SET:-...}',
    'expected ${NAME} or ${NAME:-default}, found "${a b}"; write $${ for the two characters',
    'expected ${NAME} or ${NAME:-default}, found "${"; write $${ for the two characters',
  ]);
});

Deno.test("readJob() shows neither secrets nor values of variables", async () => {
  const auth =
    "  auth: { basic: { username: bob, password: hunter2 }, header: { X-Key: s3cret } }\n";
  const text = FINE.replace(
    "source: https://api.example.com\n",
    `source:\n  url: https://api.example.com\n${auth}  timeout: \${T}\n  hedaers: { a: b }\n`,
  );
  const found = await problems(text, { T: "letmein" });
  assertEquals(found.map(({ line, message }) => `${line} ${message}`), [
    "4 a secret must not be written in a job file; expected a variable such as ${API_TOKEN}",
    "4 a secret must not be written in a job file; expected a variable such as ${API_TOKEN}",
    '5 expected a duration such as "30s", "15m" or "7d", found another value in the variable',
    '6 unknown key "hedaers"; did you mean "headers"?',
  ]);
  const printed = found.map(formatProblem).join("\n");
  for (const secret of ["hunter2", "s3cret", "letmein"]) assert(!printed.includes(secret), secret);
});

Deno.test("readJob() shows no secret that is written in place of a mapping", async () => {
  for (const auth of ['"Bearer hunter2"', "{ basic: hunter2 }", "{ header: hunter2 }"]) {
    const source = `source:\n  url: https://api.example.com\n  auth: ${auth}\n`;
    const found = await problems(FINE.replace("source: https://api.example.com\n", source));
    assertEquals(found.map(({ line }) => line), [4], auth);
    const printed = found.map(formatProblem).join("\n");
    assert(printed.includes("expected a map"), printed);
    assert(!printed.includes("hunter2"), printed);
  }
});

Deno.test("readJob() shows no secret of a file that is not YAML", async () => {
  const found = await problems(
    'job: a\nsource: { auth: { bearer: abc.def }, ]\n"password": hunter2"]',
  );
  const printed = found.map(formatProblem).join("\n");
  assert(found.length > 0);
  for (const secret of ["hunter2", "abc"]) assert(!printed.includes(secret), printed);
});

Deno.test("readJob() accepts a job whose secrets are not set", async () => {
  const job = await read(changed({
    "source": { url: "https://a.example", auth: { bearer: "${TOKEN}" } },
  }));
  assertEquals(job.source.auth?.bearer, "${TOKEN}");
});

Deno.test("readJob() reports a missing and an empty file", async () => {
  const missing = await assertRejects(
    () => readJob("none.yaml", { readText: () => Deno.readTextFileSync("/none"), env: () => "" }),
    ConfigurationFailure,
  );
  assertStringIncludes(missing.message, "none.yaml: ");
  assertEquals(await messages(""), ["0:0 the file is empty"]);
});

Deno.test("readJob() merges included files under the keys of the job", async () => {
  const job = await read({
    "job.yaml": FINE.replace(
      "source: https://api.example.com\n",
      "include: [shared/a.yaml, b.yaml]\n",
    ),
    "shared/a.yaml": "source: { url: https://a.example, concurrency: 2 }\ninclude: c.yaml\n",
    "shared/c.yaml": "nulls: ['-']\nparams: { regions: { about: shadowed, default: [n] } }\n",
    "b.yaml": "job: other\nsource: { url: https://b.example, timeout: 5s }\n",
  });
  assertEquals(job.job, "weather");
  assertEquals([job.source.url, job.source.concurrency], ["https://b.example", 2]);
  assertEquals(job.source.timeout, 5000);
  assertEquals(job.nulls, ["-"]);
  assertEquals(job.params.regions?.default, ["n"]);
});

Deno.test("readJob() names the included file a problem is in", async () => {
  const found = await problems({
    "job.yaml": `include: a.yaml\n${FINE}`,
    "a.yaml": "nuls: [1]\n",
  });
  assertEquals(found.map(({ file, line }) => [file, line]), [["a.yaml", 1]]);
});

Deno.test("readJob() refuses files outside its folder, missing files and circles", async () => {
  const including = async (path: string, files = {}) =>
    (await problems({ "job.yaml": `include: ${path}\n${FINE}`, ...files })).map((p) => p.message);
  const outside = "an included file must be in the folder of the job file or below it";
  for (
    const path of ["../a.yaml", "/etc/passwd", "a/../../b", "file:///etc/passwd", "C:\\a", "~/a"]
  ) {
    assertEquals(await including(path), [outside]);
  }
  assertEquals(await including("none.yaml"), ['cannot read "none.yaml": the file does not exist']);
  assertEquals(await including("./job.yaml"), ['"job.yaml" includes itself']);
  assertEquals(await including("a.yaml", { "a.yaml": "include: job.yaml" }), [
    '"job.yaml" includes itself',
  ]);
});
