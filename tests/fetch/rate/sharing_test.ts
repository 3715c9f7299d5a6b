import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Failure } from "../../../lib/failure.ts";
import { SAME_MOMENT_MS } from "../../../lib/fetch/rate/clock.ts";
import { openReservation } from "../../../lib/fetch/rate/reservation.ts";
import { Limiter } from "../../../lib/fetch/rate/limiter.ts";
import { type LimitStore, UNUSED } from "../../../lib/fetch/rate/limit_store.ts";
import { randomFrom, type ServerKind, strictServer } from "./strict_world.ts";
import { MemoryLimitStore } from "../../../lib/fetch/rate/memory_limit_store.ts";
import { giveBack, reserve } from "../../../lib/fetch/rate/quota.ts";
import { boundTogether, parseRate, type Rate } from "../../../lib/plan/time/rate.ts";
import { formatWait, type Wait } from "../../../lib/report/text/wait.ts";
import { FakeClock } from "../../support/fake_clock.ts";

/** Processes that share an account: each is a separate limiter, on one store and one clock. */
function setup(startMs = Date.UTC(2025, 0, 1, 12)) {
  const clock = new FakeClock(startMs);
  const store = new MemoryLimitStore(clock.now);
  const sentAtMs: number[] = [];
  const waits: (Wait | undefined)[] = [];
  const open = (rates: readonly Rate[], noWait = false) => {
    let isKilled = false;
    // The store does not hear from a process that was killed.
    const ofProcess: LimitStore = {
      read: (key) => isKilled ? new Promise(() => {}) : store.read(key),
      replace: (key, version, state) => store.replace(key, version, state),
    };
    const sharing = { store: ofProcess, apiKey: "key", holder: crypto.randomUUID() };
    const source = boundTogether(rates);
    const onWait = (wait: Wait | undefined) => waits.push(wait);
    const limiter = new Limiter({ source, clock, wallNow: clock.now, onWait, noWait, sharing });
    const send = async (count: number, signal?: AbortSignal) => {
      for (let at = 0; at < count; at++) {
        sentAtMs.push((await limiter.stream("s").take(signal)).sentAtMs);
      }
    };
    return Object.assign(limiter, { send, kill: () => isKilled = true });
  };
  return { clock, store, sentAtMs, waits, open };
}

/** Asserts that no interval holds more than the rate, apart from the lateness of clocks and timers. */
function assertKept(
  sentAtMs: readonly number[],
  { requests, intervalMs }: Rate,
  slackMs = 2,
): void {
  const sorted = sentAtMs.toSorted((a, b) => a - b);
  for (let at = requests; at < sorted.length; at++) {
    const distanceMs = sorted[at]! - sorted[at - requests]!;
    assert(distanceMs >= intervalMs - slackMs, `${requests + 1} requests within ${distanceMs} ms`);
  }
}

Deno.test("two processes of one account keep its pace together, and use it fully", async () => {
  for (const [text, count] of [["2/s", 30], ["10/s", 150], ["50/s", 500], ["3/min", 6]] as const) {
    const { clock, sentAtMs, open } = setup();
    const rate = parseRate(text);
    const processes = [open([rate]), open([rate]), open([rate])];
    const startMs = clock.now();
    const sending = Promise.all(processes.map((each) => each.send(count)));
    using _ = clock.autoAdvance();
    await sending;
    assertEquals(sentAtMs.length, 3 * count);
    assertKept(sentAtMs, rate, 0.01 * rate.intervalMs);
    const leastMs = 3 * count * rate.intervalMs / rate.requests;
    assertLessOrEqual(clock.now() - startMs, 1.12 * leastMs + 2 * rate.intervalMs, text);
  }
});

