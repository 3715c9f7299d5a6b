import { assertEquals } from "@std/assert";
import { cellsOf, clip } from "../../../lib/cli/terminal/paint.ts";

Deno.test("cells of characters are those of a terminal", () => {
  const widths = {
    ...{ "racecards": 9, "é": 1, "e\u0301": 1, "日本語": 6, "カタカナ": 8, "ｶﾀｶﾅ": 4, "한국어": 6 },
    ...{ "\u1112\u1161\u11ab": 2, "ﾊﾝ": 2, "￥": 2, "㈱": 2, "ㄅ": 2, "😀": 2, "⚡": 2, "🇩🇪": 2 },
    ...{ "▓": 1, "–": 1, "\u200b": 0, "soft\u00adhyphen": 11, "𠮷": 2 },
  };
  for (const [text, cells] of Object.entries(widths)) assertEquals(cellsOf(text), cells, text);
});

Deno.test("clipped text has at most as many cells, and keeps the mark and whole characters", () => {
  assertEquals(clip("e\u0301".repeat(20), 10), `${"e\u0301".repeat(7)}...`);
  assertEquals(clip("日本語の長い値", 10), "日本語...");
  assertEquals(clip("😀😀😀😀", 6), "😀...");
  assertEquals([clip("racecards", 2), clip("racecards", 0)], ["..", ""]);
  for (let cells = 0; cells < 16; cells++) {
    const text = clip("a日😀e\u0301🇩🇪한ｶ𠮷", cells);
    assertEquals(cellsOf(text) <= cells && text.isWellFormed(), true, text);
  }
});
