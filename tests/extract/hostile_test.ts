// Responses are not trusted: whatever they contain, extraction produces rows or rejections and
// does not throw, and names never become code.
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { COLUMN_TYPES } from "../../lib/config/schema/job_schema.ts";
import { compileExtractor, type Extraction } from "../../lib/extract/extractor.ts";
import { KeyedRecord } from "../../lib/extract/decode/read_records.ts";
import { MAX_REJECTIONS } from "../../lib/extract/rejection.ts";
import { Failure } from "../../lib/failure.ts";
import { extractBody, jobOf, rowsOf } from "./extracting.ts";

/** Cases of a property; HINDCAST_FUZZ_CASES sets their number. */
const CASES = Number(Deno.env.get("HINDCAST_FUZZ_CASES") ?? 300);

const TABLES = {
  every: {
    key: "id",
    columns: {
      id: "text",
      ...Object.fromEntries(COLUMN_TYPES.map((type, at) => [`c${at}`, type])),
    },
  },
  nested: { key: ["id", "k"], columns: { id: "text", k: "text", v: "numeric", j: "jsonb" } },
};

const STREAM = {
  record_date: "c7",
  rows: [
    "every",
    { table: "nested", each: "a", columns: { id: "^.id", k: "k", v: "v", j: "." } },
    { table: "nested", each: "a[].b{}", columns: { id: "^^.id", k: "$key", v: ".", j: "^.b" } },
    {
      table: "nested",
      columns: { id: "id", k: { path: ["c0", "c1", "a[].k"], capture: "(.)$" }, j: "$body" },
    },
  ].map((entry) => typeof entry === "string" ? { table: entry } : entry),
};

const names = fc.constantFrom(
  "id",
  "a",
  "b",
  "k",
  "v",
  "__proto__",
  "constructor",
  "toString",
  ...COLUMN_TYPES.map((_, at) => `c${at}`),
);

const scalars = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom<unknown>(
    null,
    undefined,
    "",
    "-",
    "2025-02-30",
    "1e999",
    "\0",
    "\ud800",
    -0,
    2 ** 60,
  ),
  fc.bigInt(),
);

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium", withCrossShrink: true },
    scalars,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(names, tie("value"), { maxKeys: 12, noNullPrototype: false }),
  ),
})).value;

function assertWhole({ sets, rejected }: Extraction): void {
  for (const { shape, rows } of sets) {
    for (const row of rows) {
      assertEquals(row.length, shape.columns.length);
      assert(row.every((value) => value === null || typeof value === "string"));
      assert(shape.key.every((at) => row[at] !== null));
    }
  }
  for (const { value, record } of rejected) {
    assert(new TextEncoder().encode(value).length <= 1024);
    assert(new TextEncoder().encode(record).length <= 1024);
    assert(record.isWellFormed() && value.isWellFormed());
  }
}

Deno.test("extract() never throws, and yields complete rows and bounded rejections for any input", () => {
  const { extract } = compileExtractor(jobOf({ tables: TABLES, stream: STREAM }), "s");
  const keyed = fc.tuple(names, values).map(([key, record]) => new KeyedRecord(key, record));
  const records = fc.array(fc.oneof(values, keyed), { maxLength: 5 });
  fc.assert(
    fc.property(records, values, (records, body) => {
      const page = { records, body, header: () => null, each: {}, params: {} };
      assertWhole(extract({ ...page, window: null }));
      assertWhole(extract({ ...page, window: { from: 0, to: 1e8 } }));
    }),
    { numRuns: CASES },
  );
});

Deno.test("extract() handles arrays nested 100,000 levels deep, and long strings", () => {
  const tables = { t: { key: "id", columns: { id: "text", j: "jsonb", t: "text", n: "numeric" } } };
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const long = "x".repeat(10_000_000);
  const body = `[{"id": "deep", "j": ${deep}}, {"id": "text", "t": ${deep}}, ${deep}, ` +
    `{"id": "n", "n": "${
      "9".repeat(1_000_000)
    }"}, {"id": "long", "t": "${long}"}, {"id": "${long}"}]`;
  const extraction = extractBody(jobOf({ tables, stream: { rows: "t" } }), body);
  assertEquals(rowsOf(extraction, "t").map(({ id, t }) => [id, t?.length]), [["long", 10_000_000]]);
  assertEquals(extraction.rejected.map(({ column, reason }) => `${column} ${reason}`), [
    "j is nested more than 2000 levels deep",
    "t is an array, not a string",
    "null is an array, not an object",
    "n has more than 1000 digits",
    "id is longer than the 2600 bytes that an indexed column can hold",
  ]);
  assertWhole(extraction);
});

Deno.test("extract() treats hostile names as names", () => {
  const name = `a"];globalThis.pwned=true;//\u2028\`\${1}'\\`;
  const path = `[${JSON.stringify(name)}]`;
  const tables = { t: { key: "id", columns: { id: "text", a: "text", b: "text", c: "text" } } };
  const columns = { id: "id", a: path, b: `x${path}`, c: { path: "__proto__", default: `"]);x(` } };
  const job = jobOf({ tables, stream: { rows: { table: "t", columns } } });
  const extraction = extractBody(job, [{ id: 1, [name]: "found", x: { [name]: "below" } }]);
  assertEquals(rowsOf(extraction, "t"), [{ id: "1", a: "found", b: "below", c: `"]);x(` }]);
  assertEquals((globalThis as { pwned?: boolean }).pwned, undefined);
});

Deno.test("extract() reads no inherited member, and a member named __proto__ changes nothing", () => {
  const tables = { t: { key: "id", columns: { id: "text", a: "text", b: "text" } } };
  const columns = { id: "id", a: "constructor.name", b: "x.toString" };
  const job = jobOf({ tables, stream: { rows: { table: "t", columns } } });
  const body = '[{"id": "1", "x": {}, "__proto__": {"id": "2"}}, {"__proto__": {"id": "3"}}]';
  const extraction = extractBody(job, body);
  assertEquals(rowsOf(extraction, "t"), [{ id: "1", a: null, b: null }]);
  assertEquals(extraction.rejected.map(({ column }) => column), ["id"]);
});

Deno.test("extract() fails the window where the response contains only bad records", () => {
  const tables = { t: { key: "id", columns: { id: "text" } } };
  const job = jobOf({ tables, stream: { rows: "t" } });
  const bad = (count: number) => extractBody(job, Array(count).fill(null));
  assertEquals(bad(MAX_REJECTIONS).rejected.length, MAX_REJECTIONS);
  const failure = assertThrows(
    () => bad(MAX_REJECTIONS + 1),
    Failure,
    "more than 10000 of one page",
  );
  assertEquals(failure.kind, "window");
});

Deno.test("extract() previews a rejected record with a million members without reading them all", () => {
  const tables = { t: { key: "id", columns: { id: "text" } } };
  const job = jobOf({
    tables,
    stream: { rows: { table: "t", each: "list", columns: { id: "x" } } },
  });
  const record = { list: Array(5000).fill({ y: 1 }), more: Array(1_000_000).fill(0) };
  const { rejected } = extractBody(job, [record]);
  assertEquals(rejected.length, 5000);
  assert(rejected[4999]!.record.startsWith('{"y":1} in {"list":[{"y":1}'));
});
