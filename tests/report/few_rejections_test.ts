import { assertEquals } from "@std/assert";
import { fewRejections } from "../../lib/report/few_rejections.ts";
import type { RunEvent } from "../../lib/report/event.ts";
import { plainLines } from "../../lib/report/plain_lines.ts";

const subject = { stream: "s", each: "", from: null, to: null };
const about = { subject, pages: 1, records: 9, rows: 0, counts: undefined, rejected: 9, ms: 1 };
const done: RunEvent = { kind: "window_done", ...about };
const rejected = (value: string): RunEvent => ({
  ...{ kind: "row_rejected", subject, table: "t", column: "c", reason: "is not a number", value },
});

Deno.test("fewRejections() shows the first rejections of each window, and counts the others", () => {
  const linesOf = fewRejections();
  const window = (values: string[]) => [...values.map(rejected), done];
  const shown = [...window([..."123456789"]), ...window([..."abcde"])].flatMap(linesOf);
  assertEquals(shown, [
    ...[..."12345"].map(rejected).flatMap(plainLines),
    "  and 4 rows more of this window; see deno task errors",
    ...plainLines(done),
    ...window([..."abcde"]).flatMap(plainLines),
  ]);
});
