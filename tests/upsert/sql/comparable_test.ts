import { assertEquals } from "@std/assert";
import { comparable, compareValues } from "../../../lib/upsert/sql/comparable.ts";

Deno.test("compareValues() orders numbers as numbers, however they are written", () => {
  assertEquals(compareValues("integer", "9", "10"), -1);
  assertEquals(compareValues("integer", "+7", "07"), 0);
  assertEquals(compareValues("bigint", "9223372036854775807", "9223372036854775806"), 1);
  assertEquals(compareValues("numeric", "1.50", "1.5"), 0);
  assertEquals(compareValues("money", "-0.5", "0.25"), -1);
});

Deno.test("compareValues() orders text by code points, not by UTF-16 units", () => {
  assertEquals(compareValues("text", "\u{1F600}", "\uFFFD")! > 0, true);
  assertEquals(compareValues("text", "B", "a")! < 0, true);
  assertEquals(compareValues("text", "ab", "abc")! < 0, true);
});

Deno.test("compareValues() orders instants with zones as instants", () => {
  const [summer, utc] = ["2024-06-01T13:00:00+01:00", "2024-06-01 12:00:00Z"];
  assertEquals(compareValues("timestamptz", summer, utc), 0);
  assertEquals(compareValues("timestamptz", "2024-06-01T12:00:00.000001Z", utc), 1);
  assertEquals(compareValues("timestamptz", "2024-06-01T12:00:00-0530", utc), 1);
});

Deno.test("compareValues() puts null lowest", () => {
  assertEquals(compareValues("jsonb", null, "{}"), -1);
  assertEquals(compareValues("date", "2024-01-01", null), 1);
  assertEquals(compareValues("date", null, null), 0);
});

Deno.test("comparable() reports what it cannot order", () => {
  assertEquals(comparable("numeric", "12345678901234567.1"), undefined);
  assertEquals(comparable("double", "NaN"), undefined);
  assertEquals(comparable("date", "infinity"), undefined);
  assertEquals(comparable("timestamptz", "0044-03-15 00:00:00 BC"), undefined);
  assertEquals(comparable("jsonb", "{}"), undefined);
  assertEquals(comparable("text[]", "{a}"), undefined);
  assertEquals(compareValues("jsonb", '{"a":1}', '{"a": 1}'), undefined);
  assertEquals(compareValues("jsonb", "{}", "{}"), 0);
});
