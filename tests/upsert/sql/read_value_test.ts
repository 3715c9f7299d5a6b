import { assertEquals } from "@std/assert";
import { readValue } from "../../../lib/upsert/sql/read_value.ts";

Deno.test("readValue() returns a number only for what a number represents exactly", () => {
  assertEquals(readValue(20, "9007199254740991"), 9007199254740991);
  assertEquals(readValue(20, "9007199254740993"), "9007199254740993");
  assertEquals(readValue(1700, "4187.20"), 4187.2);
  assertEquals(readValue(1700, "12345678901234567.89"), "12345678901234567.89");
  assertEquals(readValue(1700, "NaN"), "NaN");
  assertEquals(readValue(701, "1e-7"), 1e-7);
  assertEquals(readValue(701, "Infinity"), "Infinity");
});

Deno.test("readValue() returns instants in ISO 8601", () => {
  assertEquals(readValue(1184, "2024-01-31 12:00:00.5+00"), "2024-01-31T12:00:00.5Z");
  assertEquals(readValue(1184, "infinity"), "infinity");
  assertEquals(readValue(1114, "2024-01-31 12:00:00"), "2024-01-31T12:00:00");
  assertEquals(readValue(1082, "2024-01-31"), "2024-01-31");
});

Deno.test("readValue() reads arrays with nulls, quotes and nesting", () => {
  assertEquals(readValue(1009, '{a,"b, \\"c\\" \\\\",NULL,"NULL",""}'), [
    "a",
    'b, "c" \\',
    null,
    "NULL",
    "",
  ]);
  assertEquals(readValue(1007, "{{1,2},{3,NULL}}"), [[1, 2], [3, null]]);
  assertEquals(readValue(1007, "{}"), []);
  assertEquals(readValue(1000, "{t,f}"), [true, false]);
  assertEquals(readValue(1007, "[0:1]={5,6}"), [5, 6]);
});

Deno.test("readValue() parses jsonb, and returns unknown types as strings", () => {
  assertEquals(readValue(3802, '{"a": [1, null]}'), { a: [1, null] });
  assertEquals(readValue(16, "f"), false);
  assertEquals(readValue(869, "127.0.0.1"), "127.0.0.1");
});
