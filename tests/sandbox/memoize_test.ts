import { assertEquals } from "@std/assert";
import { memoize } from "../../lib/sandbox/memoize.ts";

Deno.test("memoize() computes a result once and evicts the least recently used one", () => {
  const made: string[] = [];
  const double = memoize(2, (key: string) => {
    made.push(key);
    return key + key;
  });
  assertEquals(["a", "b", "a", "c", "a", "b"].map(double), ["aa", "bb", "aa", "cc", "aa", "bb"]);
  assertEquals(made, ["a", "b", "c", "b"]);
});
