import { assertEquals, assertThrows } from "@std/assert";
import { jobSchema } from "../../../lib/config/schema/job_schema.ts";
import { KeyedRecord, readRecords } from "../../../lib/extract/decode/read_records.ts";
import { Failure } from "../../../lib/failure.ts";

/** Reads records by the key `records` of a stream. */
function read(records: unknown, body: unknown): unknown[] {
  const job = jobSchema.parse({
    job: "test",
    source: "http://127.0.0.1",
    tables: { t: { key: "id", columns: { id: "text" } } },
    streams: { s: { request: "/", records, rows: "t" } },
  });
  return readRecords(job.streams.s!.records, body);
}

Deno.test("readRecords() finds an array, even at the root", () => {
  assertEquals(read("data.items", { data: { items: [1, 2] } }), [1, 2]);
  assertEquals(read("", [1]), [1]);
  assertEquals(read("items", { items: null }), []);
});

Deno.test("readRecords() fails the window where the response has another shape", () => {
  const wrong: [unknown, unknown, string][] = [
    ["results", { results: {} }, 'expected an array at "results", found an object'],
    ["results", { detail: "no" }, 'expected an array at "results", found nothing'],
    ["", { results: [] }, "expected an array as the response body, found an object"],
    ["a.b", "text", 'expected an array at "a.b", found nothing'],
    [{ as: "single" }, [1], "expected an object as the response body, found an array"],
    [{ path: "r", as: "entries" }, { r: null }, 'expected an object at "r", found nothing'],
    [{ as: "columns" }, { time: 5 }, "expected arrays of equal length, found no array"],
    [
      { path: "h", as: "columns" },
      { h: { time: [1, 2], t: [3] } },
      'expected arrays of equal length at "h", found 2 elements at "time" and 1 at "t"',
    ],
    [
      { path: "rows", as: "arrays", names_path: "fields[].name" },
      { rows: [], fields: [{}] },
      'expected names at "fields[].name", found nothing',
    ],
  ];
  for (const [records, body, message] of wrong) {
    const failure = assertThrows(
      () => read(records, body),
      Failure,
      `Cannot read records: ${message}`,
    );
    assertEquals(failure.kind, "window");
  }
});

Deno.test("readRecords() treats missing columns as an empty response where they are optional", () => {
  const names = { at: "timestamp", close: "quote[0].close" };
  const spec = { as: "columns", names, optional: true };
  assertEquals(read(spec, { meta: {}, quote: [{}] }), []);
  assertEquals(read({ as: "columns", optional: true }, { s: "no_data" }), []);
  assertEquals(read(spec, { timestamp: [1], quote: [{ close: [2] }] }), [{ at: 1, close: 2 }]);
});

Deno.test("readRecords() takes the members of an object with their names", () => {
  assertEquals(read({ path: "r", as: "entries" }, { r: { a: 1, b: {} } }), [
    new KeyedRecord("a", 1),
    new KeyedRecord("b", {}),
  ]);
});

Deno.test("readRecords() builds records from columns and from arrays with names", () => {
  const hourly = { time: ["00:00", "01:00"], t: [1.5, null] };
  assertEquals(read({ path: "hourly", as: "columns" }, { hourly }), [
    { time: "00:00", t: 1.5 },
    { time: "01:00", t: null },
  ]);
  assertEquals(read({ as: "columns" }, {}), []);
  assertEquals(read({ as: "columns" }, { unit: "C", t: [1, 2] }), [
    { unit: "C", t: 1 },
    { unit: "C", t: 2 },
  ]);
  assertEquals(read({ as: "arrays", names: ["a", "b"] }, [[1, 2], [3], 4]), [
    { a: 1, b: 2 },
    [3],
    4,
  ]);
  const named = { fields: [{ name: "a" }], rows: [[1]] };
  assertEquals(read({ path: "rows", as: "arrays", names_path: "fields[].name" }, named), [{
    a: 1,
  }]);
});

Deno.test("readRecords() takes a single object as the record", () => {
  assertEquals(read({ as: "single" }, { id: 1 }), [{ id: 1 }]);
  assertEquals(read({ path: "a", as: "single" }, { a: { id: 1 } }), [{ id: 1 }]);
});

Deno.test("readRecords() never changes a prototype", () => {
  const [record] = read({ as: "columns" }, JSON.parse('{"__proto__": [{"x": 1}], "a": [1]}'));
  assertEquals(record, { a: 1 });
  assertEquals((record as Record<string, unknown>).x, undefined);
});
