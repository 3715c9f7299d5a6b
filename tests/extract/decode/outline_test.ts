import { assert, assertEquals } from "@std/assert";
import { guessRecords, outline } from "../../../lib/extract/decode/outline.ts";
import { pagingSigns } from "../../../lib/probe/paging_signs.ts";

Deno.test("outline() lists values by path, outer values before inner ones", () => {
  const body = { meta: { total: 3 }, data: [{ id: "a", "x.y": null }, 5], none: [] };
  assertEquals(outline(body).map(({ path, what }) => `${path} ${what}`), [
    " an object of 3",
    "meta an object of 1",
    "data an array of 2, of mixed types",
    "none an array of 0",
    "meta.total 3",
    "data[0] an object of 2",
    'data[0].id "a"',
    'data[0]["x.y"] null',
  ]);
});

Deno.test("outline() stays short however large the response is", () => {
  const wide = Object.fromEntries(
    Array.from({ length: 1000 }, (_, at) => [`k${at}`, "x".repeat(1e5)]),
  );
  const entries = outline({ wide, deep: { a: { b: { c: { d: { e: 1 } } } } } });
  assert(entries.length <= 40);
  assert(entries.every(({ what }) => what.length < 100));
  assertEquals(outline("text"), [{ path: "", what: '"text"' }]);
});

Deno.test("guessRecords() finds arrays, keyed objects, columns and arrays of arrays, the longest first", () => {
  const guesses = (body: unknown) =>
    guessRecords(body).map(({ records, count }) => [records, count]);
  assertEquals(guesses({ data: { items: [{}, {}], tags: ["a"] }, more: [{}] }), [
    ["data.items", 2],
    ["more", 1],
  ]);
  assertEquals(guesses([{ id: 1 }]), [['""', 1]]);
  assertEquals(guesses({ rates: { "2025-01-01": { EUR: 1 }, "2025-01-02": { EUR: 2 } } }), [
    ["{ path: rates, as: entries }", 2],
  ]);
  assertEquals(guesses({ hourly: { time: ["a", "b"], t: [1, null] }, unit: "C" }), [
    ["{ path: hourly, as: columns }", 2],
  ]);
  assertEquals(guesses({ "x y": [[1, 2], [3, 4]] }), [
    [`{ path: '["x y"]', as: arrays, names: [...] }`, 2],
  ]);
  assertEquals(
    guesses({ data: [[1, 2], [3, 4], [5, 6]], fields: [{ name: "a" }, { name: "b" }] })[0],
    [
      "{ path: data, as: arrays, names_path: 'fields[].name' }",
      3,
    ],
  );
  assertEquals(guesses({ error: "no" }), []);
});

Deno.test("pagingSigns() finds what looks like paging near the top and in headers, not in records", () => {
  const body = {
    meta: { next_cursor: "abc", total_count: 7, colour: "red" },
    "@odata.nextLink": "https://api.test/x?p=2",
    has_more: true,
    results: [{ next: "not this" }],
    pageInfo: { hasNextPage: false },
  };
  const headers: Record<string, string> = { link: '<https://api.test/?page=2>; rel="next"' };
  assertEquals(
    pagingSigns(body, (name) => headers[name] ?? null).map(({ path, value }) => `${path} ${value}`),
    [
      '$header.link "<https://api.test/?page=2>; rel=\\"next\\""',
      '["@odata.nextLink"] "https://api.test/x?p=2"',
      "has_more true",
      'meta.next_cursor "abc"',
      "meta.total_count 7",
      "pageInfo.hasNextPage false",
    ],
  );
  assertEquals(pagingSigns([1, 2], () => null), []);
});
