// What delay() and retry() do. These tests pass on the real @std/async too.
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { retry, RetryError } from "@std/async/retry";

Deno.test("delay() rejects with the signal's reason when it is aborted", async () => {
  const reason = new Error("enough");
  const control = new AbortController();
  const waiting = delay(2 ** 40, { signal: control.signal });
  control.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  assertStrictEquals(await assertRejects(() => delay(0, { signal: control.signal })), reason);
});

Deno.test("delay() resolves when the time is zero, negative or not a number", async () => {
  assertEquals([await delay(0), await delay(-5), await delay(NaN)], Array(3).fill(undefined));
});

Deno.test("delay() leaves no timer and no listener behind when it is aborted", async () => {
  // The test runner reports timers that are left.
  const control = new AbortController();
  const waiting = [delay(60_000, { signal: control.signal }), delay(0, { signal: control.signal })];
  await waiting[1];
  control.abort();
  await assertRejects(() => waiting[0]!, DOMException);
});

Deno.test("retry() calls the function until it succeeds", async () => {
  let calls = 0;
  const result = await retry(() => {
    if (++calls < 3) throw new Error("not yet");
    return "done";
  }, { minTimeout: 0 });
  assertEquals([result, calls], ["done", 3]);
});

Deno.test("retry() throws a RetryError with the cause when attempts are used up", async () => {
  const cause = new Error("never");
  const error = await assertRejects(
    () => retry(() => Promise.reject(cause), { maxAttempts: 2, minTimeout: 0 }),
    RetryError,
    "maxAttempts (2)",
  );
  assertStrictEquals(error.cause, cause);
});

Deno.test("retry() throws the error itself when it is not retriable", async () => {
  let calls = 0;
  const failing = () => {
    calls++;
    throw new TypeError("wrong");
  };
  await assertRejects(() => retry(failing, { isRetriable: () => false }), TypeError, "wrong");
  assertEquals(calls, 1);
});

Deno.test("retry() refuses options that are out of range", async () => {
  const work = () => 1;
  await assertRejects(() => retry(work, { maxAttempts: 0 }), RangeError, "'maxAttempts'");
  await assertRejects(() => retry(work, { multiplier: 0.5 }), RangeError, "'multiplier'");
  await assertRejects(() => retry(work, { minTimeout: 9, maxTimeout: 8 }), RangeError, "'minT");
  await assertRejects(() => retry(work, { jitter: 2 }), RangeError, "'jitter'");
});

Deno.test("retry() stops with the signal's reason, before an attempt and during a wait", async () => {
  const [reason, control] = [new Error("enough"), new AbortController()];
  let calls = 0;
  const failing = () => {
    calls++;
    queueMicrotask(() => control.abort(reason));
    throw new Error("not yet");
  };
  const options = { minTimeout: 60_000, jitter: 0, signal: control.signal };
  assertStrictEquals(await assertRejects(() => retry(failing, options)), reason);
  assertStrictEquals(await assertRejects(() => retry(failing, options)), reason);
  assertEquals(calls, 1);
});
