import { assertEquals, assertThrows } from "@std/assert";
import {
  derivedName,
  quoteIdentifier,
  quoteIdentifiers,
  quoteLiteral,
} from "../../../lib/upsert/sql/identifier.ts";

Deno.test("quoteIdentifier() doubles quotes and keeps everything else", () => {
  assertEquals(quoteIdentifier('a"; DROP TABLE x --'), '"a""; DROP TABLE x --"');
  assertEquals(quoteIdentifier("Straße"), '"Straße"');
  assertEquals(quoteIdentifiers(["a", "b"]), '"a", "b"');
});

Deno.test("quoteIdentifier() refuses a name that PostgreSQL would truncate or cannot store", () => {
  assertEquals(quoteIdentifier("x".repeat(63)).length, 65);
  for (const name of ["", "x".repeat(64), "ß".repeat(32), "a\0b"]) {
    assertThrows(() => quoteIdentifier(name), RangeError, "Cannot quote name");
  }
});

Deno.test("quoteLiteral() returns the same string whatever standard_conforming_strings is", () => {
  assertEquals(quoteLiteral("it's"), "'it''s'");
  assertEquals(quoteLiteral("a\\'b"), "E'a\\\\''b'");
  assertThrows(() => quoteLiteral("a\0"), RangeError, "NUL");
});

Deno.test("derivedName() shortens long names and keeps them distinct", () => {
  assertEquals(derivedName(["races", "date", "idx"]), "races_date_idx");
  const long = "a".repeat(60);
  const [one, other] = [derivedName([long, "b", "idx"]), derivedName([long, "c", "idx"])];
  assertEquals(one === other, false);
  assertEquals(one.length <= 63 && one.endsWith("_idx"), true);
});
