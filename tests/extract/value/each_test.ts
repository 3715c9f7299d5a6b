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

Deno.test("visit() meets the record itself without a list", () => {
  assertEquals(visited({ a: 1 }, ""), ['0:{"a":1}']);
});

Deno.test("visit() meets the elements of a list, with or without brackets", () => {
  assertEquals(visited({ a: [1, null] }, "a"), ["0:1", "1:null"]);
  assertEquals(visited({ a: { b: [1] } }, "a.b[]"), ["0:1"]);
  assertEquals(visited([[1], [2, 3]], "[][]"), ["0:1", "0:2", "1:3"]);
});

Deno.test("visit() goes into lists in lists at any depth", () => {
  const record = { a: [{ b: [{ c: [1, 2] }] }, {}, { b: [{ c: [3] }, { c: null }] }] };
  assertEquals(visited(record, "a[].b[].c[]"), ["0:1", "1:2", "0:3"]);
  assertEquals(visited(record, "a[].b[].c"), ["0:1", "1:2", "0:3"]);
});

Deno.test("visit() takes the members of an object one by one", () => {
  const rates = { rates: { USD: 1.5, EUR: { bid: 1 } } };
  assertEquals(visited(rates, "rates{}"), ["USD0:1.5", 'EUR1:{"bid":1}']);
  assertEquals(visited({ a: { x: [1, 2] } }, "a{}[]"), ["x0:1", "x1:2"]);
  assertEquals(visited({ "b[]": [1] }, '["b[]"][]'), ["0:1"]);
});

Deno.test("visit() takes the rows of an object of lists", () => {
  const record = { hourly: { time: ["a", "b"], t: [1, 2], unit: "C" } };
  assertEquals(visited(record, "hourly{[]}"), [
    '0:{"time":"a","t":1,"unit":"C"}',
    '1:{"time":"b","t":2,"unit":"C"}',
  ]);
  assertEquals(visited({ h: { a: [1], b: [] } }, "h{[]}"), [
    '{"a":[1],"b":[]} has 1 elements at "a" and 0 at "b", not lists of one length',
  ]);
});

Deno.test("visit() finds nothing where nothing is, and tells what is no list", () => {
  assertEquals(visited({}, "a"), []);
  assertEquals(visited({ a: null }, "a"), []);
  assertEquals(visited({ a: {} }, "a"), ["{} is an object, not a list"]);
  assertEquals(visited({ a: [1] }, "a{}"), ["[1] is a list, not an object"]);
  assertEquals(visited(null, "a"), []);
});

Deno.test("parseEach() refuses what is not inside the record", () => {
  assertThrows(() => parseEach("^.a"), SyntaxError, "rows are made of what is inside a record");
  assertThrows(() => parseEach("$body.a"), SyntaxError);
  assertThrows(() => parseEach("a["), SyntaxError);
});