Deno.test("a process that ends leaves its turn to the next one", async () => {
  const { clock, sentAtMs, open } = setup();
  const rate = parseRate("2/s");
  using _ = clock.autoAdvance();
  for (let run = 0; run < 5; run++) {
    await using process = open([rate]);
    await process.send(3);
  }
  assertKept(sentAtMs, rate, 10);
  assertLessOrEqual(clock.now() - sentAtMs[0]!, 16 * 500 * 1.12);
});

Deno.test("a process spaces its requests from the late request of one that has ended or died", async () => {
  for (const isDead of [false, true]) {
    const { clock, sentAtMs, open } = setup();
    const rate = parseRate("2/s");
    using _ = clock.autoAdvance();
    const first = open([rate]);
    await first.send(2);
    await clock.sleep(610);
    await first.send(isDead ? 3 : 2);
    if (!isDead) await first[Symbol.asyncDispose]();
    await using next = open([rate]);
    await next.send(2);
    assertKept(sentAtMs, rate);
  }
});

Deno.test("a rolling quota is exact over processes, and the rest waits until requests leave the period", async () => {
  const { clock, sentAtMs, waits, open } = setup();
  const rates = [parseRate("10/s"), parseRate("500/d")];
  using _ = clock.autoAdvance();
  for (const count of [7, 93, 250]) {
    await using process = open(rates);
    await process.send(count);
  }
  const startMs = clock.now();
  const processes = [open(rates), open(rates)];
  await Promise.all(processes.map((each) => each.send(100)));
  const early = sentAtMs.filter((at) => at < startMs + 900_000);
  const late = sentAtMs.filter((at) => at >= startMs + 900_000);
  assertEquals([early.length, late.length], [500, 50]);
  assertKept(sentAtMs, rates[1]!);
  assertLessOrEqual(late[0]! - early[0]!, 86_400_000 * 1.01);
  assert(
    waits.some((wait) =>
      /^waiting until 2025-01-02 12:\d\d UTC: the quota 500\/d is used up$/
        .test(wait === undefined ? "" : formatWait(wait))
    ),
    JSON.stringify(waits.map((w) => w && formatWait(w))),
  );
});

Deno.test("at the end of a period a request waits for the next one, and the store is queried once", async () => {
  for (const beforeMs of [2_000, 1_000, 0, -1_999]) {
    const { clock, store, open } = setup(Date.UTC(2025, 0, 1, 13) - beforeMs);
    let reads = 0;
    const { read } = store;
    store.read = (key) => {
      reads++;
      return read.call(store, key);
    };
    const startMs = clock.now();
    using _ = clock.autoAdvance();
    await using process = open([{
      ...parseRate("20/h"),
      resets: { minute: 0, timeZone: "UTC" },
    }]);
    await process.send(1);
    assertEquals([Math.round(clock.now() - startMs), reads], [beforeMs + 2_000, 3]);
  }
});

Deno.test("requests that never reached the API count in no quota, here and for other processes", async () => {
  for (
    const quota of [parseRate("20/h"), {
      ...parseRate("20/h"),
      resets: { minute: 0, timeZone: "UTC" },
    }]
  ) {
    const { clock, open } = setup();
    using _ = clock.autoAdvance();
    const rates = [parseRate("10/s"), quota];
    const startMs = clock.now();
    await using first = open(rates);
    for (let refused = 0; refused < 100; refused++) {
      const stream = first.stream("s");
      stream.unsent(await stream.take());
      await clock.sleep(1);
    }
    await first.send(10);
    await first[Symbol.asyncDispose]();
    await using second = open(rates);
    await second.send(10);
    assertLessOrEqual(clock.now() - startMs, 60_000);
    await second.send(1);
    assert(
      clock.now() - startMs > 3_500_000,
      `the next one came after ${clock.now() - startMs} ms`,
    );
  }
});

