import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import fc from "fast-check";
import type { Clock } from "../../../lib/fetch/rate/clock.ts";
import type { Permit } from "../../../lib/fetch/rate/stream_limiter.ts";
import { Limiter } from "../../../lib/fetch/rate/limiter.ts";
import { parseRate, type Rate, spacingMs } from "../../../lib/plan/time/rate.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { randomFrom } from "./strict_world.ts";

function setup(...source: string[]) {
  const clock = new FakeClock(0);
  const limiter = new Limiter({ source: source.map(parseRate), clock });
  const served: { name: string; atMs: number; permit: Permit }[] = [];
  const take = async (name: string, rates: Rate[] = [], signal?: AbortSignal) => {
    const permit = await limiter.stream(name, rates).take(signal);
    served.push({ name, atMs: permit.sentAtMs, permit });
    return permit;
  };
  return { clock, limiter, served, take };
}

Deno.test("take() resolves immediately when no limit is declared", async () => {
  const { clock, limiter } = setup();
  const streamLimiter = limiter.stream("results");
  for (let count = 0; count < 1_000; count++) {
    assertEquals((await streamLimiter.take()).sentAtMs, 0);
  }
  assertEquals(clock.sleepers, 0);
  assertEquals(streamLimiter.usage().share, undefined);
});

Deno.test("take() releases the requests of one stream in the order in which they arrived", async () => {
  const { clock, limiter } = setup("2/s");
  const streamLimiter = limiter.stream("results");
  const order: number[] = [];
  const all = Array.from({ length: 6 }, async (_, index) => {
    await streamLimiter.take();
    order.push(index);
  });
  await clock.advance(4_000);
  await Promise.all(all);
  assertEquals(order, [0, 1, 2, 3, 4, 5]);
});

Deno.test("take() counts a request from its actual send time when that is later than its release", async () => {
  for (const [turnsAfterMs, leftAtMs] of [[1, 0], [8, 8]] as const) {
    const clock: FakeClock & Clock = Object.assign(new FakeClock(0), {
      turn: () => clock.sleep(clock.now() === 0 ? turnsAfterMs : 0),
    });
    const streamLimiter = new Limiter({ source: [parseRate("2/s")], clock }).stream("results");
    const sent = Array.from({ length: 3 }, () => streamLimiter.take());
    await clock.advance(2_000);
    const [, , third] = await Promise.all(sent);
    assertAlmostEquals(third!.sentAtMs, leftAtMs + 1_009.4, 1.1);
    assertLessOrEqual(leftAtMs + 1_008.4, third!.sentAtMs);
  }
});

Deno.test("take() spaces requests over all streams of an API", async () => {
  const { clock, served, take } = setup("2/s");
  for (let count = 0; count < 5; count++) for (const name of ["a", "b"]) take(name);
  await clock.advance(10_000);
  assertEquals(served.length, 10);
  for (let index = 1; index < served.length; index++) {
    assert(served[index]!.atMs - served[index - 1]!.atMs >= 500);
  }
  assertLessOrEqual(served.at(-1)!.atMs, 9 * 500 * 1.01);
});

Deno.test("take() serves streams in turn when all have many waiting", async () => {
  const { clock, served, take } = setup("10/s");
  for (const name of ["a", "b", "c"]) for (let count = 0; count < 20; count++) take(name);
  await clock.advance(3_100);
  for (const name of ["a", "b", "c"]) {
    assertEquals(served.slice(0, 30).filter((one) => one.name === name).length, 10);
  }
  // The first request was alone and went at once; after that, streams go strictly in turn.
  for (let index = 3; index < served.length; index++) {
    assertEquals(served[index]!.name, served[index - 3]!.name);
  }
});

Deno.test("take() does not starve a stream that comes late when others have hundreds waiting", async () => {
  const { clock, served, take } = setup("10/s");
  for (let count = 0; count < 200; count++) take("busy");
  await clock.advance(1_000);
  take("late");
  await clock.advance(250);
  assertEquals(served.filter(({ name }) => name === "late").length, 1);
});

Deno.test("take() delays no other stream when one waits for its own limit", async () => {
  const { clock, served, take } = setup("10/s");
  for (let count = 0; count < 50; count++) take("slow", [parseRate("1/s")]);
  for (let count = 0; count < 500; count++) take("fast");
  await clock.advance(20_000);
  assertLessOrEqual(0.99 * 200, served.length);
});

