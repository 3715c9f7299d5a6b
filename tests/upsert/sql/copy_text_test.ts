import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Row } from "../../../lib/extract/row_shape.ts";
import { copyLine, CopyText, HEADER_BYTES } from "../../../lib/upsert/sql/copy_text.ts";

const encode = (rows: Row[]) => new CopyText(rows.length).encode(rows);

/** What a server would read. */
async function decoded(rows: Row[]): Promise<string[]> {
  return await Array.fromAsync(
    (await encode(rows)).chunks(),
    (chunk) => new TextDecoder().decode(chunk.subarray(HEADER_BYTES)),
  );
}

Deno.test("copyLine() distinguishes null, the empty string and the string \\N", () => {
  assertEquals(copyLine([null, "", "\\N", "\\."]), "\\N\t\t\\\\N\t\\\\.\n");
});

Deno.test("copyLine() escapes what would end a value or a row", () => {
  assertEquals(copyLine(["a\tb", "c\nd", "e\rf", "g\\h"]), "a\\tb\tc\\nd\te\\rf\tg\\\\h\n");
});

Deno.test("CopyText cuts many rows into chunks of whole rows", async () => {
  const rows = Array.from({ length: 20_000 }, (_, at) => [String(at), "x".repeat(80)]);
  const parts = await decoded(rows);
  assert(parts.length > 4 && parts.every((part) => part.length < 300_000 && part.endsWith("x\n")));
  assertEquals(parts.join(""), rows.map(copyLine).join(""));
});

Deno.test("CopyText keeps a row together that is larger than a chunk", async () => {
  const long = "ß".repeat(3_000_000);
  assertEquals(await decoded([["a"], [long], ["b"]]), [`a\n${long}\n`, "b\n"]);
});

Deno.test("CopyText has no chunk where there are no rows", async () => {
  assertEquals(await decoded([]), []);
});

Deno.test("CopyText.decode() returns the rows that were encoded (property)", async () => {
  const special = fc.constantFrom("\\", "\n", "\r", "\t", "\\N", "n", "N", "😀", "");
  const value = fc.option(fc.array(fc.oneof(special, fc.string())).map((parts) => parts.join("")));
  const rows = fc.integer({ min: 1, max: 4 }).chain((width) =>
    fc.array(fc.array(value, { minLength: width, maxLength: width }))
  );
  await fc.assert(fc.asyncProperty(rows, async (rows) => {
    assertEquals(await (await encode(rows)).decode(), rows);
  }));
});

Deno.test("CopyText.chunks() yields chunks as they are encoded, as often as it is called", async () => {
  const rows = Array.from({ length: 20_000 }, (_, at) => [String(at), "x".repeat(80)]);
  const text = new CopyText(rows.length);
  const early = text.chunks();
  const first = early.next();
  const encoding = text.encode(rows);
  const { value } = await first;
  assertEquals(value!.subarray(HEADER_BYTES, HEADER_BYTES + 4), new TextEncoder().encode("0\txx"));
  const rest = await Array.fromAsync(early);
  await encoding;
  assertEquals(await Array.fromAsync(text.chunks()), [value!, ...rest]);
});

Deno.test("CopyText.release() releases all rows", async () => {
  const text = await encode([["a"], ["b"]]);
  const [chunk] = await Array.fromAsync(text.chunks());
  text.release();
  assertEquals(chunk!.byteLength, 0);
  assertEquals(await Array.fromAsync(text.chunks()), []);
});
