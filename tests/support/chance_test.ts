import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { sequence } from "./chance.ts";

Deno.test("sequence() draws the same numbers for a seed, and others for another", () => {
  const draw = (seed: number) => {
    const next = sequence(seed);
    return Array.from({ length: 1000 }, next);
  };
  assertEquals(draw(7), draw(7));
  assertNotEquals(draw(7), draw(8));
  assert(draw(7).every((number) => number >= 0 && number < 1));
  const mean = draw(7).reduce((sum, number) => sum + number, 0) / 1000;
  assert(Math.abs(mean - 0.5) < 0.05, String(mean));
});
