// The limit of an action counts only the time in which the process had a processor.
import { assertEquals, assertRejects } from "@std/assert";
import { Timeout, within } from "../lib/time_limit.ts";

const LIMIT_MS = 500;

/** Resolves after so many turns of the event loop. */
async function turns(count: number): Promise<string> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  return "done";
}

Deno.test("an action that takes longer than its limit is a Timeout", async () => {
  const never = new Promise<never>(() => {});
  await assertRejects(() => within(10, never, "no response"), Timeout, "no response");
});

Deno.test("a process that stood still for longer than the limit takes the result that arrives next", async () => {
  const result = within(LIMIT_MS, turns(3), "no response");
  const untilMs = performance.now() + LIMIT_MS + 50;
  while (performance.now() < untilMs);
  assertEquals(await result, "done");
});
