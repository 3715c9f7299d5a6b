import { assertEquals } from "@std/assert";
import { LiveArea } from "../../../lib/cli/terminal/live_area.ts";

const [HIDE, SHOW] = ["\x1b[?25l", "\x1b[?25h"];

/** An area on a terminal whose width the test changes; `written` is what was written last, without the cursor. */
function areaOf(reflows = true, rows = 0) {
  const terminal = { columns: 20, written: "", nowMs: 0 };
  const area = new LiveArea({
    ...{ colors: false, reflows, safe: (text: string) => text.replaceAll("\x1b", "?") },
    write: (text) => {
      assertEquals([text.startsWith(HIDE), text.endsWith(SHOW)], [true, true]);
      terminal.written = text.slice(HIDE.length, -SHOW.length);
    },
    now: () => terminal.nowMs,
    columns: () => terminal.columns,
    rows: () => rows,
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

Deno.test("LiveArea erases what a narrower terminal has wrapped, and nothing more where the terminal cuts lines", () => {
  for (const [reflows, rows] of [[true, 3], [false, 2]] as const) {
    const { area, terminal } = areaOf(reflows);
    area.draw(LINES);
    terminal.columns = 10;
    area.draw(LINES);
    terminal.nowMs = 400;
    area.draw(LINES);
    assertEquals(terminal.written.startsWith(`\r\x1b[${rows}A\x1b[J`), true, terminal.written);
  }
});

Deno.test("LiveArea never draws a line that wraps, and lets no text control the terminal", () => {
  const { area, terminal } = areaOf();
  area.draw([[{ text: "x".repeat(30) }], [{ text: "\x1b[2J" }]]);
  assertEquals(terminal.written, `\r\x1b[J${"x".repeat(16)}...\x1b[K\n?[2J\x1b[K\n\x1b[J`);
});

Deno.test("LiveArea writes nothing while a terminal is resized, and prints the lines above afterwards", () => {
  const { area, terminal } = areaOf();
  area.draw(LINES);
  for (const [nowMs, columns] of [[100, 60], [200, 20], [500, 20], [599, 20]] as const) {
    [terminal.nowMs, terminal.columns, terminal.written] = [nowMs, columns, ""];
    area.draw(LINES, `at ${nowMs}\n`);
    assertEquals(terminal.written, "");
  }
  terminal.nowMs = 600;
  area.draw([[{ text: "c" }]], "end\n");
  const above = "at 100\nat 200\nat 500\nat 599\nend\n";
  assertEquals(terminal.written, `\r\x1b[2A\x1b[J${above}c\x1b[K\n\x1b[J`);
  // A resize back to the same width within one look shows only in the signal.
  area.resized();
  area.draw(LINES, "held\n");
  assertEquals(terminal.written.includes("held"), false);
  area.draw(LINES, "", true);
  assertEquals(terminal.written.includes("held"), true);
});

Deno.test("LiveArea waits for the signal of a process that was stopped, and does not erase what a shell printed", () => {
  const { area, terminal } = areaOf();
  area.draw(LINES);
  terminal.nowMs = 60_000;
  terminal.written = "";
  area.draw(LINES);
  assertEquals(terminal.written, "");
  area.leave();
  terminal.nowMs += 400;
  area.draw([[{ text: "c" }]]);
  assertEquals(terminal.written, "\rc\x1b[K\n\x1b[J");
});

Deno.test("LiveArea returns to where it was after Enter, unless the terminal was resized or left", () => {
  const { area, terminal } = areaOf(true, 24);
  const drawn = `${"a".repeat(15)}\x1b[K\nb\x1b[K\n\x1b[J`;
  const spare = "\n\n\n\x1b[3A\x1b7";
  area.draw(LINES);
  assertEquals(terminal.written, `\r\x1b[J${drawn}${spare}`);
  area.draw(LINES);
  assertEquals(terminal.written, `\x1b8\r\x1b[2A${drawn}${spare}`);
  area.resized();
  terminal.nowMs = 400;
  area.draw(LINES);
  assertEquals(terminal.written, `\r\x1b[2A${drawn}${spare}`);
  area.draw(LINES, "", true);
  assertEquals(terminal.written, `\x1b8\r\x1b[2A${drawn}`);
});

Deno.test("LiveArea keeps fewer rows free on a small terminal, and trusts no position without one", () => {
  const { area, terminal } = areaOf(true, 4);
  area.draw(LINES);
  assertEquals(terminal.written.endsWith("\x1b[J\n\x1b[1A\x1b7"), true);
  const full = areaOf(true, 3);
  full.area.draw(LINES);
  assertEquals(full.terminal.written.endsWith("\x1b[J"), true);
});
