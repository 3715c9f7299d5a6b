import { assertEquals, assertRejects } from "@std/assert";
import { ReadAhead } from "../../lib/fetch/read_ahead.ts";
import type { PageStep } from "../../lib/fetch/http/page_step.ts";

const never = new AbortController().signal;
const steps = (count: number): PageStep[] =>
  Array.from({ length: count }, (_, at) => ({ params: [], url: String(at) }));

/** A reader whose pages arrive when the test lets them. */
function setup(mostPages = 8, signal = never) {
  const asked: PromiseWithResolvers<string>[] = [];
  const signals: AbortSignal[] = [];
  const depth = { pages: 2 };
  const dropped: string[] = [];
  const ahead = new ReadAhead<string>((_, signal) => {
    const page = Promise.withResolvers<string>();
    signals.push(signal);
    asked.push(page);
    return page.promise;
  }, {
    ...{ signal, depth, mostPages },
    drop: (page) => void dropped.push(page),
  });
  return { ahead, asked, signals, depth, dropped };
}

Deno.test("ReadAhead returns pages in the order of their steps, whatever arrives first", async () => {
  const { ahead, asked } = setup();
  ahead.add(steps(2));
  asked[1]!.resolve("second");
  asked[0]!.resolve("first");
  assertEquals([await ahead.take(), await ahead.take()], ["first", "second"]);
});

Deno.test("ReadAhead deepens while the reader waits, up to its bound", async () => {
  const { ahead, asked, depth } = setup(6);
  ahead.add(steps(100));
  assertEquals(asked.length, 2);
  const depths: number[] = [];
  for (let at = 0; at < 4; at++) {
    const page = ahead.take();
    depths.push(depth.pages);
    asked[at]!.resolve("page");
    await page;
  }
  assertEquals(depths, [4, 6, 6, 6]);
  assertEquals(asked.length, 10);
});

Deno.test("ReadAhead shrinks while all pages wait for the reader", async () => {
  const { ahead, asked, depth } = setup();
  depth.pages = 5;
  ahead.add(steps(100));
  for (let at = 0; at < 10; at++) {
    asked.forEach((page) => page.resolve("page"));
    await Promise.resolve();
    await ahead.take();
  }
  assertEquals(depth.pages, 2);
});

Deno.test("ReadAhead throws a failure when its page is taken, not before", async () => {
  const { ahead, asked } = setup();
  ahead.add(steps(2));
  asked[1]!.reject(new Error("second failed"));
  asked[0]!.resolve("first");
  assertEquals(await ahead.take(), "first");
  await assertRejects(() => ahead.take(), Error, "second failed");
});

Deno.test("ReadAhead.clear() aborts requests in flight and takes new steps", async () => {
  const { ahead, asked, signals } = setup();
  ahead.add(steps(2));
  ahead.clear();
  assertEquals(signals.map((signal) => signal.aborted), [true, true]);
  ahead.add(steps(1));
  asked[2]!.resolve("new");
  assertEquals(await ahead.take(), "new");
  assertEquals(signals[2]!.aborted, false);
});

Deno.test("ReadAhead aborts requests in flight when it is disposed or its signal aborts", () => {
  const control = new AbortController();
  const { ahead, signals } = setup(8, control.signal);
  ahead.add(steps(1));
  control.abort();
  assertEquals(signals[0]!.aborted, true);
  const other = setup();
  other.ahead.add(steps(1));
  other.ahead[Symbol.dispose]();
  assertEquals(other.signals[0]!.aborted, true);
});

Deno.test("ReadAhead drops pages that arrive after they are no longer needed", async () => {
  const { ahead, asked, dropped } = setup();
  ahead.add(steps(2));
  asked[1]!.resolve("landed");
  ahead.clear();
  asked[0]!.resolve("too late");
  await Promise.resolve();
  assertEquals(dropped.toSorted(), ["landed", "too late"]);
});
