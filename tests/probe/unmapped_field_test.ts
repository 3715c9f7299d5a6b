import { assertEquals } from "@std/assert";
import { KeyedRecord } from "../../lib/extract/decode/read_records.ts";
import { unmappedFields } from "../../lib/probe/unmapped_field.ts";
import { read } from "../config/job_text.ts";

/** The fields that the rows of a stream do not use, as `path: records`. */
async function left(rows: string, records: readonly unknown[]): Promise<string[]> {
  const job = await read(`job: a
source: https://api.example.com
tables:
  t: { key: id, columns: { id: text, a: text, b: text, all: jsonb } }
  u: { key: [id, n], columns: { id: text, n: text } }
streams:
  s:
    request: /s
    rows: ${rows}
`);
  return unmappedFields(job, "s", records).map(({ path, records }) => `${path}: ${records}`);
}

const RECORD = {
  id: "1",
  place: { name: "x", at: { lat: 1, lon: 2 } },
  lines: [{ n: 1, sku: "a" }, { n: 2, sku: "b" }],
  none: null,
  empty: [],
};

Deno.test("unmappedFields() finds what no column, key, condition or hash reads", async () => {
  assertEquals(await left("{ table: t, columns: { id: id } }", [RECORD, { id: 2, note: "x" }]), [
    "place.name: 1",
    "place.at.lat: 1",
    "place.at.lon: 1",
    "lines: 1",
    "note: 1",
  ]);
  const rows = `
      - table: t
        when: place.name
        columns: { id: id, a: { template: "{place.at.lat}" }, b: { hash: [place.at.lon] } }
      - { table: u, each: "lines[]", columns: { id: ^id, n: n } }`;
  assertEquals(await left(rows, [RECORD]), ["lines[].sku: 1"]);
  assertEquals(await left("{ table: t, columns: { id: id, all: . } }", [RECORD]), []);
});

Deno.test("unmappedFields() follows members, columns, indexes and fields of the column's name", async () => {
  const members = `{ table: t, each: "days{}", columns: { id: $key, a: v } }`;
  assertEquals(await left(members, [{ days: { mon: { v: 1, w: 2 }, tue: { v: 3, w: 4 } } }]), [
    "days{}.w: 1",
  ]);
  const columns = `{ table: t, each: "hourly{[]}", columns: { id: time, a: v } }`;
  assertEquals(await left(columns, [{ hourly: { time: [1], v: [2], w: [3] } }]), ["hourly.w: 1"]);
  assertEquals(await left(`{ table: t, columns: { id: "ids[0]" } }`, [{ ids: ["a", "b"] }]), []);
  const keyed = new KeyedRecord("k", { id: 1, c: 2 });
  assertEquals(await left("t", [keyed]), ["c: 1"]);
});

Deno.test("unmappedFields() stays short however large the records are", async () => {
  const wide = Object.fromEntries(
    Array.from({ length: 1000 }, (_, i) => [`f${i}`, "x".repeat(999)]),
  );
  const found = await left("t", [{ id: 1, wide, ...wide }, 3, null, ["a"]]);
  assertEquals(found.length, 200);
  assertEquals(found.slice(0, 2), ["wide: 1", "f0: 1"]);
});