Deno.test("take() uses a stream's own limit fully when a busier stream shares the API", async () => {
  for (const [source, own] of [["5/s", "2/s"], ["10/s", "1/s"], ["7/s", "3/s"], ["2/s", "1/s"]]) {
    const { clock, served, take } = setup(source!);
    const rates = [parseRate(own!)];
    for (let count = 0; count < 100; count++) take("slow", rates);
    for (let count = 0; count < 500; count++) take("busy");
    await clock.advance(20_000);
    const slow = served.filter(({ name }) => name === "slow").map(({ atMs }) => atMs);
    assertKept(slow, rates[0]!);
    assertLessOrEqual(0.96 * 20 * rates[0]!.requests, slow.length, `${own} under ${source}`);
    for (let index = 1; index < slow.length; index++) {
      assertLessOrEqual(spacingMs(rates[0]!) / 2, slow[index]! - slow[index - 1]!);
    }
  }
});

Deno.test("take() keeps all limits when the API and its streams declare several", () => {
  const names = ["a", "b", "c"];
  const rate = fc.constantFrom("2/s", "5/s", "10/2s", "30/min", "1/s");
  const job = fc.record({
    source: fc.array(rate, { maxLength: 2 }),
    own: fc.array(fc.array(rate, { maxLength: 2 }), { minLength: 3, maxLength: 3 }),
    seed: fc.integer(),
  });
  return fc.assert(
    fc.asyncProperty(job, async ({ source, own, seed }) => {
      const { clock, served, take } = setup(...source);
      const random = randomFrom(seed);
      for (let count = 0; count < 40; count++) {
        const index = Math.floor(random() * 3);
        take(names[index]!, own[index]!.map(parseRate));
        if (random() < 0.2) await clock.advance(random() * 700);
      }
      await clock.advance(200_000);
      assertEquals(served.length, 40);
      const all = served.map(({ atMs }) => atMs);
      source.forEach((text) => assertKept(all, parseRate(text)));
      names.forEach((name, index) => {
        const sent = served.filter((one) => one.name === name).map(({ atMs }) => atMs);
        own[index]!.forEach((text) => assertKept(sent, parseRate(text)));
      });
    }),
    { numRuns: 25 },
  );
});

Deno.test("take() is bound by the tightest limit only when streams overlap", async () => {
  const { clock, served, take } = setup("5/s");
  for (let count = 0; count < 60; count++) {
    take("racecards", [parseRate("2/s")]);
    take("results", [parseRate("5/s")]);
  }
  await clock.advance(10_000);
  assertLessOrEqual(0.99 * 50, served.length);
});

Deno.test("take() rejects with the reason and counts nothing when its signal aborts", async () => {
  const { clock, served, take } = setup("1/s");
  const stop = new AbortController();
  const reason = new Error("enough");
  take("a");
  const aborted = assertRejects(() => take("a", [], stop.signal), Error, "enough");
  take("a");
  await clock.advance(500);
  stop.abort(reason);
  await aborted;
  await clock.advance(600);
  assertEquals(served.length, 2);
  await assertRejects(() => take("a", [], stop.signal), Error, "enough");
});

Deno.test("take() leaves no timer behind when the last waiting request is aborted", async () => {
  const { clock, take } = setup("1/min");
  const stop = new AbortController();
  await take("a");
  const waiting = take("a", [], stop.signal);
  assertEquals(clock.sleepers, 1);
  stop.abort();
  await assertRejects(() => waiting, DOMException);
  await clock.advance(0);
  assertEquals(clock.sleepers, 0);
});

Deno.test("refused() sends nothing before Retry-After is over, for any stream", async () => {
  const { clock, limiter, served, take } = setup("5/s");
  const permit = await take("a");
  await clock.advance(400);
  limiter.stream("a").refused(permit, 3_000);
  take("a");
  take("b");
  await clock.advance(2_999);
  assertEquals(served.length, 1);
  await clock.advance(300);
  assertEquals(served.length, 3);
  assertEquals(served[1]!.atMs, 3_400);
});

Deno.test("refused() pauses one stream alone when only its own limit was exceeded", async () => {
  const { clock, limiter, served, take } = setup("50/s");
  await take("own", [parseRate("1/s")]);
  const waiting = take("own");
  await clock.advance(1_100);
  limiter.stream("own").refused(await waiting, 1_000);
  take("own");
  take("other");
  await clock.advance(100);
  assertEquals(served.map(({ name }) => name), ["own", "own", "other"]);
});

