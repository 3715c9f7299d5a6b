import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { abortable } from "@std/async/abortable";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { MuxAsyncIterator } from "@std/async/mux-async-iterator";
import { pooledMap } from "@std/async/pool";
import { retry, RetryError } from "@std/async/retry";

const never = () => new Promise<never>(() => {});

async function* values<T>(...list: T[]): AsyncGenerator<T> {
  yield* list;
}

Deno.test("delay() rejects with the signal's reason when it is aborted", async () => {
  const reason = new Error("enough");
  const control = new AbortController();
  const waiting = delay(2 ** 40, { signal: control.signal });
  control.abort(reason);
  assertStrictEquals(await assertRejects(() => waiting), reason);
  assertStrictEquals(await assertRejects(() => delay(0, { signal: control.signal })), reason);
});

Deno.test("delay() resolves when the time is zero, negative or no number", async () => {
  assertEquals([await delay(0), await delay(-5), await delay(NaN)], Array(3).fill(undefined));
});

Deno.test("delay() lets the process end when it is not persistent", async () => {
  const code = `import { delay } from "@std/async/delay"; delay(60_000, { persistent: false });`;
  const command = new Deno.Command(Deno.execPath(), { args: ["eval", code], stdout: "null" });
  assertEquals((await command.output()).code, 0);
});

Deno.test("deadline() gives the value, or a TimeoutError when there is none in time", async () => {
  assertEquals(await deadline(Promise.resolve(7), 60_000), 7);
  const error = await assertRejects(() => deadline(never(), 1), DOMException);
  assertEquals(error.name, "TimeoutError");
});

Deno.test("abortable() stops waiting for a promise when the signal is aborted", async () => {
  const control = new AbortController();
  const waiting = abortable(never(), control.signal);
  control.abort();
  assertEquals((await assertRejects(() => waiting, DOMException)).name, "AbortError");
});

Deno.test("abortable() passes values on until the signal is aborted", async () => {
  const control = new AbortController();
  const seen: number[] = [];
  await assertRejects(async () => {
    for await (const value of abortable(values(1, 2, 3), control.signal)) {
      seen.push(value);
      if (value === 2) control.abort();
    }
  }, DOMException);
  assertEquals(seen, [1, 2]);
});

Deno.test("retry() calls again until the function succeeds", async () => {
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

Deno.test("pooledMap() keeps the order and never has more calls under way than allowed", async () => {
  let [underWay, most] = [0, 0];
  const results = pooledMap(2, [0, 1, 2, 3, 4], async (index) => {
    most = Math.max(most, ++underWay);
    await delay(0);
    underWay--;
    return index;
  });
  assertEquals(await Array.fromAsync(results), [0, 1, 2, 3, 4]);
  assertEquals(most, 2);
});

Deno.test("pooledMap() starts a call when any call ends, not only the first", async () => {
  const started: number[] = [];
  const first = Promise.withResolvers<void>();
  const results = pooledMap(2, [0, 1, 2, 3], async (index) => {
    started.push(index);
    if (index === 3) first.resolve();
    if (index === 0) await first.promise;
    return index;
  });
  assertEquals(await Array.fromAsync(results), [0, 1, 2, 3]);
  assertEquals(started, [0, 1, 2, 3]);
});

Deno.test("pooledMap() gives what succeeded, then all errors at once, when calls fail", async () => {
  const seen: number[] = [];
  const error = await assertRejects(async () => {
    const map = (n: number) => n < 3 ? Promise.reject(new Error(`bad ${n}`)) : Promise.resolve(n);
    for await (const value of pooledMap(3, [1, 2, 3, 4], map)) seen.push(value);
  }, AggregateError);
  assertEquals(error.errors.map((each) => each.message), ["bad 1", "bad 2"]);
  assertEquals(seen, [3]);
});

Deno.test("pooledMap() reports what the input throws", async () => {
  const broken = (async function* () {
    yield 1;
    throw new Error("input");
  })();
  const results = pooledMap(2, broken, (n) => Promise.resolve(n));
  const error = await assertRejects(() => Array.fromAsync(results), AggregateError);
  assertEquals(error.errors[0].message, "input");
  assertThrows(() => pooledMap(0, [1], (n) => Promise.resolve(n)), RangeError, "'poolLimit'");
});

Deno.test("MuxAsyncIterator gives the values of all streams, also of those added late", async () => {
  const mux = new MuxAsyncIterator<number>();
  mux.add(values(1, 2));
  mux.add(values(3));
  const seen: number[] = [];
  for await (const value of mux) {
    seen.push(value);
    if (value === 3) mux.add(values(4, 5));
  }
  assertEquals(seen.toSorted(), [1, 2, 3, 4, 5]);
});

Deno.test("MuxAsyncIterator throws what a stream throws", async () => {
  const mux = new MuxAsyncIterator<number>();
  mux.add((async function* () {
    yield 1;
    throw new Error("broken stream");
  })());
  await assertRejects(() => Array.fromAsync(mux), Error, "broken stream");
});
