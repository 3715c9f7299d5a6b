import { assertEquals, assertRejects } from "@std/assert";
import { Availability, type FailedAttempt } from "../../../lib/fetch/rate/availability.ts";
import { Failure } from "../../../lib/failure.ts";
import type { Wait } from "../../../lib/report/text/wait.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const NEVER = new AbortController().signal;

/** An API that can be switched off, and what is reported about it. */
function setup(giveUpAfterMs: number | undefined = 86_400_000, signal = NEVER) {
  const clock = new FakeClock(0);
  const waits: (Wait | undefined)[] = [];
  const availability = new Availability({
    ...{ clock, wallNow: clock.now, giveUpAfterMs, signal },
    onWait: (wait) => waits.push(wait),
  });
  const probes: number[] = [];
  const api = { isUp: true };
  const replay = () => {
    probes.push(clock.now());
    if (api.isUp) availability.responded(replay);
    return Promise.resolve();
  };
  const fail = (more: Partial<FailedAttempt> = {}) =>
    availability.failed({
      ...{ reason: "down", status: 503, isFinal: false, responsesBefore: 0, retryAfterMs: 0 },
      ...{ isRefusal: false, mayBeMistake: false },
      ...more,
    });
  return { clock, availability, waits, probes, api, replay, fail };
}

Deno.test("Availability.failed() does not count failures as an outage while other requests get responses", async () => {
  const { availability, replay, fail, probes } = setup();
  for (let at = 0; at < 20; at++) {
    assertEquals(await fail(), false);
    assertEquals(await fail(), false);
    availability.responded(replay);
  }
  assertEquals([probes, await availability.enter(NEVER)], [[], undefined]);
});

Deno.test("Availability.failed() blames the request when an earlier request still gets a response", async () => {
  const { clock, availability, replay, fail, probes, waits } = setup();
  availability.responded(replay);
  assertEquals([await fail(), await fail()], [false, false]);
  const third = fail();
  const entering = availability.enter(NEVER);
  await clock.advance(1_000);
  assertEquals([await third, await entering, probes], [false, undefined, [1_000]]);
  assertEquals(waits.filter((wait) => wait !== undefined), []);
  // Its last attempt is final: the API has responded since its first.
  assertEquals(await fail({ isFinal: true, responsesBefore: 1 }), false);
});

Deno.test("Availability.failed() assumes an outage when the only request in flight has failed finally", async () => {
  const { availability, replay, fail, clock, api } = setup();
  availability.responded(replay);
  api.isUp = false;
  const failed = fail({ isFinal: true, responsesBefore: 1, status: 500 });
  await clock.advance(1_000);
  assertEquals(await failed, true);
});

Deno.test("Availability.failed() treats an untrusted certificate as an outage only after a response", async () => {
  const { clock, availability, replay, fail, api } = setup();
  const untrusted = { status: undefined, mayBeMistake: true, isFinal: true };
  for (let at = 0; at < 5; at++) assertEquals(await fail(untrusted), false);
  availability.responded(replay);
  api.isUp = false;
  const failed = fail({ ...untrusted, responsesBefore: 1 });
  await clock.advance(1_000);
  assertEquals(await failed, true);
});

Deno.test("Availability.failed() ends when the signal aborts before a probe shows whether the API is reachable", async () => {
  const stop = new AbortController();
  const { availability, replay, fail } = setup(undefined, stop.signal);
  availability.responded(replay);
  assertEquals([await fail(), await fail()], [false, false]);
  const pending = [fail(), fail()];
  stop.abort(new Error("stopped"));
  for (const each of [...pending, fail()]) await assertRejects(() => each, Error, "stopped");
});

Deno.test("Availability.failed() ends where the outage is longer than allowed when it is noticed", async () => {
  const { clock, availability, replay, fail, api } = setup(5_000);
  availability.responded(replay);
  api.isUp = false;
  assertEquals([await fail(), await fail()], [false, false]);
  await clock.advance(6_000);
  assertEquals(await fail(), true);
  await assertRejects(() => availability.enter(NEVER), Failure, "gave up after 5.0 s");
});

