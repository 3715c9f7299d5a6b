// When windows are claimed: before they are needed, as many as may end at once; towards the end fewer, and none that
// another worker could fetch at once.
import { assertEquals, assertRejects } from "@std/assert";
import { ClaimedPlan } from "../../lib/coordinate/claimed_plan.ts";
import type { Claims } from "../../lib/coordinate/claims.ts";
import type { StreamPlan } from "../../lib/plan/stream_plan.ts";
import type { Unit } from "../../lib/plan/unit.ts";

const IN_FLIGHT = 4;

/** How many windows a claim wants. */
type How = NonNullable<Parameters<Claims["claim"]>[2]>;

/** A plan of so many windows that no other worker has claimed, and the claims that it makes. */
function planOf(windows: number, sharing: Promise<void> = Promise.resolve()) {
  const units = Array.from({ length: windows }, (_, at): Unit => ({
    ...{ stream: "days", scope: "", each: `${at}`, eachValues: {}, window: null },
  }));
  /** `failing` is the number of a claim that fails. */
  const world = { nowMs: 0, isAway: false, failing: 0 };
  /** How many windows each claim proposes, how many of them it wants, and the least of the last windows. */
  const asked: (readonly [proposed: number, limit: number, atLeast?: number])[] = [];
  const claims = {
    areShared: true,
    sharing,
    now: () => world.nowMs,
    progress: { partsOf: (unit: Unit) => ({ free: [unit], busy: [] }) },
    claim: (_stream: string, proposed: readonly Unit[], { limit, atLeast }: How) => {
      asked.push(
        atLeast === undefined ? [proposed.length, limit] : [proposed.length, limit, atLeast],
      );
      world.nowMs += 300;
      if (asked.length === world.failing) return Promise.reject(new Error("statement timeout"));
      // As the table of claims does where this worker and two others have claims.
      const part = Math.max(atLeast ?? limit, Math.floor(proposed.length / 2 / 3));
      const wanted = Math.min(limit, part);
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

Deno.test("where the last windows are in sight, a claim says so, and few are claimed ahead", async () => {
  const { asked, take } = planOf(60);
  await take(1);
  await settled();
  // Four are claimed ahead, as many as may end at once.
  assertEquals(asked, [[60, 2, 1], [58, 2, 1], [56, 2, 1]]);
  const rest = await take(60);
  assertEquals(rest.filter((unit) => unit !== undefined).length, 59);
});

Deno.test("nothing is claimed ahead once a worker's part of the last windows is smaller than what it wants", async () => {
  const { asked, take } = planOf(10);
  assertEquals((await take(1)).map((unit) => unit!.each), ["0"]);
  await settled();
  // Half of a third of ten is one window.
  assertEquals(asked, [[10, 2, 1]]);
  await take(1);
  await settled();
  assertEquals(asked, [[10, 2, 1], [9, 2, 1]]);
  const rest = await take(10);
  assertEquals(rest.filter((unit) => unit !== undefined).length, 8);
});

Deno.test("a claim proposes many windows where the plan goes on, because others have claimed the first ones", async () => {
  const { asked, take } = planOf(1_000);
  await take(1);
  await settled();
  assertEquals(asked[0], [64, 2]);
});

Deno.test("a claim that fails ahead of its need loses no window: the error reaches who takes the next one", async () => {
  const { world, asked, take } = planOf(1_000);
  world.failing = 3;
  await take(1);
  await settled();
  assertEquals(asked.length, 3, "nothing waits for the claim that failed");
  await assertRejects(() => take(100), Error, "statement timeout");
});

Deno.test("a stage that begins while windows in flight are being claimed hands out nothing before", async () => {
  const sharing = Promise.withResolvers<void>();
  const { asked, take } = planOf(10, sharing.promise);
  const first = take(1);
  await settled();
  assertEquals(asked, []);
  sharing.resolve();
  assertEquals((await first).map((unit) => unit!.each), ["0"]);
});
