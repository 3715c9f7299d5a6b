import { assertEquals, assertThrows } from "@std/assert";
import { type Frame, parseEach, visit } from "../../../lib/extract/value/each.ts";

/** What a walk meets, as texts: elements with their keys and indexes, and mismatches. */
function visited(record: unknown, each: string): string[] {
  const met: string[] = [];
  const show = ({ element, key, index }: Frame) =>
    `${key ?? ""}${index}:${JSON.stringify(element)}`;
  visit({ element: record, index: 0, key: null, up: null }, parseEach(each), {
    element: (frame) => met.push(show(frame)),
    mismatch: (_, found, reason) => met.push(`${JSON.stringify(found)} ${reason}`),
  });
  return met;
}

Deno.test("visit() visits the record itself without levels", () => {
  assertEquals(visited({ a: 1 }, ""), ['0:{"a":1}']);
});

Deno.test("visit() visits the elements of an array, with or without brackets", () => {
  assertEquals(visited({ a: [1, null] }, "a"), ["0:1", "1:null"]);
  assertEquals(visited({ a: { b: [1] } }, "a.b[]"), ["0:1"]);
  assertEquals(visited([[1], [2, 3]], "[][]"), ["0:1", "0:2", "1:3"]);
});

Deno.test("visit() descends into nested arrays at any depth", () => {
  const record = { a: [{ b: [{ c: [1, 2] }] }, {}, { b: [{ c: [3] }, { c: null }] }] };
  assertEquals(visited(record, "a[].b[].c[]"), ["0:1", "1:2", "0:3"]);
  assertEquals(visited(record, "a[].b[].c"), ["0:1", "1:2", "0:3"]);
});

Deno.test("visit() visits the members of an object", () => {
  const rates = { rates: { USD: 1.5, EUR: { bid: 1 } } };
  assertEquals(visited(rates, "rates{}"), ["USD0:1.5", 'EUR1:{"bid":1}']);
  assertEquals(visited({ a: { x: [1, 2] } }, "a{}[]"), ["x0:1", "x1:2"]);
  assertEquals(visited({ "b[]": [1] }, '["b[]"][]'), ["0:1"]);
});

Deno.test("visit() visits the rows of an object of arrays", () => {
  const record = { hourly: { time: ["a", "b"], t: [1, 2], unit: "C" } };
  assertEquals(visited(record, "hourly{[]}"), [
    '0:{"time":"a","t":1,"unit":"C"}',
    '1:{"time":"b","t":2,"unit":"C"}',
  ]);
  assertEquals(visited({ h: { a: [1], b: [] } }, "h{[]}"), [
    '{"a":[1],"b":[]} has 1 elements at "a" and 0 at "b", not arrays of equal length',
  ]);
});

Deno.test("visit() visits nothing for a missing value, and reports a value that is not an array", () => {
  assertEquals(visited({}, "a"), []);
  assertEquals(visited({ a: null }, "a"), []);
  assertEquals(visited({ a: {} }, "a"), ["{} is an object, not an array"]);
  assertEquals(visited({ a: [1] }, "a{}"), ["[1] is an array, not an object"]);
  assertEquals(visited(null, "a"), []);
});

Deno.test("parseEach() rejects paths that leave the record", () => {
  assertThrows(() => parseEach("^.a"), SyntaxError, "rows are read from what is inside a record");
  assertThrows(() => parseEach("$body.a"), SyntaxError);
  assertThrows(() => parseEach("a["), SyntaxError);
});
