import { assertEquals } from "@std/assert";
import { lookOf } from "../../../lib/cli/terminal/look.ts";

function look(env: Record<string, string>, isTerminal = true, os: typeof Deno.build.os = "linux") {
  const { colors, unicode, redraws, reflows } = lookOf(isTerminal, (name) => env[name], os);
  return { colors, unicode, redraws, reflows };
}

const UTF8 = { LANG: "en_GB.UTF-8", TERM: "xterm-256color" };

Deno.test("a terminal has colors, Unicode where its locale has, and lines that are redrawn", () => {
  assertEquals(look(UTF8), { colors: true, unicode: true, redraws: true, reflows: true });
  assertEquals(look({ TERM: "xterm" }).unicode, false);
  assertEquals(look({ ...UTF8, LC_ALL: "C" }).unicode, false);
  assertEquals(look({ ...UTF8, LC_ALL: "C.utf8" }).unicode, true);
});

Deno.test("a dumb terminal and a pipe have plain lines without colors", () => {
  for (const shown of [look({ ...UTF8, TERM: "dumb" }), look(UTF8, false)]) {
    assertEquals([shown.colors, shown.redraws], [false, false]);
  }
});

Deno.test("NO_COLOR turns colors off, FORCE_COLOR on, and NO_COLOR wins", () => {
  assertEquals(look({ ...UTF8, NO_COLOR: "1" }).colors, false);
  assertEquals(look({ ...UTF8, NO_COLOR: "" }).colors, true);
  assertEquals(look({ FORCE_COLOR: "1" }, false).colors, true);
  assertEquals(look({ ...UTF8, FORCE_COLOR: "0" }).colors, false);
  assertEquals(look({ ...UTF8, FORCE_COLOR: "1", NO_COLOR: "1" }).colors, false);
});

Deno.test("GNU screen and xterm cut long lines on a resize, tmux wraps them; Windows Terminal shows blocks", () => {
  assertEquals(look({ ...UTF8, TERM: "screen", STY: "1.pts-0" }).reflows, false);
  assertEquals(look({ ...UTF8, XTERM_VERSION: "XTerm(379)" }).reflows, false);
  assertEquals(look({ ...UTF8, TERM: "tmux-256color" }).reflows, true);
  assertEquals(look({ WT_SESSION: "1" }, true, "windows").unicode, true);
  assertEquals(look({}, true, "windows").unicode, false);
});
