import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { didYouMean, editDistance, suggest } from "../lib/did_you_mean.ts";

Deno.test("suggest() finds the nearest word", () => {
  const words = ["window", "request", "records", "record_date", "rows"];
  assertEquals(suggest("widnow", words), "window");
  assertEquals(suggest("record", words), "records");
  assertEquals(suggest("record-dat", words), "record_date");
  assertEquals(suggest("req", words), "request");
  assertEquals(suggest("ROWS", words), "rows");
  assertEquals(suggest("paging", words), undefined);
  assertEquals(suggest("x", []), undefined);
});

Deno.test("didYouMean() phrases it as a question", () => {
  assertEquals(didYouMean("form", ["from"]), 'did you mean "from"?');
  assertEquals(didYouMean("zzzz", ["from"]), undefined);
});

Deno.test("editDistance() counts the fewest changes, and is symmetric", () => {
  assertEquals(editDistance("kitten", "sitting"), 3);
  assertEquals(editDistance("from", "form"), 1);
  assertEquals(editDistance("", "abc"), 3);
  fc.assert(fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
    const distance = editDistance(a, b);
    assertEquals(distance, editDistance(b, a));
    assert(distance >= Math.abs(a.length - b.length) && distance <= Math.max(a.length, b.length));
    assertEquals(distance === 0, a === b);
  }));
});

Deno.test("suggest() terminates for very long words", () => {
  assertEquals(suggest("a".repeat(1_000_000), ["b".repeat(1_000_000)]), undefined);
});
