import { assertEquals } from "@std/assert";
import { wrapLine, wrapText } from "../../../lib/cli/terminal/wrap.ts";

const RACECARDS = "racecards      2025-10-04 .. 2025-10-05       2 windows      0 done      " +
  "2 left  2 requests at 2/s, about 1.0 s";

Deno.test("wrapLine() keeps a line that fits, and breaks the line of a plan between its cells", () => {
  assertEquals(wrapLine(RACECARDS, 200), [RACECARDS]);
  assertEquals(wrapLine(RACECARDS, 80), [
    "racecards      2025-10-04 .. 2025-10-05       2 windows      0 done      2 left",
    "               2 requests at 2/s, about 1.0 s",
  ]);
  assertEquals(
    wrapLine(RACECARDS, 60),
    [
      "racecards      2025-10-04 .. 2025-10-05       2 windows",
      "               0 done  2 left",
      "               2 requests at 2/s, about 1.0 s",
    ],
  );
});

Deno.test("wrapLine() continues prose below its beginning, never within a word or before a unit", () => {
  assertEquals(wrapLine("hint: Use a role that owns only the tables of the job", 30), [
    "hint: Use a role that owns",
    "      only the tables of the",
    "      job",
  ]);
  assertEquals(wrapLine("done: 3 of 3 windows, 12 requests, 30 s", 38), [
    "done: 3 of 3 windows, 12 requests,",
    "      30 s",
  ]);
  const url = `GET http://127.0.0.1/${"x".repeat(30)}`;
  assertEquals(wrapLine(`request   ${url} answered`, 40), [`request   ${url} answered`]);
});

Deno.test("wrapLine() never breaks a command, which is there to be pasted", () => {
  const [errors, resume] = ["deno task errors --config a.yaml", "deno task backfill --resume"];
  assertEquals(wrapLine(`next   ${errors}, then ${resume}`, 46), [
    `next   ${errors}, then`,
    `       ${resume}`,
  ]);
  const long = `npx hindcast backfill --only ${"s".repeat(40)} --resume`;
  assertEquals(wrapLine(`hint: Fetch it: ${long}`, 44), ["hint: Fetch it:", `      ${long}`]);
  assertEquals(wrapLine(`next   ${long}`, 44), [`next   ${long}`]);
});

Deno.test("wrapLine() loses no word at any width", () => {
  const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");
  for (const line of [RACECARDS, "  failed  2026-11-11: 表 とても 長い one two", "", "   "]) {
    for (let columns = 1; columns < 120; columns++) {
      assertEquals(words(wrapLine(line, columns).join("\n")), words(line), `${columns}: ${line}`);
    }
  }
});

Deno.test("wrapText() does not wrap quoted lines of a job file, whose markers point at columns", () => {
  const excerpt = `  29 |     about: ${"long ".repeat(20)}\n     |            ^^^^`;
  assertEquals(wrapText(`${excerpt}\n${"a ".repeat(5).trim()}`, 8), `${excerpt}\na a a a\n   a`);
});