Deno.test("a process that waits a day for a quota reads it occasionally, and writes nothing meanwhile", async () => {
  const { clock, store, open } = setup();
  const rates = [parseRate("10/s"), parseRate("500/d")];
  using _ = clock.autoAdvance();
  const first = open(rates);
  await first.send(500);
  await first[Symbol.asyncDispose]();
  const calls = { read: 0, replace: 0 };
  const { read, replace } = store;
  const isQuota = ({ limit }: { limit: string }) => limit === "500/d" ? 1 : 0;
  store.read = (key) => {
    calls.read += isQuota(key);
    return read.call(store, key);
  };
  store.replace = (key, ...more) => {
    calls.replace += isQuota(key);
    return replace.call(store, key, ...more);
  };
  await using process = open(rates);
  const stop = new AbortController();
  const waiting = assertRejects(() => process.send(1, stop.signal));
  await clock.sleep(23 * 3_600_000);
  stop.abort();
  await waiting;
  assertEquals(calls.replace, 0);
  assert(calls.read >= 90 && calls.read <= 150, `${calls.read} reads`);
});

Deno.test("a single limit over a day is paced by each process and counted over all of them", async () => {
  const { clock, sentAtMs, open } = setup();
  const day = parseRate("48/d");
  using _ = clock.autoAdvance();
  // A request alone, as of probe, then two processes; none waits for a turn of another.
  await open([day]).send(1);
  const startMs = clock.now();
  await Promise.all([open([day]).send(40), open([day]).send(40)]);
  assertEquals(sentAtMs.slice(0, 3), [startMs, startMs, startMs]);
  assertKept(sentAtMs, day);
  assertLessOrEqual(clock.now() - startMs, 1.4 * 86_400_000);
});

Deno.test("a quota that resets at a clock time is available again then", async () => {
  const { clock, sentAtMs, open } = setup(Date.UTC(2025, 0, 1, 23, 59, 50));
  const resets = { minute: 0, timeZone: "UTC" };
  const rates = [parseRate("10/s"), { ...parseRate("20/d"), burst: true, resets }];
  using _ = clock.autoAdvance();
  await using process = open(rates);
  await process.send(45);
  const midnight = Date.UTC(2025, 0, 2);
  assertEquals(sentAtMs.filter((at) => at < midnight).length, 20);
  assertEquals(sentAtMs.filter((at) => at >= midnight && at < midnight + 86_400_000).length, 20);
  assertLessOrEqual(sentAtMs[20]! - midnight, 5_000);
});

Deno.test("a pause that the API requested of one process is kept by the next one", async () => {
  const { clock, store, sentAtMs, open } = setup();
  using _ = clock.autoAdvance();
  const first = open([parseRate("2/s")]);
  const stream = first.stream("s");
  stream.refused(await stream.take(), 3_600_000);
  await clock.sleep(1_000);
  assertEquals((await store.read({ apiKey: "key", limit: "*" })).state.pausedUntilMs > 0, true);
  const startMs = clock.now();
  const second = open([parseRate("2/s")]);
  await second.restore();
  await second.send(1);
  assertLessOrEqual(3_598_000, sentAtMs.at(-1)! - startMs);
});

Deno.test("take() fails at once when a quota is used up and long waits are disabled", async () => {
  const { clock, open } = setup();
  using _ = clock.autoAdvance();
  const process = open([parseRate("10/s"), parseRate("3/h")], true);
  await process.send(3);
  const failure = await assertRejects(() => process.send(1), Failure);
  assertEquals([failure.kind, failure.message], [
    "unavailable",
    "Cannot continue without waiting: the quota 3/h is used up, and the next request is allowed at " +
    "2025-01-01 13:00 UTC",
  ]);
});

Deno.test("reserve() lets no rolling period hold more than the quota, property", () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 40_000_000 }),
    wanted: fc.integer({ min: 1, max: 9 }),
    unused: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step), (requests, steps) => {
    const rate = { ...parseRate("1/d"), requests, burst: true };
    let [state, nowMs] = [UNUSED, 1e12];
    const sent: number[] = [];
    for (const { afterMs, wanted, unused } of steps) {
      nowMs += afterMs;
      const [next, grant] = reserve(state, rate, wanted, nowMs);
      assert(grant.count > 0 || grant.availableAtMs > nowMs);
      const back = Math.min(unused, grant.count);
      state = giveBack(next, rate, grant, back);
      // As late as it may.
      for (let at = back; at < grant.count; at++) sent.push(grant.expiresAtMs - 1);
      assertKept(sent, rate, 0);
    }
  }));
});

