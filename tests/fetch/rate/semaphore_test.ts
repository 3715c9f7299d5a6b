import { assertEquals, assertRejects } from "@std/assert";
import { Semaphore } from "../../../lib/fetch/rate/semaphore.ts";

const never = new AbortController().signal;

Deno.test("Semaphore.take() admits as many as there are slots, in order", async () => {
  const semaphore = new Semaphore(2);
  const entered: number[] = [];
  const enter = (id: number) => semaphore.take(never).then((place) => (entered.push(id), place));
  const [first, second] = [await enter(1), await enter(2)];
  const [third, fourth] = [enter(3), enter(4)];
  assertEquals(entered, [1, 2]);
  second[Symbol.dispose]();
  await third;
  assertEquals(entered, [1, 2, 3]);
  first[Symbol.dispose]();
  await fourth;
  assertEquals(entered, [1, 2, 3, 4]);
});

Deno.test("Semaphore.take() releases a slot once, however often it is disposed", async () => {
  const semaphore = new Semaphore(1);
  const place = await semaphore.take(never);
  place[Symbol.dispose]();
  place[Symbol.dispose]();
  const again = await semaphore.take(never);
  let isIn = false;
  const waiting = semaphore.take(never).then(() => isIn = true);
  await Promise.resolve();
  assertEquals(isIn, false);
  again[Symbol.dispose]();
  await waiting;
});

Deno.test("Semaphore.take() leaves the queue when the signal aborts", async () => {
  const semaphore = new Semaphore(1);
  const place = await semaphore.take(never);
  const control = new AbortController();
  const leaving = semaphore.take(control.signal);
  const staying = semaphore.take(never);
  const reason = new Error("stop");
  control.abort(reason);
  assertEquals(await assertRejects(() => leaving), reason);
  place[Symbol.dispose]();
  await staying;
  assertEquals(await assertRejects(() => semaphore.take(control.signal)), reason);
});

Deno.test("Semaphore.take() admits the lowest rank first, and within it the longest waiting", async () => {
  const semaphore = new Semaphore(1);
  const place = await semaphore.take(never);
  const entered: string[] = [];
  const waiting = ([["late", 20], ["early", 10], ["late too", 20], ["early too", 10]] as const)
    .map(async ([name, rank]) => {
      using _ = await semaphore.take(never, rank);
      entered.push(name);
    });
  place[Symbol.dispose]();
  await Promise.all(waiting);
  assertEquals(entered, ["early", "early too", "late", "late too"]);
});
