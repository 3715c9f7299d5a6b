import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import fc from "fast-check";
import { Pacer } from "../../../lib/fetch/rate/pacer.ts";
import { parseRate, spacingMs } from "../../../lib/plan/time/rate.ts";
import { live, perfectShare, randomFrom, type ServerKind, spreads } from "./strict_world.ts";

const latenciesMs = [50, 400, 2_000];
const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

Deno.test("Pacer() uses 99 % without a 429 when jitter is up to 8 ms, whatever the server counts", () => {
  for (
    const text of ["1/s", "2/s", "5/s", "10/s", "50/s", "0.5/s", "10/10s", "100/min", "5000/h"]
  ) {
    for (const kind of ["bucket", "windows", "log"] as const) {
      for (const jitterMs of [0, 5, 8]) {
        for (const latencyMs of latenciesMs) {
          const world = { rate: parseRate(text), kind, jitterMs, latencyMs, requests: 400 };
          for (const seed of seeds.slice(0, 4)) assertPerfect({ ...world, seed }, text);
        }
      }
    }
  }
});

Deno.test("Pacer() uses 99 % without a 429 when a bucket is behind 40 ms of jitter", () => {
  for (const text of ["2/s", "5/s", "10/s", "50/s", "100/min"]) {
    for (const latencyMs of latenciesMs) {
      for (const seed of seeds) {
        const rate = parseRate(text);
        assertPerfect({ rate, kind: "bucket", jitterMs: 40, latencyMs, requests: 400, seed }, text);
      }
    }
  }
});

Deno.test("Pacer() uses 99 % from the first requests on when only 60 are sent", () => {
  for (const text of ["2/s", "5/s"]) {
    for (const kind of ["bucket", "windows", "log"] as const) {
      for (const seed of seeds) {
        const rate = parseRate(text);
        assertPerfect({ rate, kind, jitterMs: 8, latencyMs: 400, requests: 60, seed }, text);
      }
    }
  }
});

Deno.test("Pacer() meets no 429 when the first request arrives late because it connects", () => {
  for (const connectMs of [13, 100]) {
    for (const kind of ["bucket", "windows", "log"] as const) {
      for (const text of ["2/s", "5/s", "10/s"]) {
        for (const latencyMs of [20, 300]) {
          for (const seed of seeds) {
            const world = { rate: parseRate(text), kind, latencyMs, seed, jitterMs: 4, connectMs };
            const outcome = live({ ...world, requests: 200 });
            assertEquals(outcome.refusedAtMs, [], JSON.stringify(world));
            assertLessOrEqual(0.985, outcome.used);
          }
        }
      }
    }
  }
});

Deno.test("Pacer() keeps 1000/s when timers fire up to 2 ms late", () => {
  const rate = parseRate("1000/s");
  const lateMs = (random: number) => 0.3 + 1.5 * random;
  for (const kind of ["bucket", "windows", "log"] as const) {
    assertPerfect(
      { rate, kind, jitterMs: 8, latencyMs: 400, requests: 20_000, seed: 3, lateMs },
      kind,
    );
  }
});

Deno.test("Pacer() finds the best rate when the jitter is too large for the server", () => {
  let refusals = 0;
  let worlds = 0;
  for (const text of ["2/s", "5/s"]) {
    for (const [kind, jitterMs] of impossible) {
      for (const latencyMs of latenciesMs) {
        for (const seed of seeds) {
          const rate = parseRate(text);
          const world = { rate, kind, jitterMs, latencyMs, requests: 1_000, seed };
          const outcome = live(world);
          const about = JSON.stringify({ ...world, refused: outcome.refusedAtMs });
          assertLessOrEqual(outcome.refusedKnowingly, 5, about);
          assertLessOrEqual(0.98 * perfectShare(kind, rate, jitterMs), outcome.usedLater, about);
          refusals += outcome.refusedAtMs.length;
          worlds++;
        }
      }
    }
  }
  assertLess(refusals / worlds, 2.5);
});

Deno.test("Pacer() finds the best rate for other distributions of jitter", () => {
  for (const spread of spreads) {
    for (const [kind, jitterMs] of impossible) {
      const worlds = seeds.map((seed) => {
        const rate = parseRate("2/s");
        return live({ rate, kind, jitterMs, latencyMs: 400, requests: 2_000, seed, spread });
      });
      const best = perfectShare(kind, parseRate("2/s"), jitterMs);
      assertLessOrEqual(0.98 * best, median(worlds.map((world) => world.usedLater)), spread);
      assertLessOrEqual(median(worlds.map((world) => world.refusedAtMs.length)), 5, spread);
    }
  }
});

Deno.test("Pacer() finds a rate without 429s when round trips hide the jitter", () => {
  for (const extra of [{ hidden: true }, { workMs: 300 }]) {
    for (const kind of ["log", "bucket of one"] as const) {
      const worlds = seeds.map((seed) =>
        live({
          rate: parseRate("2/s"),
          kind,
          jitterMs: 40,
          latencyMs: 400,
          requests: 4_000,
          seed,
          ...extra,
        })
      );
      const best = perfectShare(kind, parseRate("2/s"), 40);
      assertLessOrEqual(0.97 * best, median(worlds.map((world) => world.usedLater)));
      assertLessOrEqual(median(worlds.map((world) => world.refusedAtMs.length)), 8);
    }
  }
});

