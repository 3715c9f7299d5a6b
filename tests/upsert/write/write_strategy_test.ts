import { assertEquals } from "@std/assert";
import { afterBatch, afterCollision, UNKNOWN } from "../../../lib/upsert/write/write_strategy.ts";
import type { StrategyState } from "../../../lib/upsert/write/write_strategy.ts";

const fresh = { inserted: 100, updated: 0, unchanged: 0 };
const same = { inserted: 0, updated: 0, unchanged: 100 };
const changed = { inserted: 10, updated: 90, unchanged: 0 };

Deno.test("afterBatch() copies directly into the table once a batch met no existing key", () => {
  assertEquals(UNKNOWN.strategy, "filter");
  assertEquals(afterBatch(UNKNOWN, fresh).strategy, "direct");
});

Deno.test("afterBatch() filters while rows stay unchanged, and not while they change", () => {
  assertEquals(afterBatch(UNKNOWN, same).strategy, "filter");
  assertEquals(afterBatch(UNKNOWN, changed).strategy, "guard");
});

Deno.test("afterBatch() learns nothing from a batch without rows", () => {
  const state = afterBatch(UNKNOWN, same);
  assertEquals(afterBatch(state, { inserted: 0, updated: 0, unchanged: 0 }), state);
});

Deno.test("afterCollision() makes direct copies less frequent each time, within a bound", () => {
  let state: StrategyState = UNKNOWN;
  const needed: number[] = [];
  for (let collisions = 0; collisions < 6; collisions++) {
    state = afterCollision(state);
    let batches = 0;
    while (state.strategy !== "direct") {
      state = afterBatch(state, fresh);
      batches++;
    }
    needed.push(batches);
  }
  assertEquals(needed, [4, 16, 64, 256, 256, 256]);
});
