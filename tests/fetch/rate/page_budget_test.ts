import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  MOST_ARRIVED_BYTES,
  MOST_HELD_BYTES,
  PageBudget,
  PageSize,
  type Place,
} from "../../../lib/fetch/rate/page_budget.ts";

const never = new AbortController().signal;

/** A size that is known. */
function sizeOf(bytes: number): PageSize {
  const size = new PageSize();
  size.learn(bytes);
  return size;
}

/** Takes places of these sizes in turn and notes the numbers of those that are granted. */
function takeAll(budget: PageBudget, sizes: readonly number[]) {
  const granted: number[] = [];
  const places: Place[] = sizes.map((bytes, at) => {
    const place = budget.place(sizeOf(bytes));
    place.take(never).then(() => granted.push(at));
    return place;
  });
  return { granted, places };
}

/** Waits until all that is granted is noted. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

const HALF = MOST_HELD_BYTES / 2;

Deno.test("PageBudget grants requests in their order while their estimates fit", async () => {
  const budget = new PageBudget();
  const { granted, places } = takeAll(budget, [HALF, HALF, HALF, 100_000]);
  await settle();
  assertEquals(granted, [0, 1]); // The small one would fit no earlier than the large one before it.
  places[1]![Symbol.dispose]();
  await settle();
  assertEquals(granted, [0, 1, 2]);
  places[0]![Symbol.dispose]();
  places[0]![Symbol.dispose]();
  await settle();
  assertEquals(granted, [0, 1, 2, 3]);
});

Deno.test("PageBudget grants nothing while many bytes wait to be parsed", async () => {
  const budget = new PageBudget();
  const { places } = takeAll(budget, [MOST_ARRIVED_BYTES]);
  await settle();
  places[0]!.arrived(MOST_ARRIVED_BYTES);
  const { granted } = takeAll(budget, [1]);
  await settle();
  assertEquals(granted, []);
  places[0]![Symbol.dispose]();
  await settle();
  assertEquals(granted, [0]);
});

Deno.test("PageBudget grants one request of any size if it holds nothing else", async () => {
  const { granted, places } = takeAll(new PageBudget(), [3 * MOST_HELD_BYTES, 1]);
  await settle();
  assertEquals(granted, [0]);
  places[0]![Symbol.dispose]();
  await settle();
  assertEquals(granted, [0, 1]);
});

Deno.test("PageBudget counts a response by its size once it has arrived", async () => {
  const budget = new PageBudget();
  const { places } = takeAll(budget, [MOST_HELD_BYTES]);
  await settle();
  places[0]!.arrived(1_000);
  const { granted } = takeAll(budget, [HALF]);
  await settle();
  assertEquals(granted, [0]);
});

Deno.test("PageBudget exceeds its bound for a page that other held pages wait for", async () => {
  const budget = new PageBudget();
  const { places } = takeAll(budget, [MOST_HELD_BYTES]);
  await settle();
  const needed = budget.place(sizeOf(HALF));
  needed.takeNow();
  assert(needed.isTaken);
  places[0]![Symbol.dispose]();
  const { granted } = takeAll(budget, [HALF, HALF]);
  await settle();
  assertEquals(granted, [0]);
});

Deno.test("PageBudget forgets a request that is aborted, and lets the next one in", async () => {
  const budget = new PageBudget();
  const { places } = takeAll(budget, [HALF]);
  const stop = new AbortController();
  const large = budget.place(sizeOf(MOST_HELD_BYTES)).take(stop.signal);
  const { granted } = takeAll(budget, [HALF]);
  await settle();
  assertEquals(granted, []);
  stop.abort(new Error("stopped"));
  await assertRejects(() => large, Error, "stopped");
  await settle();
  assertEquals(granted, [0]);
  await assertRejects(() => places[0]!.take(stop.signal), Error, "stopped");
});

Deno.test("PageBudget leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  const listening = new Set<unknown>();
  const [add, remove] = [signal.addEventListener, signal.removeEventListener];
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listening.add(args[1]);
    add.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listening.delete(args[1]);
    remove.apply(signal, args);
  };
  const budget = new PageBudget();
  const { places } = takeAll(budget, [MOST_HELD_BYTES]);
  const waiting = budget.place(sizeOf(1)).take(signal);
  await settle();
  assertEquals(listening.size, 1);
  places[0]![Symbol.dispose]();
  await waiting;
  assertEquals(listening.size, 0);
});

Deno.test("PageSize follows the largest of the last pages", () => {
  const size = new PageSize();
  const unknown = size.bytes;
  size.learn(1_000);
  assert(size.bytes < unknown);
  size.learn(100);
  assert(size.bytes > 900 && size.bytes < 1_000);
  size.learn(5_000);
  assertEquals(size.bytes, 5_000);
  for (let page = 0; page < 200; page++) size.learn(100);
  assertEquals(size.bytes, 100);
});
