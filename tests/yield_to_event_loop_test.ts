import { setImmediate } from "node:timers";
import { assertEquals } from "@std/assert";
import { yieldingToEventLoop, yieldToEventLoop } from "../lib/yield_to_event_loop.ts";

Deno.test("yieldToEventLoop() resumes one task per turn of the event loop, in order", async () => {
  const turns: string[] = [];
  const work = async (name: string) => {
    for (let i = 0; i < 2; i++) {
      await yieldToEventLoop();
      turns.push(name);
    }
  };
  const all = Promise.all([work("a"), work("b")]);
  let done = false;
  all.then(() => done = true);
  while (!done) {
    turns.push("turn");
    await new Promise((resolve) => setImmediate(resolve));
  }
  const most = turns.join(" ").split("turn").map((part) => part.trim().split(" ").length);
  assertEquals(Math.max(...most), 1);
  assertEquals(turns.filter((turn) => turn !== "turn"), ["a", "b", "a", "b"]);
});

Deno.test("yieldingToEventLoop() runs a generator to its end and returns its value", async () => {
  const steps: number[] = [];
  const work = function* () {
    for (let i = 0; i < 3; i++) {
      steps.push(i);
      yield;
    }
    return "done";
  };
  assertEquals(await yieldingToEventLoop(work()), "done");
  assertEquals(steps, [0, 1, 2]);
});
