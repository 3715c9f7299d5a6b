import { assertEquals } from "@std/assert";
import { hideSecrets, passwordsOf, safeText } from "../../lib/cli/output.ts";

Deno.test("safeText() shows terminal escapes, C1 and bidirectional characters escaped", () => {
  const hostile = "a\x1b[2J\x9b31m\x07\r\u202eb\u2066\u200f\ttab\nline é";
  assertEquals(
    safeText(hostile),
    "a\\u001b[2J\\u009b31m\\u0007\\u000d\\u202eb\\u2066\\u200f\ttab\nline é",
  );
});

Deno.test("safeText() keeps JSON valid", () => {
  hideSecrets(['s3"cret/x']);
  const value = { note: "\u202e\x9b\x1b", key: 's3"cret/x' };
  assertEquals(JSON.parse(safeText(JSON.stringify(value))), { ...value, key: "***" });
});

Deno.test("passwordsOf() finds the password of a URL, encoded or not, in its authority and its query", () => {
  assertEquals(passwordsOf("postgres://me:p%40ss@h/db"), ["p%40ss", "p@ss"]);
  assertEquals(passwordsOf("postgres://me:p@s/s@h/db"), ["p@s/s", "p@s/s"]);
  assertEquals(passwordsOf("postgres://h/db?user=me&password=a%2Fb"), ["a%2Fb", "a/b"]);
  assertEquals(passwordsOf("pglite:./data/db"), []);
  assertEquals(passwordsOf(undefined), []);
});