/** Requests that a strict server refuses, of those that were sent then, with up to 8 ms of jitter on the way. */
function refusedBy(
  kind: ServerKind,
  rate: Rate,
  sentAtMs: readonly number[],
  seed: number,
): number {
  const random = randomFrom(seed);
  const server = strictServer(kind, rate);
  const arrivals = sentAtMs.map((at) => at + 8 * random()).sort((a, b) => a - b);
  return arrivals.filter((at) => !server.admit(at).ok).length;
}

Deno.test("processes that share a limit use 98 % of it, and a strict server refuses no request", async () => {
  for (const [text, count] of [["50/s", 8], ["5/s", 4], ["2/s", 2]] as const) {
    const { clock, sentAtMs, open } = setup();
    const rate = parseRate(text);
    let left = 90 * rate.requests;
    using _ = clock.autoAdvance();
    await Promise.all(Array.from({ length: count }, async () => {
      const process = open([rate]);
      while (left-- > 0) await process.send(1);
    }));
    const sorted = sentAtMs.toSorted((a, b) => a - b);
    const steady = sorted.filter((at) => at >= sorted[0]! + 10_000 && at < sorted[0]! + 70_000);
    const used = steady.length / (60 * rate.requests);
    assert(used >= 0.98, `${text} by ${count}: ${used}`);
    for (const kind of ["bucket", "windows", "log"] as const) {
      assertEquals(refusedBy(kind, rate, sorted, count), 0, `${text} by ${count}, ${kind}`);
    }
  }
});

Deno.test("when there are more processes than requests in an interval, they take turns and none starves", async () => {
  const { clock, sentAtMs, open } = setup();
  const rate = parseRate("2/s");
  using _ = clock.autoAdvance();
  const sent = [0, 0, 0, 0, 0];
  const stop = new AbortController();
  const processes = sent.map(async (_, at) => {
    const process = open([rate]);
    while (!stop.signal.aborted) {
      await process.send(1, stop.signal).catch(() => {});
      sent[at]!++;
    }
  });
  await clock.sleep(120_000);
  stop.abort();
  await Promise.all(processes);
  assertKept(sentAtMs, rate);
  assert(sent.every((count) => count > 20), sent.join());
  assert(sentAtMs.length > 0.8 * 240, `${sentAtMs.length} of 240`);
});

Deno.test("the share of a process that was killed goes to the others within its lease", async () => {
  const { clock, sentAtMs, open } = setup();
  const rate = parseRate("10/s");
  using _ = clock.autoAdvance();
  const killed = open([rate]);
  const alive = open([rate]);
  await Promise.all([killed.send(50), alive.send(50)]);
  killed.kill();
  const from = clock.now();
  await alive.send(150);
  assertKept(sentAtMs, rate);
  const later = sentAtMs.filter((at) => at > from + 7_000 && at <= from + 12_000);
  assert(later.length >= 48, `${later.length} of 50`);
});

