import { assertEquals } from "@std/assert";
import { LiveArea } from "../../../lib/cli/terminal/live_area.ts";

/** An area on a terminal whose width the test changes; `written` is what was written last. */
function areaOf(reflows = true) {
  const terminal = { columns: 20, written: "" };
  const area = new LiveArea({
    ...{ colors: false, reflows, safe: (text: string) => text.replaceAll("\x1b", "?") },
    write: (text) => terminal.written = text,
    columns: () => terminal.columns,
  });
  return { area, terminal };
}

const LINES = [[{ text: "a".repeat(15) }], [{ text: "b" }]];

Deno.test("LiveArea redraws its lines in place, from the first column: Ctrl+C may have printed ^C", () => {
  const { area, terminal } = areaOf();
  area.draw(LINES);
  area.draw(LINES);
  assertEquals(terminal.written, `\r\x1b[2A${"a".repeat(15)}\x1b[K\nb\x1b[K\n\x1b[J`);
});

Deno.test("LiveArea prints lines above, and clears what it drew before", () => {
  const { area, terminal } = areaOf();
  area.draw(LINES);
  area.draw([[{ text: "c" }]], "stays\n");
  assertEquals(terminal.written, "\r\x1b[2A\x1b[Jstays\nc\x1b[K\n\x1b[J");
});

Deno.test("LiveArea erases what a narrower terminal has wrapped, and no more where it cuts instead", () => {
  for (const [reflows, rows] of [[true, 3], [false, 2]] as const) {
    const { area, terminal } = areaOf(reflows);
    area.draw(LINES);
    terminal.columns = 10;
    area.draw(LINES);
    assertEquals(terminal.written.startsWith(`\r\x1b[${rows}A\x1b[J`), true, terminal.written);
  }
});

Deno.test("LiveArea never draws a line that wraps, and nothing that a text would do to the terminal", () => {
  const { area, terminal } = areaOf();
  area.draw([[{ text: "x".repeat(30) }], [{ text: "\x1b[2J" }]]);
  assertEquals(terminal.written, `\r\x1b[J${"x".repeat(16)}...\x1b[K\n?[2J\x1b[K\n\x1b[J`);
});