Deno.test("Pacer() settles at the server's rate when it is lower than declared", () => {
  const [rate, served] = [parseRate("5/s"), parseRate("2/s")];
  for (const kind of ["windows", "log", "bucket of one"] as const) {
    const outcome = live({
      rate,
      served,
      kind,
      jitterMs: 2,
      latencyMs: 200,
      requests: 3_000,
      seed: 1,
    });
    assertLessOrEqual(0.97, outcome.usedLater);
    assertLessOrEqual(outcome.refusedAtMs.length, 25);
  }
});

Deno.test("Pacer() lowers its margin again after the network has been calm for long", () => {
  const jitterMs = (sinceMs: number) => sinceMs < 600_000 ? 40 : 4;
  for (const kind of ["log", "bucket of one"] as const) {
    const outcome = live({
      rate: parseRate("2/s"),
      kind,
      jitterMs,
      latencyMs: 400,
      requests: 20_000,
      seed: 5,
    });
    assertLessOrEqual(0.985, outcome.usedLater);
    assertLessOrEqual(outcome.refusedAtMs.length, 6);
  }
});

Deno.test("Pacer() does not trade the right margin for one 429 per minute", () => {
  const outcome = live({
    rate: parseRate("2/s"),
    kind: "log",
    jitterMs: 40,
    latencyMs: 400,
    requests: 30_000,
    seed: 2,
  });
  assertLessOrEqual(outcome.refusedAtMs.length, 6); // in more than four hours
  assertLessOrEqual(0.98 * perfectShare("log", parseRate("2/s"), 40), outcome.used);
});

