import { assert, assertEquals } from "@std/assert";
import { copyChunks, copyLine } from "../../lib/upsert/copy_text.ts";

Deno.test("copyLine() tells null, empty text and the text \\N apart", () => {
  assertEquals(copyLine([null, "", "\\N", "\\."]), "\\N\t\t\\\\N\t\\\\.\n");
});

Deno.test("copyLine() escapes what would end a value or a row", () => {
  assertEquals(copyLine(["a\tb", "c\nd", "e\rf", "g\\h"]), "a\\tb\tc\\nd\te\\rf\tg\\\\h\n");
});

Deno.test("copyChunks() cuts many rows into chunks and leaves room for a header", () => {
  const rows = Array.from({ length: 5000 }, (_, at) => [String(at), "x".repeat(80)]);
  const chunks = [...copyChunks(rows, 5)];
  assert(chunks.length > 4 && chunks.every((chunk) => chunk.length < 70_000));
  const text = chunks.map((chunk) => new TextDecoder().decode(chunk.subarray(5))).join("");
  assertEquals(text, rows.map(copyLine).join(""));
});

Deno.test("copyChunks() keeps a row together that is larger than a chunk", () => {
  const long = "ß".repeat(3_000_000);
  const chunks = [...copyChunks([["a"], [long], ["b"]])];
  assertEquals(chunks.length, 2);
  assertEquals(new TextDecoder().decode(chunks[0]), `a\n${long}\n`);
  assertEquals(new TextDecoder().decode(chunks[1]), "b\n");
});

Deno.test("copyChunks() yields nothing where there are no rows", () => {
  assertEquals([...copyChunks([])], []);
});
