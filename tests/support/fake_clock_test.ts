import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { FakeClock } from "./fake_clock.ts";
import { serve } from "./http_server.ts";

Deno.test("now() stands still until the clock is moved", async () => {
  const clock = new FakeClock(1_000);
  assertEquals(clock.now(), 1_000);
  await clock.advance(250);
  assertEquals(clock.now(), 1_250);
});

Deno.test("advance() wakes sleepers in the order of their times, each at its time", async () => {
  const clock = new FakeClock(0);
  const woken: [string, number][] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push([name, clock.now()]);
  };
  const sleeping = [sleep("c", 300), sleep("a", 100), sleep("b", 100), sleep("late", 301)];
  await clock.advance(300);
  assertEquals(woken, [["a", 100], ["b", 100], ["c", 300]]);
  assertEquals(clock.sleepers, 1);
  await clock.advance(1);
  await Promise.all(sleeping);
});

Deno.test("advance() also wakes sleepers that start while it runs", async () => {
  const clock = new FakeClock(0);
  const times: number[] = [];
  const work = (async () => {
    for (let step = 0; step < 5; step++) {
      await clock.sleep(10);
      times.push(clock.now());
    }
  })();
  await clock.advance(35);
  assertEquals([times, clock.now()], [[10, 20, 30], 35]);
  await clock.advance(15);
  await work;
});

Deno.test("sleep() resolves at once when there is nothing to wait for", async () => {
  const clock = new FakeClock(5);
  await clock.sleep(0);
  await clock.sleep(-1);
  assertEquals([clock.now(), clock.sleepers], [5, 0]);
});

Deno.test("sleep() rejects with the signal's reason when it is aborted", async () => {
  const clock = new FakeClock();
  const [control, reason] = [new AbortController(), new Error("stop")];
  const sleeping = clock.sleep(10, control.signal);
  control.abort(reason);
  assertStrictEquals(await assertRejects(() => sleeping), reason);
  assertStrictEquals(await assertRejects(() => clock.sleep(10, control.signal)), reason);
  assertEquals(clock.sleepers, 0);
});

Deno.test("autoAdvance() moves time whenever everything waits, until it is disposed", async () => {
  const clock = new FakeClock(0);
  {
    using _ = clock.autoAdvance();
    await clock.sleep(3_600_000);
    await Promise.all([clock.sleep(10), clock.sleep(20)]);
  }
  assertEquals(clock.now(), 3_600_020);
  const sleeping = clock.sleep(5);
  await clock.advance(4);
  assertEquals(clock.sleepers, 1);
  await clock.advance(1);
  await sleeping;
});

Deno.test("hold() stops time while real input is awaited", async () => {
  const clock = new FakeClock(0);
  await using server = serve(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return new Response("page");
  });
  using _ = clock.autoAdvance();
  const timeout = clock.sleep(1_000);
  const response = await clock.hold(fetch(server.url));
  assertEquals([await clock.hold(response.text()), clock.now()], ["page", 0]);
  await timeout;
});