Deno.test("sent() exceeds the rate in no interval when sends are late and refused at random", () => {
  const rates = fc.constantFrom("1/s", "2/s", "5/s", "50/s", "200/s", "7/3s", "20000/h");
  const run = fc.record({ text: rates, burst: fc.boolean(), seed: fc.integer() });
  fc.assert(
    fc.property(run, ({ text, burst, seed }) => {
      const rate = { ...parseRate(text), burst };
      const sentAtMs = sendLate(
        new Pacer(rate),
        randomFrom(seed),
        Math.min(20 + 3 * rate.requests, 1_000),
      );
      for (let index = rate.requests; index < sentAtMs.length; index++) {
        assertLessOrEqual(rate.intervalMs, sentAtMs[index]! - sentAtMs[index - rate.requests]!);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("sent() exceeds the rate in no interval when send times are kept in groups", () => {
  const rate = parseRate("100000/h");
  const pacer = new Pacer(rate);
  const sentAtMs: number[] = [];
  for (let index = 0; index < 220_000; index++) {
    sentAtMs.push(Math.max(pacer.due(), 0));
    pacer.sent(sentAtMs[index]!);
  }
  for (let index = rate.requests; index < sentAtMs.length; index++) {
    assertLessOrEqual(rate.intervalMs, sentAtMs[index]! - sentAtMs[index - rate.requests]!);
  }
  assertLessOrEqual(0.998, sentAtMs.length * spacingMs(rate) / sentAtMs.at(-1)!);
});

Deno.test("due() spaces the first requests and those after a pause when bursts are not allowed", () => {
  const pacer = new Pacer(parseRate("5/s"));
  assertEquals(pacer.due(), -Infinity);
  for (const startMs of [0, 60_000]) {
    const sentAtMs = sendOnTime(pacer, startMs, 5);
    for (let index = 1; index < sentAtMs.length; index++) {
      assert(sentAtMs[index]! - sentAtMs[index - 1]! >= 200);
    }
  }
});

Deno.test("due() allows all requests of an interval at once when bursts are allowed", () => {
  const pacer = new Pacer({ ...parseRate("5/s"), burst: true });
  assertEquals(sendOnTime(pacer, 100, 5), [100, 100, 100, 100, 100]);
  assertAlmostEquals(pacer.due(), 1_100, 10);
  assert(pacer.due() >= 1_100);
});

Deno.test("due() allows bursts of more requests than it keeps send times of", () => {
  const rate = { ...parseRate("12002/min"), burst: true };
  const pacer = new Pacer(rate);
  const sentAtMs = sendOnTime(pacer, 0, 36_000);
  // Three requests share one time, so a burst is at most two groups of three smaller.
  assertEquals(sentAtMs.lastIndexOf(0), 3 * (4_000 - 1) - 1);
  for (let index = rate.requests; index < sentAtMs.length; index++) {
    assertLessOrEqual(rate.intervalMs, sentAtMs[index]! - sentAtMs[index - rate.requests]!);
  }
  assertLessOrEqual(sentAtMs.at(-1)!, 3 * 60_500);
});

Deno.test("refused() ends bursts when the server does not allow them", () => {
  const pacer = new Pacer({ ...parseRate("5/s"), burst: true });
  sendOnTime(pacer, 0, 5);
  assert(pacer.refused(4, 20));
  const sentAtMs = sendOnTime(pacer, 5_000, 3);
  assert(sentAtMs[1]! - sentAtMs[0]! >= 200);
});

Deno.test("due() keeps its schedule when a timer was late by less than a millisecond", () => {
  const pacer = new Pacer(parseRate("2/s"));
  const pace = pacer.paceMs;
  pacer.sent(0);
  pacer.sent(pace + 0.8);
  assertAlmostEquals(pacer.due(), 2 * pace, 1e-6);
});

Deno.test("due() catches up less after a refusal", () => {
  const lateBy40 = (pacer: Pacer) => {
    const sentAtMs = pacer.due() + 40;
    pacer.sent(sentAtMs);
    return pacer.due() - sentAtMs;
  };
  const pacer = new Pacer(parseRate("5/s"));
  sendOnTime(pacer, 0, 3);
  assertAlmostEquals(lateBy40(pacer), pacer.paceMs - 40, 1e-6);
  sendOnTime(pacer, 60_000, 3);
  assert(pacer.refused(6, 61_000));
  assertLessOrEqual(200, lateBy40(pacer));
});

Deno.test("due() catches up half the margin after a refusal, and 30 ms at most", () => {
  const lateBy = (pacer: Pacer, lateMs: number) => {
    sendOnTime(pacer, 1_000_000 * lateMs, 3);
    const sentAtMs = pacer.due() + lateMs;
    pacer.sent(sentAtMs);
    return pacer.due() - sentAtMs;
  };
  const quick = new Pacer(parseRate("5/s"));
  sendOnTime(quick, 0, 3);
  assert(quick.refused(2, 1_000)); // The margin is 18.8 ms over 5 requests.
  assertAlmostEquals(lateBy(quick, 1.8), quick.paceMs - 1.8, 1e-6);
  assertAlmostEquals(lateBy(quick, 2), quick.paceMs, 1e-6);
  const slow = new Pacer(parseRate("2/min"));
  sendOnTime(slow, 0, 3);
  assert(slow.refused(2, 100_000)); // The margin is 242.8 ms over 2 requests.
  assertAlmostEquals(lateBy(slow, 29), slow.paceMs - 29, 1e-6);
  assertAlmostEquals(lateBy(slow, 31), slow.paceMs, 1e-6);
});

Deno.test("left() keeps the interval when a request was sent later than it was released", () => {
  const pacer = new Pacer(parseRate("2/s"));
  const number = pacer.sent(0);
  pacer.left(number, 20);
  const [, third] = sendOnTime(pacer, 0, 2);
  assertLessOrEqual(20 + 1_000, third!);
});

Deno.test("refused() returns false when the request was sent long after it was due", () => {
  const pacer = new Pacer(parseRate("2/s"));
  pacer.sent(0);
  const number = pacer.sent(5_000);
  const before = pacer.margin;
  assertEquals(pacer.refused(number, 5_400), false);
  assertEquals(pacer.margin, before);
});

Deno.test("margin grows when a request sent as early as allowed is refused", () => {
  const pacer = new Pacer(parseRate("2/s"));
  assertAlmostEquals(pacer.margin.overIntervalMs, 9.4, 1e-9);
  assertEquals(pacer.margin.betweenMs, 0);
  sendOnTime(pacer, 0, 4);
  assert(pacer.refused(3, 2_000));
  assertAlmostEquals(pacer.margin.overIntervalMs, 18.8, 1e-9);
});

/** Server kind and jitter for which no margin below 1 % is free of refusals. */
const impossible: readonly (readonly [ServerKind, number])[] = [
  ["log", 40],
  ["windows", 40],
  ["bucket of one", 8],
  ["bucket of one", 40],
];

function assertPerfect(world: Parameters<typeof live>[0], about: string): void {
  const outcome = live(world);
  assertEquals(outcome.refusedAtMs, [], about);
  assertLessOrEqual(0.99, outcome.used, about);
}

function sendOnTime(pacer: Pacer, startMs: number, count: number): number[] {
  const sentAtMs: number[] = [];
  for (let nowMs = startMs; sentAtMs.length < count;) {
    nowMs = Math.max(nowMs, pacer.due());
    pacer.sent(nowMs);
    sentAtMs.push(nowMs);
  }
  return sentAtMs;
}

function sendLate(pacer: Pacer, random: () => number, count: number): number[] {
  const sentAtMs: number[] = [];
  for (let nowMs = 0; sentAtMs.length < count;) {
    const lateMs = random() < 0.1 ? random() * 3 * spacingMs(pacer.rate) : random();
    nowMs = Math.max(nowMs, pacer.due()) + lateMs;
    const number = pacer.sent(nowMs);
    sentAtMs.push(nowMs);
    if (random() < 0.02) pacer.refused(number, nowMs + 5);
    else pacer.passed(number, nowMs + 5 * random());
  }
  return sentAtMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