Deno.test("Availability probes an unreachable API at growing intervals of up to 5 minutes, and ends with a response", async () => {
  const { clock, availability, replay, fail, probes, waits, api } = setup();
  availability.responded(replay);
  api.isUp = false;
  const failed = [fail(), fail(), fail()];
  await clock.advance(1_000);
  assertEquals(await Promise.all(failed), [false, false, true]);
  let handedOut = 0;
  const work = async () => {
    using probe = await availability.enter(NEVER);
    if (probe === undefined) return;
    handedOut++;
    probes.push(clock.now());
    await clock.sleep(10);
  };
  const workers = Array.from({ length: 20 }, work);
  await clock.advance(1_500_000);
  assertEquals(probes.slice(0, 4), [1_000, 3_000, 7_010, 15_010]);
  const last = probes.slice(-2);
  assertEquals(last[1]! - last[0]! <= 300_010, true);
  assertEquals(probes.length, 12);
  const wait = waits.findLast((each) => each !== undefined)!;
  assertEquals([wait.kind, wait.reason, wait.sinceMs], ["outage", "down", 0]);
  api.isUp = true;
  await clock.advance(600_000);
  await Promise.all(workers);
  assertEquals(waits.at(-1), undefined);
  assertEquals(handedOut < 10, true);
});

Deno.test("Availability.enter() hands out one probe at a time before any response", async () => {
  const { clock, availability, fail, replay } = setup();
  await fail({ status: undefined });
  await fail({ status: undefined });
  assertEquals(await fail({ status: undefined }), true);
  const order: string[] = [];
  const enter = async (name: string, isUp: boolean) => {
    using probe = await availability.enter(NEVER);
    order.push(`${name} ${probe === undefined ? "goes" : "probes"} at ${clock.now()}`);
    if (isUp) availability.responded(replay);
  };
  const all = [enter("a", false), enter("b", true), enter("c", true)];
  await clock.advance(10_000);
  await Promise.all(all);
  assertEquals(order, ["a probes at 1000", "b probes at 3000", "c goes at 3000"]);
});

Deno.test("Availability.failed() attributes a server error before any response to the request", async () => {
  const { fail } = setup();
  for (let at = 0; at < 10; at++) assertEquals(await fail({ status: 500, isFinal: true }), false);
});

Deno.test("Availability waits for a refusal that the job declares, from the first one on", async () => {
  const { clock, availability, fail, waits, replay } = setup();
  const reason = "the API responded with status 403";
  assertEquals(await fail({ status: 403, isRefusal: true, reason }), true);
  const sending = (async () => {
    using _probe = await availability.enter(NEVER);
    availability.responded(replay);
  })();
  await clock.advance(1_000);
  await sending;
  assertEquals([waits[0]?.kind, waits[0]?.reason, waits[1]], ["limit", reason, undefined]);
});

Deno.test("Availability waits as long as a retry would before it probes", async () => {
  const clock = new FakeClock(0);
  const waits: (Wait | undefined)[] = [];
  const availability = new Availability({
    ...{ clock, wallNow: clock.now, giveUpAfterMs: 86_400_000, signal: NEVER },
    onWait: (wait) => waits.push(wait),
    firstWaitMs: 15_000,
  });
  const refusal = {
    reason: "refused",
    status: 403,
    isRefusal: true,
    mayBeMistake: false,
    isFinal: false,
  };
  await availability.failed({ ...refusal, responsesBefore: 0, retryAfterMs: 0 });
  assertEquals(waits.map((wait) => wait?.untilMs), [15_000]);
});

Deno.test("Availability.failed() never finds an outage when outages are not waited for", async () => {
  const clock = new FakeClock(0);
  const availability = new Availability({
    ...{ clock, wallNow: clock.now, giveUpAfterMs: undefined, signal: NEVER, onWait: () => {} },
  });
  const attempt = {
    reason: "",
    status: 503,
    isFinal: true,
    isRefusal: false,
    mayBeMistake: false,
    responsesBefore: 0,
    retryAfterMs: 0,
  };
  for (let at = 0; at < 10; at++) assertEquals(await availability.failed(attempt), false);
});

Deno.test("Availability.enter() fails when the outage lasts longer than max_outage", async () => {
  const { clock, availability, fail } = setup(60_000);
  await fail();
  await fail();
  await fail();
  const probing = (async () => {
    for (;;) {
      using _probe = await availability.enter(NEVER);
      await clock.sleep(10);
    }
  })();
  const failing = assertRejects(() => probing, Failure);
  await clock.advance(70_000);
  const failure = await failing;
  assertEquals([failure.kind, failure.message], [
    "unavailable",
    "Cannot reach the API: unreachable since 1970-01-01 00:00 UTC; gave up after 1 min 0 s: down",
  ]);
  await assertRejects(() => availability.enter(NEVER), Failure);
});

Deno.test("Availability.enter() rejects with the reason when its signal aborts", async () => {
  const { availability, fail } = setup();
  await Promise.all([fail(), fail(), fail()]);
  const control = new AbortController();
  const entering = availability.enter(control.signal);
  control.abort(new Error("stopped"));
  await assertRejects(() => entering, Error, "stopped");
});
