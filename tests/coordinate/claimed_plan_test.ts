// When windows are claimed: before they are needed, as many as may end at once; towards the end fewer, and none that
// another worker could fetch at once.
import { assertEquals } from "@std/assert";
import { ClaimedPlan } from "../../lib/coordinate/claimed_plan.ts";
import type { Claims } from "../../lib/coordinate/claims.ts";
import type { StreamPlan } from "../../lib/plan/stream_plan.ts";
import type { Unit } from "../../lib/plan/unit.ts";

const IN_FLIGHT = 4;

/** A plan of so many windows that no other worker has claimed, and the claims that it makes. */
function planOf(windows: number) {
  const units = Array.from({ length: windows }, (_, at): Unit => ({
    ...{ stream: "days", scope: "", each: `${at}`, eachValues: {}, window: null },
  }));
  const world = { nowMs: 0, isAway: false };
  /** How many windows each claim proposes, and how many of them it wants. */
  const asked: (readonly [proposed: number, wanted: number])[] = [];
  const claims = {
    areShared: true,
    now: () => world.nowMs,
    progress: { partsOf: (unit: Unit) => ({ free: [unit], busy: [] }) },
    claim: (_stream: string, proposed: readonly Unit[], wanted: number) => {
      asked.push([proposed.length, wanted]);
      world.nowMs += 300;
      return world.isAway
        ? new Promise<Set<Unit>>(() => {})
        : Promise.resolve(new Set(proposed.slice(0, wanted)));
    },
  };
  const plan = {
    ...{ name: "days", stream: {}, counts: { planned: 0, skipped: 0 }, isWaiting: false },
    next: () => Promise.resolve(units.shift()),
  };
  const claimed = new ClaimedPlan(
    plan as unknown as StreamPlan,
    claims as unknown as Claims,
    IN_FLIGHT,
  );
  const take = (count: number) => Promise.all(Array.from({ length: count }, () => claimed.next()));
  return { world, asked, take };
}

/** Lets everything continue that can continue without the test. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("as many windows are claimed ahead as are in flight, since all may end at once", async () => {
  const { world, asked, take } = planOf(1_000);
  const first = await take(IN_FLIGHT);
  assertEquals(first.map((unit) => unit!.each), ["0", "1", "2", "3"]);
  await settled();
  world.isAway = true;
  const next = await take(IN_FLIGHT);
  assertEquals(next.map((unit) => unit!.each), ["4", "5", "6", "7"]);
  assertEquals(asked[0]![1], IN_FLIGHT, "the first claim is what is waited for");
});

Deno.test("near the end a claim takes an eighth of the free windows, and nothing is claimed ahead", async () => {
  const { asked, take } = planOf(12);
  assertEquals((await take(1)).map((unit) => unit!.each), ["0"]);
  await settled();
  // 12 are free, and then 10: fewer than eight for each of the two that a claim takes.
  assertEquals(asked, [[12, 2]]);
  await take(1);
  await settled();
  assertEquals(asked, [[12, 2]]);
  await take(1);
  await settled();
  assertEquals(asked, [[12, 2], [10, 2]]);
  const rest = await take(10);
  assertEquals(rest.filter((unit) => unit !== undefined).length, 9);
});
