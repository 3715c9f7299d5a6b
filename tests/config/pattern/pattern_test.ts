import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { LinearMatcher } from "../../../lib/config/pattern/linear_matcher.ts";
import { parsePattern } from "../../../lib/config/pattern/parse_pattern.ts";
import { compilePattern } from "../../../lib/config/pattern/pattern.ts";

/** What V8 finds: the whole match and the first group. */
function expectedOf(source: string, text: string): unknown {
  const found = new RegExp(source, "u").exec(text);
  return found === null ? null : [...found].slice(0, 2);
}

/** The linear matcher; undefined where it refuses the expression. */
function matcherOf(source: string): LinearMatcher | undefined {
  try {
    return new LinearMatcher(parsePattern(source));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const LONG = 100 * 1024;

Deno.test("compilePattern() matches long strings without V8's engine where that could take forever", () => {
  const cases: [source: string, text: string, expected: string | null][] = [
    ["^(a|a)*$", "a".repeat(LONG), "a"],
    ["^(a|a)*$", `${"a".repeat(LONG)}b`, null],
    ["(.*,){20}x", ",".repeat(LONG), null],
    ["(.*,){20}x", `${"a,".repeat(LONG / 2)}x`, ","],
    ["a*a*a*b", "a".repeat(LONG), null],
    ["(a*a*a*b)", `c${"a".repeat(LONG)}b`, `${"a".repeat(LONG)}b`],
    ["(a+)+$", `${"a".repeat(LONG)}b`, null],
    ["^(\\w+\\s?)*$", `${"word ".repeat(LONG / 5)}!`, null],
    ["(\\d+)$", `${"1".repeat(LONG)}x`, null],
  ];
  for (const [source, text, expected] of cases) {
    const { fastChars, mostChars, hasGroup, exec } = compilePattern(source);
    assert(fastChars < 1000 && mostChars > text.length, `${source}: ${fastChars}, ${mostChars}`);
    const match = exec(text);
    const captured = match === null ? null : match[hasGroup ? 1 : 0];
    assert(
      source === "(.*,){20}x" && expected !== null
        ? captured?.endsWith(expected)
        : captured === expected,
      source,
    );
  }
});

Deno.test("compilePattern() leaves ordinary strings to V8", () => {
  const cases: [source: string, atLeast: number][] = [
    ["^(.+?)(?: \\([A-Z]{2,3}\\))?$", 10_000],
    ["^(.+?)(?: \\((?!AW\\))[A-Z]{2,3}\\))?$", 10_000],
    ["^(?!NON-RUNNER)(.+?)\\s*(?:\\(\\d+\\))?$", 50],
    ["\\(([A-Z]{2,3})\\)$", 10_000],
    ["\\((\\d+)\\)$", 200],
    ["^(\\d+)", 10_000],
    ["^([\\d.]+)f?$", 10_000],
    ["^(.{0,2000})", 10_000],
    ["\\d+", 300],
    ["^[^@]+@(.+)$", 200],
    ["^(\\d{4})-(\\d{2})-(\\d{2})", 10_000],
    ["(\\w+) (\\d+)$", 40],
  ];
  for (const [source, atLeast] of cases) {
    const { fastChars } = compilePattern(source);
    assert(fastChars >= atLeast, `${source}: V8 up to ${fastChars}`);
  }
});

Deno.test("compilePattern() refuses what only backtracking can match, unless it takes few steps", () => {
  const refused = (source: string, reason: string) =>
    assertThrows(() => compilePattern(source), RangeError, reason);
  refused("(.+)\\1", "a backreference");
  refused("(?<x>a+)b*\\k<x>$", "a backreference");
  refused("(?=.*a)b+$", "a lookaround that repeats");
  refused("(?=(a+))a+$", "a group within a lookaround");
  refused("(a*)*$", "it repeats a part that may be empty");
  refused("(?i:a+)b+$", "flags within it");
  refused("(?:(?:a{100}){100}){10}b*b*$", "its repetitions are too many");
  assertThrows(() => compilePattern("(a"), SyntaxError);
  assertEquals(compilePattern("^(?!.*x)(.+)$").exec("abc"), [..."abc".matchAll(/(.+)/g)][0]);
  assertEquals(compilePattern("^(a|b)\\1$").exec("aa")?.[1], "a");
});

Deno.test("the linear matcher finds what V8 finds in usual expressions", () => {
  const sources = [
    ..."^(.+?)(?: \\([A-Z]{2,3}\\))?$  ^(?!NON)(.+?)\\s*(?:\\(\\d+\\))?$  \\((\\d+)\\)$  (?<=\\()\\w  \\bB\\w*"
      .split("  "),
    ..."^\\s*(\\S+)\\s  [^\\x00-\\x7F]+  \\p{Lu}\\p{Ll}*  (?<n>\\d+)[.,](\\d+)  \\u{1F40E}|é  a.c  [\\]a-c]+  \\/"
      .split("  "),
    ..."(?:(a)|b)*  (a|ab)(c|bcd)  (a*)?b  (?:(a*)?b)*  (z)((a+)?(b+)?(c))*  (|a){1,3}b  (a??b??){2,4}c  x*?$  [^]  []"
      .split("  "),
  ];
  const texts = [
    ...["", "Bay (IRE)", "NON-RUNNER", "J. Doe (5)", "12.50", "é🐎", "a\u2028c", "abcd", "ab"],
    ...["aab", "zaacbbbcac", "\u00a0x y", "\ud83d", "]ab", "Ärger", "a\nc", "ababc", "1/2"],
  ];
  for (const source of sources) {
    for (const text of texts) {
      const found = matcherOf(source)!.exec(text);
      assertEquals(found, expectedOf(source, text), `${source} on ${JSON.stringify(text)}`);
    }
  }
});

Deno.test("the linear matcher finds what V8 finds in any expression", () => {
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("a", "b", ".", "[^a]", "^", "$", "\\b", "\\w", "", "(?!a)", "(?<=b)"),
      fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `${a}${b}`),
      fc.tuple(tie("expression"), tie("expression")).map(([a, b]) => `(?:${a}|${b})`),
      fc.tuple(
        tie("expression"),
        fc.constantFrom("(", "(?:"),
        fc.constantFrom("*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}?", "{1,}", ""),
      ).map(([a, open, sign]) => `${open}${a})${sign}`),
    ),
  }));
  const texts = fc.array(fc.constantFrom("a", "b", " ", "🐎"), { maxLength: 7 });
  fc.assert(
    fc.property(expression, texts, (source, letters) => {
      const matcher = matcherOf(source);
      fc.pre(matcher !== undefined);
      const text = letters.join("");
      assertEquals(matcher.exec(text), expectedOf(source, text));
    }),
    { numRuns: 3000 },
  );
});