/** Sends from several processes to a server that is strict after a while, and returns what arrived there in the last half of the time. */
async function sendTo(
  kind: ServerKind,
  rate: Rate,
  { processes, seconds, isEasyMs = 0 }: { processes: number; seconds: number; isEasyMs?: number },
): Promise<{ used: number; refused: number; refusedLater: number }> {
  const { clock, open } = setup();
  const random = randomFrom(processes);
  const [easy, strict] = [strictServer("bucket", rate), strictServer(kind, rate)];
  const startMs = clock.now();
  const arrivals: [atMs: number, isAccepted: boolean][] = [];
  using _ = clock.autoAdvance();
  await Promise.all(Array.from({ length: processes }, async () => {
    const stream = open([rate]).stream("s");
    const send = async () => {
      while (clock.now() < startMs + 1_000 * seconds) {
        const permit = await stream.take();
        await clock.sleep(8 * random());
        const server = clock.now() < startMs + isEasyMs ? easy : strict;
        const admission = server.admit(clock.now());
        arrivals.push([clock.now(), admission.ok]);
        await clock.sleep(50);
        if (admission.ok) stream.accepted(permit);
        else stream.refused(permit, 1_000 * Math.ceil(admission.retryAfterMs / 1_000));
      }
    };
    await Promise.all([send(), send(), send(), send()]);
  }));
  const later = arrivals.filter(([at]) =>
    at > startMs + 500 * seconds && at < startMs + 1_000 * seconds
  );
  const refused = (all: typeof arrivals) => all.filter(([, isAccepted]) => !isAccepted).length;
  const used = (later.length - refused(later)) * rate.intervalMs / rate.requests / 500 / seconds;
  return { used, refused: refused(arrivals), refusedLater: refused(later) };
}

/** Sends without end; only the requests that `isRefused` chooses are refused. */
async function sendAll(
  limiter: Limiter,
  clock: FakeClock,
  { signal, isRefused }: { signal: AbortSignal; isRefused: () => boolean },
): Promise<void> {
  const stream = limiter.stream("s");
  const send = async () => {
    while (!signal.aborted) {
      const permit = await stream.take(signal).catch(() => undefined);
      if (permit === undefined) return;
      await clock.sleep(50);
      if (isRefused()) stream.refused(permit, 1_000);
      else stream.accepted(permit);
    }
  };
  await Promise.all([send(), send(), send()]);
}

Deno.test("processes go on side by side after refusals of one moment, and one at a time when they repeat soon", async () => {
  // The requests that one stall delays are followed too early at the same time.
  for (
    const [afterMs, isAlone] of [
      [[5_000], false],
      [[15], false],
      [[600], true],
      [[1_500], true],
      [[15, 60], true],
    ] as const
  ) {
    const { clock, store, open } = setup();
    const rate = parseRate("50/s");
    const startMs = clock.now();
    const refusals = [0, ...afterMs].map((ms) => startMs + 10_000 + ms);
    const isRefused = () => clock.now() >= refusals[0]! && refusals.shift() !== undefined;
    const stop = new AbortController();
    using _ = clock.autoAdvance();
    const processes = Array.from({ length: 4 }, () => open([rate]));
    const sending = processes.map((each) =>
      sendAll(each, clock, { signal: stop.signal, isRefused })
    );
    const shares = async () =>
      (await store.read({ apiKey: "key", limit: "50/s" })).state.shares
        .map(({ requests }) => requests).sort((a, b) => b - a).join();
    await clock.sleep(19_000);
    assertEquals(await shares(), isAlone ? "50,0,0,0" : "13,13,12,12", `again after ${afterMs} ms`);
    await clock.sleep(30_000);
    assertEquals(await shares(), "13,13,12,12");
    stop.abort();
    await Promise.all(sending);
  }
});

Deno.test("a turn begins when the one before it ends, without a gap", async () => {
  const { clock, store, sentAtMs, open } = setup();
  const rate = parseRate("5/s");
  const key = { apiKey: "key", limit: "5/s" };
  const { version } = await store.read(key);
  await store.replace(key, version, { ...UNUSED, alone: { betweenMs: 8, untilMs: 0 } });
  using _ = clock.autoAdvance();
  const stop = new AbortController();
  const sending = [1, 2, 3].map(() => open([rate]).send(1_000, stop.signal).catch(() => {}));
  await clock.sleep(150_000);
  stop.abort();
  await Promise.all(sending);
  const steady = sentAtMs.filter((at) => at > sentAtMs[0]! + 30_000);
  const longestMs = Math.max(...steady.slice(1).map((at, before) => at - steady[before]!));
  // The end of a turn is announced half a second ahead and may catch up; then one spacing follows.
  assert(longestMs < 500, `${longestMs} ms`);
  assertKept(sentAtMs, rate);
});

