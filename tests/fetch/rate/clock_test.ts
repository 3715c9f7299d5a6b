import { assert, assertRejects } from "@std/assert";
import { monotonicClock } from "../../../lib/fetch/rate/clock.ts";

Deno.test("sleep() never ends early when its duration is a fraction of a millisecond", async () => {
  const clock = monotonicClock();
  for (const ms of [0.2, 1.7, 5.01, 12.3]) {
    const startMs = clock.now();
    await clock.sleep(ms);
    assert(clock.now() - startMs >= ms - 1e-9);
  }
});

Deno.test("sleep() resolves immediately for zero and less", async () => {
  const clock = monotonicClock();
  for (const ms of [0, -1, -Infinity, NaN]) await clock.sleep(ms);
});

Deno.test("sleep() rejects with the reason when its signal aborts", async () => {
  const clock = monotonicClock();
  const stop = new AbortController();
  const sleeping = assertRejects(() => clock.sleep(86_400_000_000, stop.signal), Error, "enough");
  stop.abort(new Error("enough"));
  await sleeping;
  await assertRejects(() => clock.sleep(1, stop.signal), Error, "enough");
});
