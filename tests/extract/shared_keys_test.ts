import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Row } from "../../lib/extract/row_shape.ts";
import { shapesOf } from "../../lib/extract/row_shape.ts";
import { sharedKeys } from "../../lib/extract/shared_keys.ts";
import { jobOf } from "./extracting.ts";

const job = jobOf({
  tables: { t: { key: ["a", "b"], columns: { a: "integer", b: "text", c: "text" } } },
  stream: { rows: "t" },
});
const [shape] = shapesOf(job, "s");

/** How many rows replace another value of an earlier row with the same key. */
function replacedBy(rows: readonly Row[]): number {
  return rows.filter(([a, b, c], at) => {
    const earlier = rows.slice(0, at).findLast((row) => row[0] === a && row[1] === b);
    return earlier !== undefined && earlier[2] !== c;
  }).length;
}

Deno.test("sharedKeys() finds every replaced row, however the rows are sorted", () => {
  const number = fc.integer({ min: 0, max: 12 }).map(String);
  const rows = fc.array(fc.tuple(number, fc.constantFrom("", "x", "xx"), number), {
    maxLength: 20,
  });
  const orders = fc.constantFrom(0, 1, -1);
  fc.assert(fc.property(rows, orders, (given, order) => {
    const sorted = given.toSorted((a, b) =>
      order * (Number(a[0]) - Number(b[0]) || a[1].length - b[1].length)
    );
    const found = sharedKeys(job.streams.s!, [{ shape: shape!, rows: sorted }]);
    assertEquals(found[0]?.count ?? 0, replacedBy(sorted));
  }));
});