Deno.test("a margin that one process lowers is lowered for all, and for later runs", async () => {
  const { clock, store, open } = setup();
  const rate = parseRate("50/s");
  const key = { apiKey: "key", limit: "50/s" };
  const { version } = await store.read(key);
  await store.replace(key, version, { ...UNUSED, marginMs: 40 });
  using _ = clock.autoAdvance();
  const stop = new AbortController();
  const processes = [open([rate]), open([rate])];
  const options = { signal: stop.signal, isRefused: () => false };
  const sending = processes.map((each) => sendAll(each, clock, options));
  await clock.sleep(10_000);
  assertEquals((await store.read(key)).state.marginMs, 40);
  // Round trips that do not vary require no such margin.
  await clock.sleep(60_000);
  assertEquals((await store.read(key)).state.marginMs, 9.4);
  for (const each of processes) assert(each.usage().pacedPerSecond > 24.7);
  stop.abort();
  await Promise.all(sending);
});

Deno.test("processes take turns at a server that requires spacing between any two requests", async () => {
  for (const [text, processes] of [["50/s", 8], ["5/s", 4], ["2/s", 2]] as const) {
    const rate = parseRate(text);
    const alone = await sendTo("bucket of one", rate, { processes: 1, seconds: 240 });
    const together = await sendTo("bucket of one", rate, { processes, seconds: 240 });
    assert(together.used >= 0.97 * alone.used, `${text}: ${together.used}, alone ${alone.used}`);
    assertLessOrEqual(together.refused, alone.refused + processes, text);
    assertLessOrEqual(together.refusedLater, 1, text);
  }
});

Deno.test("processes that learn side by side that a server requires spacing take turns, however few they are", async () => {
  for (const [text, processes] of [["20/s", 2], ["50/s", 3], ["50/s", 8]] as const) {
    const how = { processes, seconds: 140, isEasyMs: 10_000 };
    const rate = parseRate(text);
    const alone = await sendTo("bucket of one", rate, { ...how, processes: 1 });
    const together = await sendTo("bucket of one", rate, how);
    assert(together.used >= 0.97 * alone.used, `${text}: ${together.used}, alone ${alone.used}`);
    assertLessOrEqual(together.refusedLater, 1, text);
  }
});

Deno.test("a quota that is used up is due only after the store has reserved a request, however small the wait", async () => {
  // At a wall clock's magnitude a sum of milliseconds is rounded by a quarter of a microsecond.
  const clock = new FakeClock(Date.UTC(2025, 0, 1, 12));
  const store = new MemoryLimitStore(clock.now);
  const ignore = () => {};
  await using quota = openReservation({
    ...{ store, key: { apiKey: "key", limit: "1/d" }, rate: parseRate("1/d"), holder: "a", clock },
    ...{ marginMs: () => 0, paceDueMs: () => -Infinity, catchUpMs: 0, betweenMs: () => 0 },
    ...{
      resize: ignore,
      adoptMargin: ignore,
      adoptBetween: ignore,
      forget: ignore,
      onChange: ignore,
    },
  });
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  assertEquals(quota.due(), Infinity);
  await settled();
  assertEquals(quota.due(), -Infinity);
  quota.sent();
  await settled();
  const dueMs = quota.due();
  assert(dueMs > clock.now() + 86_400_000);
  await clock.advance(dueMs - 2 * SAME_MOMENT_MS - clock.now());
  for (const stepMs of [0, 0.0005, 0.0005]) {
    await clock.advance(stepMs);
    const nowMs = clock.now();
    assert(quota.due() > nowMs + SAME_MOMENT_MS, "it would be sent without a reservation");
  }
});
