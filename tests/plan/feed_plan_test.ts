// Where a feed stands after a page, and which page follows: the decisions of a feed without an API or a database.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../../lib/failure.ts";
import {
  type FeedMark,
  type FeedPosition,
  FeedReading,
  type FeedStep,
} from "../../lib/plan/feed.ts";
import { FeedPlan, type FeedPlanInput } from "../../lib/plan/feed_plan.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import { jobOf } from "./jobs.ts";

const streamOf = (more: Record<string, unknown> = {}) =>
  jobOf({ things: { request: "/things?c={since}", since: { cursor: "next" }, ...more } }).streams
    .things!;

function stepOf(sent?: string): FeedStep {
  return {
    ...{ seq: 1, sent, before: undefined },
    ...{ isAgain: false, isFirst: true, isReplay: false },
  };
}

const markOf = (cursor: unknown, more?: Partial<FeedMark>): FeedMark => ({
  ...{ cursor, more: undefined, full: undefined, print: String(cursor) },
  ...more,
});

/** What a reading of one page has found. */
function read(records: number, mark: FeedMark, sent?: string, more = {}) {
  const reading = new FeedReading(streamOf(more), stepOf(sent));
  reading.add(0, records, mark);
  return reading.result().reached;
}

Deno.test("FeedReading ends a feed at an empty page, at the cursor that was sent, or where the flag says so", () => {
  assertEquals(read(2, markOf("b"), "a"), { cursor: "b", ended: false });
  assertEquals(read(0, markOf("b"), "a"), { cursor: "b", ended: true });
  assertEquals(read(2, markOf("a"), "a"), { cursor: "a", ended: true });
  assertEquals(read(0, markOf(undefined), "a"), { cursor: "a", ended: true });
  assertEquals(read(0, markOf("")), { cursor: null, ended: true });
  assertEquals(read(0, markOf("b", { more: true }), "a"), { cursor: "b", ended: false });
  assertEquals(read(2, markOf("b", { more: false }), "a"), { cursor: "b", ended: true });
});

Deno.test("FeedReading fails when a feed does not advance, or has no usable cursor", () => {
  const cases: [() => unknown, string][] = [
    [() => read(2, markOf("a", { more: true }), "a"), "returns the cursor that was sent"],
    [() => read(2, markOf("a", { full: "limit" }), "a"), 'the page is full ("limit" is 2)'],
    [() => read(2, markOf(null), "a"), 'has records, but no value at "next"'],
    [() => read(0, markOf(null, { more: true }), "a"), 'has no value at "next"'],
    [() => read(2, markOf(["a"])), 'the value at "next" is'],
    [() => read(2, markOf(true)), 'the value at "next" is true'],
    [() => read(2, markOf("x".repeat(16_385))), "has 16385 characters, more than 16384"],
  ];
  for (const [run, expected] of cases) assertThrows(run, Failure, expected);
});

Deno.test("FeedReading with paging uses the cursor of the last page, or of the first, and starts over after a restart", () => {
  for (const [page, cursor] of [["last", "c"], ["first", "b"]] as const) {
    const stream = streamOf({ since: { cursor: "next", page }, paging: { by: "link_header" } });
    const reading = new FeedReading(stream, stepOf("a"));
    reading.add(0, 2, markOf("x"));
    reading.add(0, 2, markOf("b"));
    reading.add(1, 2, markOf(undefined));
    reading.add(2, 2, markOf("c"));
    assertEquals(reading.result().reached, { cursor, ended: true });
  }
});

const POSITION: FeedPosition = {
  ...{ seq: 7, cursor: "g", startedAt: 0, readAt: 0, ended: true, pages: 7, records: 70, rows: 70 },
};

function planOf(more: Partial<FeedPlanInput> = {}, stream = streamOf()): FeedPlan {
  return new FeedPlan({
    ...{ name: "things", stream, scope: "" },
    each: (async function* () {
      yield {};
    })(),
    isWanted: () => true,
    position: () => undefined,
    rejected: () => [],
    reload: () => Promise.resolve(),
    ...more,
  });
}

/** Reports a page with the cursor that it leads to. */
function fetched(plan: FeedPlan, unit: Unit, cursor: string, ended = false, print = cursor): void {
  Object.assign(unit.feed!, { reached: { cursor, ended }, print });
  plan.fetched(unit);
}

Deno.test("FeedPlan continues at the stored position, page by page, and reads rejected pages last", async () => {
  const plan = planOf({
    position: () => POSITION,
    rejected: () => [{ seq: 3, sent: "b", rejected: 2 }],
  });
  const first = (await plan.next())!;
  assertEquals([first.feed!.seq, first.feed!.sent, first.feed!.isFirst], [8, "g", true]);
  assertEquals(await plan.next(), undefined);
  fetched(plan, first, "h");
  const second = (await plan.next())!;
  assertEquals([second.feed!.seq, second.feed!.sent, second.feed!.isFirst], [9, "h", false]);
  fetched(plan, second, "h", true);
  const again = (await plan.next())!;
  assertEquals([again.feed!.seq, again.feed!.sent, again.feed!.isAgain], [3, "b", true]);
  fetched(plan, again, "c");
  assertEquals(await plan.next(), undefined);
  assertEquals(plan.counts, { planned: 3, skipped: 0 });
});

Deno.test("FeedPlan refuses circles, repeated pages, and more pages than allowed", async () => {
  const plan = planOf({}, streamOf({ max_pages: 3 }));
  const at = async (cursor: string, print?: string) => {
    const unit = (await plan.next())!;
    fetched(plan, unit, cursor, false, print);
  };
  await at("a");
  await at("b");
  await assertRejects(() => at("a"), Failure, "returns a cursor that was sent before");

  const repeating = planOf();
  fetched(repeating, (await repeating.next())!, "a", false, "same");
  const second = (await repeating.next())!;
  assertThrows(() => fetched(repeating, second, "b", false, "same"), Failure, "the same records");

  const long = planOf({}, streamOf({ max_pages: 2 }));
  fetched(long, (await long.next())!, "a");
  const last = (await long.next())!;
  assertThrows(() => fetched(long, last, "b"), Failure, "it has more than 2 pages");
});

Deno.test("FeedPlan continues where another process has moved the feed", async () => {
  let position: FeedPosition | undefined;
  const plan = planOf({
    position: () => position,
    reload: () => Promise.resolve(void (position = POSITION)),
  });
  const unit = (await plan.next())!;
  assertEquals([unit.feed!.seq, unit.feed!.sent], [1, undefined]);
  await plan.locate(unit);
  assertEquals([unit.feed!.seq, unit.feed!.sent], [8, "g"]);
});
