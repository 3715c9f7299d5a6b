import { assertEquals, assertRejects } from "@std/assert";
import { Slots } from "../../lib/fetch/slots.ts";

const never = new AbortController().signal;

Deno.test("Slots.take() lets in as many as there are places, in order", async () => {
  const slots = new Slots(2);
  const entered: number[] = [];
  const enter = (id: number) => slots.take(never).then((place) => (entered.push(id), place));
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

Deno.test("Slots.take() gives a place back once, however often it is disposed", async () => {
  const slots = new Slots(1);
  const place = await slots.take(never);
  place[Symbol.dispose]();
  place[Symbol.dispose]();
  const again = await slots.take(never);
  let isIn = false;
  const waiting = slots.take(never).then(() => isIn = true);
  await Promise.resolve();
  assertEquals(isIn, false);
  again[Symbol.dispose]();
  await waiting;
});

Deno.test("Slots.take() leaves the queue when the signal aborts", async () => {
  const slots = new Slots(1);
  const place = await slots.take(never);
  const control = new AbortController();
  const leaving = slots.take(control.signal);
  const staying = slots.take(never);
  const reason = new Error("stop");
  control.abort(reason);
  assertEquals(await assertRejects(() => leaving), reason);
  place[Symbol.dispose]();
  await staying;
  assertEquals(await assertRejects(() => slots.take(control.signal)), reason);
});

Deno.test("Slots.take() lets those of the lowest rank in first, and of these whoever waited longest", async () => {
  const slots = new Slots(1);
  const place = await slots.take(never);
  const entered: string[] = [];
  const waiting = ([["late", 20], ["early", 10], ["late too", 20], ["early too", 10]] as const)
    .map(async ([name, rank]) => {
      using _ = await slots.take(never, rank);
      entered.push(name);
    });
  place[Symbol.dispose]();
  await Promise.all(waiting);
  assertEquals(entered, ["early", "early too", "late", "late too"]);
});
