import { assertEquals } from "@std/assert";
import { remember } from "../../lib/sandbox/remember.ts";

Deno.test("remember() computes a result once and evicts the least recently used one", () => {
  const made: string[] = [];
  const double = remember(2, (key: string) => {
    made.push(key);
    return key + key;
  });
  assertEquals(["a", "b", "a", "c", "a", "b"].map(double), ["aa", "bb", "aa", "cc", "aa", "bb"]);
  assertEquals(made, ["a", "b", "c", "b"]);
});