Deno.test("refused() waits one spacing when the server does not specify a wait", async () => {
  const { clock, limiter, served, take } = setup("2/s");
  limiter.stream("a").refused(await take("a"));
  take("a");
  await clock.advance(500);
  assertEquals(served.length, 1);
  await clock.advance(100);
  assertEquals(served.length, 2);
});

Deno.test("applyHeaders() waits for the reset when nothing remains of an undeclared limit", async () => {
  const { clock, limiter, served, take } = setup("2/s");
  await take("a");
  limiter.stream("a").applyHeaders({ limit: 1_000, remaining: 0, resetAfterMs: 60_000 });
  take("a");
  await clock.advance(59_999);
  assertEquals(served.length, 1);
  await clock.advance(1);
  assertEquals(served.length, 2);
});

Deno.test("applyHeaders() does not reduce the rate when the declared limit covers the reset", async () => {
  const { clock, limiter, served, take } = setup("2/s");
  for (let count = 0; count < 20; count++) take("a");
  for (let count = 0; count < 20; count++) {
    await clock.advance(500);
    limiter.stream("a").applyHeaders({ limit: 2, remaining: 0, resetAfterMs: 1_000 });
    limiter.stream("a").applyHeaders({ limit: 2, remaining: 1, resetAfterMs: 900_000 });
  }
  assertLessOrEqual(19, served.length);
});

Deno.test("pauseUntil() also delays requests when no limit is declared", async () => {
  const { clock, limiter, served, take } = setup();
  limiter.stream("a").pauseUntil(1_000);
  take("a");
  take("b");
  await clock.advance(999);
  assertEquals(served.length, 0);
  await clock.advance(1);
  assertEquals(served.length, 2);
});

Deno.test("pauseUntil() keeps a longer pause when a later one is shorter", async () => {
  const { clock, limiter, served, take } = setup();
  limiter.stream("a").pauseUntil(5_000);
  limiter.stream("b").pauseUntil(1_000);
  take("a");
  await clock.advance(4_999);
  assertEquals(served.length, 0);
  await clock.advance(1);
  assertEquals(served.length, 1);
});

Deno.test("refused() keeps a longer pause of a stream when a later one is shorter", async () => {
  const { clock, limiter, served, take } = setup("50/s");
  const rates = [parseRate("4/10s")];
  const sent = [take("own", rates), take("own", rates), take("own", rates)];
  await clock.advance(5_100);
  const [, second, third] = await Promise.all(sent);
  limiter.stream("own").refused(second!, 9_000);
  limiter.stream("own").refused(third!, 1_000);
  take("own", rates);
  take("other");
  await clock.advance(8_999);
  assertEquals(served.map(({ name }) => name), ["own", "own", "own", "other"]);
  await clock.advance(1);
  assertEquals(served.at(-1)?.atMs, 14_100);
});

Deno.test("refused() leaves the margin alone when the wait is longer than the interval", async () => {
  const { clock, limiter, served, take } = setup("2/s");
  await take("a");
  const second = take("a");
  await clock.advance(600);
  limiter.stream("a").refused(await second, 3_600_000);
  assertEquals(limiter.usage().refused, 1);
  for (let count = 0; count < 3; count++) take("a");
  await clock.advance(3_603_000);
  const [, , third, fourth, fifth] = served.map(({ atMs }) => atMs);
  assertEquals(third, 3_600_600);
  // 9.4 ms over a second is the initial margin.
  assertAlmostEquals(fifth! - third!, 1_009.4, 1.1);
  assertAlmostEquals(fourth! - third!, 504.7, 1.1);
});

Deno.test("usage() is the used share of the tightest limit when streams overlap", async () => {
  const { clock, limiter, take } = setup("5/s");
  for (let count = 0; count < 100; count++) {
    take("racecards", [parseRate("2/s")]);
    take("results", [parseRate("2/s")]);
  }
  await clock.advance(30_000);
  const usage = limiter.usage();
  assertEquals(usage.allowedPerSecond, 4);
  assert(usage.share! > 0.97 && usage.share! <= 1, `${usage.share}`);
  assert(usage.pacedPerSecond < 4 && usage.pacedPerSecond > 3.95);
  assertEquals(usage.refused, 0);
});

function assertKept(sentAtMs: readonly number[], rate: Rate): void {
  for (let index = rate.requests; index < sentAtMs.length; index++) {
    assertLessOrEqual(rate.intervalMs, sentAtMs[index]! - sentAtMs[index - rate.requests]!);
  }
}
