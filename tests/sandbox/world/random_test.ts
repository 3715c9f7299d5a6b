import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { choice, Dice, mix, shuffled } from "../../../lib/sandbox/world/random.ts";

Deno.test("mix() returns the same key for the same parts, and another for others", () => {
  fc.assert(fc.property(fc.integer(), fc.integer(), fc.integer(), (key, a, b) => {
    assertEquals(mix(key, a), mix(key, a));
    if (a !== b) assertNotEquals(mix(key, a), mix(key, b));
  }));
  assertNotEquals(mix(mix(1, 2), 3), mix(mix(1, 3), 2), "order matters");
});

Deno.test("shuffled() deals every number of a prime exactly once whatever the key", () => {
  fc.assert(fc.property(fc.integer(), fc.constantFrom(3, 41, 211, 1511), (key, prime) => {
    const dealt = Array.from({ length: prime }, (_, n) => shuffled(n, prime, key));
    assertEquals(new Set(dealt).size, prime);
    assert(dealt.every((n) => n >= 0 && n < prime));
  }));
});

Deno.test("Dice.between() stays within its bounds and reaches both", () => {
  const dice = new Dice(7);
  const rolls = new Set(Array.from({ length: 500 }, () => dice.between(-2, 3)));
  assertEquals([...rolls].sort((a, b) => a - b), [-2, -1, 0, 1, 2, 3]);
});

Deno.test("choice() draws in proportion to the weights", () => {
  const draw = choice([[3, "often"], [1, "seldom"], [0, "never"]]);
  const dice = new Dice(1);
  const draws = Array.from({ length: 4000 }, () => draw(dice));
  const often = draws.filter((value) => value === "often").length;
  assert(often > 2850 && often < 3150, `often: ${often}`);
  assert(!draws.includes("never"));
});
