import { assertEquals, assertRejects } from "@std/assert";
import { inTurn } from "../../lib/plan/in_turn.ts";

Deno.test("inTurn() begins a call when the one before has ended, also if that failed", async () => {
  const steps: string[] = [];
  const first = Promise.withResolvers<void>();
  let calls = 0;
  const take = inTurn(async () => {
    const call = ++calls;
    steps.push(`begin ${call}`);
    if (call === 1) await first.promise;
    steps.push(`end ${call}`);
    return call;
  });
  const [failing, second] = [take(), take()];
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(steps, ["begin 1"]);
  first.reject(new Error("gone"));
  await assertRejects(() => failing, Error, "gone");
  assertEquals(await second, 2);
  assertEquals(steps, ["begin 1", "begin 2", "end 2"]);
});
