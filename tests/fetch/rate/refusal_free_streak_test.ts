import { assertEquals } from "@std/assert";
import { RefusalFreeStreak } from "../../../lib/fetch/rate/refusal_free_streak.ts";

const stretch = { responses: 3, ms: 1_000 };

Deno.test("lasts() requires both responses and time", () => {
  const quiet = new RefusalFreeStreak();
  quiet.restart(0);
  assertEquals([quiet.note(), quiet.note()], [1, 2]);
  assertEquals(quiet.lasts(stretch, 5_000), false);
  quiet.note();
  assertEquals(quiet.lasts(stretch, 999), false);
  assertEquals(quiet.lasts(stretch, 1_000), true);
  quiet.restart(1_000);
  assertEquals(quiet.lasts(stretch, 9_000), false);
});

Deno.test("doubleRequirement() doubles the required length up to a bound", () => {
  const quiet = new RefusalFreeStreak();
  quiet.restart(0);
  for (let count = 0; count < 6; count++) quiet.note();
  quiet.doubleRequirement();
  assertEquals(quiet.lasts(stretch, 1_999), false);
  assertEquals(quiet.lasts(stretch, 2_000), true);
  assertEquals(quiet.lasts(stretch, 1_000, 1), true);
  for (let count = 0; count < 100; count++) quiet.doubleRequirement();
  for (let count = 0; count < 186; count++) quiet.note();
  assertEquals(quiet.lasts(stretch, 64_000), true);
});
