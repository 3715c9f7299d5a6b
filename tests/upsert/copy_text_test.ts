import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Row } from "../../lib/extract/row_shape.ts";
import { copyLine, copyText, HEADER_BYTES, release, rowsOf } from "../../lib/upsert/copy_text.ts";

/** What a server would read. */
async function decoded(rows: Row[]): Promise<string[]> {
  const { chunks } = await copyText(rows);
  return chunks.map((chunk) => new TextDecoder().decode(chunk.subarray(HEADER_BYTES)));
}

Deno.test("copyLine() tells null, empty text and the text \\N apart", () => {
  assertEquals(copyLine([null, "", "\\N", "\\."]), "\\N\t\t\\\\N\t\\\\.\n");
});

Deno.test("copyLine() escapes what would end a value or a row", () => {
  assertEquals(copyLine(["a\tb", "c\nd", "e\rf", "g\\h"]), "a\\tb\tc\\nd\te\\rf\tg\\\\h\n");
});

Deno.test("copyText() cuts many rows into chunks of whole rows", async () => {
  const rows = Array.from({ length: 20_000 }, (_, at) => [String(at), "x".repeat(80)]);
  const parts = await decoded(rows);
  assert(parts.length > 4 && parts.every((part) => part.length < 300_000 && part.endsWith("x\n")));
  assertEquals(parts.join(""), rows.map(copyLine).join(""));
});

Deno.test("copyText() keeps a row together that is larger than a chunk", async () => {
  const long = "ß".repeat(3_000_000);
  assertEquals(await decoded([["a"], [long], ["b"]]), [`a\n${long}\n`, "b\n"]);
});

Deno.test("copyText() has no chunk where there are no rows", async () => {
  assertEquals(await copyText([]), { rows: 0, chunks: [] });
});

Deno.test("rowsOf() gives the rows that copyText() was given, property", async () => {
  const special = fc.constantFrom("\\", "\n", "\r", "\t", "\\N", "n", "N", "😀", "");
  const value = fc.option(fc.array(fc.oneof(special, fc.string())).map((parts) => parts.join("")));
  const rows = fc.integer({ min: 1, max: 4 }).chain((width) =>
    fc.array(fc.array(value, { minLength: width, maxLength: width }))
  );
  await fc.assert(fc.asyncProperty(rows, async (rows) => {
    assertEquals(rowsOf(await copyText(rows)), rows);
  }));
});

Deno.test("release() leaves nothing of the rows", async () => {
  const text = await copyText([["a"], ["b"]]);
  release(text);
  assertEquals(text.chunks.map((chunk) => chunk.byteLength), [0]);
});
