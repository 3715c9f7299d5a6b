import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { Unit } from "../../lib/plan/unit.ts";
import { Failure } from "../../lib/failure.ts";
import type { Batch } from "../../lib/upsert/batch.ts";
import { batchRows, BYTES_WAITING, ROWS_WAITING } from "../../lib/upsert/batch.ts";
import { creditRows, rejectRows } from "../../lib/upsert/open_window.ts";
import { all } from "../plan/jobs.ts";
import { done, page, rejection, shapeOf, THINGS, unitOf } from "./extracted.ts";
import type { Extracted } from "../../lib/extract/extract_pages.ts";

/** A source whose items are passed on one by one, when the test lets them. */
class Tap implements AsyncIterable<Extracted> {
  /** Items that the consumer took. */
  taken = 0;
  /** Whether the consumer has stopped. */
  left = false;
  readonly #items: (Extracted | Error | undefined)[] = [];
  #more: () => void = () => {};

  give(...items: (Extracted | Error | undefined)[]): void {
    this.#items.push(...items);
    this.#more();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Extracted> {
    try {
      for (;;) {
        while (this.#items.length === 0) await new Promise<void>((more) => this.#more = more);
        const item = this.#items.shift();
        if (item === undefined) return;
        if (item instanceof Error) throw item;
        this.taken++;
        yield item;
      }
    } finally {
      this.left = true;
    }
  }
}

/** Lets everything continue that can continue without the test. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The next batch. */
async function taken(batches: AsyncGenerator<Batch>): Promise<Batch> {
  const { value, done } = await batches.next();
  assert(!done);
  return value;
}

async function* of(...items: Extracted[]): AsyncGenerator<Extracted> {
  yield* items;
}

const finishedUnits = (batch: Batch) => batch.finished.map(({ unit }) => unit);

Deno.test("batchRows() collects a batch while the previous one is written", async () => {
  const [one, two, three] = [unitOf(1), unitOf(2), unitOf(3)];
  const tap = new Tap();
  const batches = batchRows(tap);
  tap.give(page(one, 3), done(one));
  const first = await taken(batches);
  await settle();
  tap.give(page(two, 4), done(two), page(three, 5));
  await settle();
  const second = await taken(batches);
  tap.give(page(three, 6), done(three), undefined);
  const third = await taken(batches);
  assertEquals([first.rows, second.rows, third.rows], [3, 9, 6]);
  assertEquals([finishedUnits(second), finishedUnits(third)], [[two], [three]]);
  assertEquals(third.finished[0]?.rows.rows, 11);
  assert((await batches.next()).done);
});

Deno.test("batchRows() keeps rows of one shape together and shapes separate", async () => {
  const unit = unitOf(1);
  const other = shapeOf("others");
  const mixed: Extracted = {
    kind: "rows",
    unit,
    sets: [{ shape: THINGS, rows: [["1", "a"]] }, { shape: other, rows: [["2", "b"]] }],
    rejected: [],
    bytes: 100,
  };
  const [batch] = await all(batchRows(of(mixed, page(unit, 2), done(unit))));
  assertEquals(batch?.sets.map(({ shape, rows }) => [shape.table, rows.length]), [
    ["things", 3],
    ["others", 1],
  ]);
});

Deno.test("batchRows() hands a window without rows on when it is done", async () => {
  const unit = unitOf(1);
  const [batch, ...more] = await all(batchRows(of(page(unit, 0), done(unit, 0))));
  assertEquals([batch?.rows, batch?.sets, batch?.finished[0]?.records, more.length], [0, [], 0, 0]);
});

Deno.test("batchRows() makes earlier stages wait when too many rows are waiting", async () => {
  const unit = unitOf(1);
  const tap = new Tap();
  const batches = batchRows(tap);
  const first = batches.next();
  tap.give(page(unit, 1));
  await first;
  for (let i = 0; i < 100; i++) tap.give(page(unit, 1000));
  await settle();
  assertEquals(tap.taken, 1 + ROWS_WAITING / 1000);
  assertEquals((await taken(batches)).rows, ROWS_WAITING);
  await settle();
  assertEquals(tap.taken, 1 + 2 * ROWS_WAITING / 1000);
  tap.give(undefined);
  const rest = await all(batches);
  assertEquals(rest.reduce((sum, { rows }) => sum + rows, 0), 100_000 - ROWS_WAITING);
});

Deno.test("batchRows() makes earlier stages wait when few but large rows are waiting", async () => {
  const unit = unitOf(1);
  const tap = new Tap();
  const batches = batchRows(tap);
  const first = batches.next();
  tap.give(page(unit, 1));
  await first;
  for (let i = 0; i < 100; i++) tap.give(page(unit, 1, [], BYTES_WAITING / 4));
  await settle();
  assertEquals(tap.taken, 1 + 4);
  assertEquals((await taken(batches)).rows, 4);
  tap.give(undefined);
  assertEquals((await all(batches)).reduce((sum, { rows }) => sum + rows, 0), 96);
});

Deno.test("batchRows() makes earlier stages wait when too many windows without rows are waiting", async () => {
  const tap = new Tap();
  const batches = batchRows(tap);
  tap.give(done(unitOf(0)));
  await taken(batches);
  for (let day = 1; day <= ROWS_WAITING + 50; day++) tap.give(done(unitOf(day)));
  await settle();
  assertEquals(tap.taken, 1 + ROWS_WAITING);
  assertEquals((await taken(batches)).finished.length, ROWS_WAITING);
  tap.give(undefined);
  assertEquals((await all(batches)).flatMap(({ finished }) => finished).length, 50);
});

Deno.test("batchRows() does not wait when a window has many bytes and no row", async () => {
  const unit = unitOf(1);
  const large = Array.from({ length: 20 }, () => page(unit, 0, [rejection()], BYTES_WAITING));
  const [batch, ...more] = await all(batchRows(of(...large, done(unit))));
  assertEquals([batch?.finished[0]?.rows.rejectedCount, more.length], [20, 0]);
});

Deno.test("batchRows() passes on what it collected before it fails", async () => {
  const unit = unitOf(1);
  const tap = new Tap();
  tap.give(page(unit, 2), done(unit), new Failure("refused", "Cannot ask: 401"));
  const batches = batchRows(tap);
  assertEquals((await taken(batches)).rows, 2);
  const rest = async () => {
    for (;;) await batches.next();
  };
  const failure = await assertRejects(rest, Failure, "401");
  assertEquals(failure.kind, "refused");
});

Deno.test("batchRows() stops earlier stages when its consumer stops, even one that waits for a response", async () => {
  const unit = unitOf(1);
  const tap = new Tap();
  tap.give(page(unit, 2));
  const leave = async () => {
    for await (const _ of batchRows(tap, () => tap.give(undefined))) throw new Error("no disk");
  };
  await assertRejects(leave, Error, "no disk");
  assert(tap.left);
});

Deno.test("batchRows() ends a stage that waits for room when its consumer stops", async () => {
  const unit = unitOf(1);
  const tap = new Tap();
  const batches = batchRows(tap);
  tap.give(page(unit, 1));
  await batches.next();
  for (let i = 0; i < 30; i++) tap.give(page(unit, 1000));
  await settle();
  await batches.return(undefined);
  assert(tap.left);
  assertEquals(tap.taken, 1 + ROWS_WAITING / 1000);
});

Deno.test("batchRows() counts a restarted window from its restart", async () => {
  const unit = unitOf(1);
  const [batch] = await all(batchRows(of(
    page(unit, 7, [rejection(), rejection()]),
    { kind: "restarted", unit, reason: "the total changed" },
    page(unit, 4, [rejection()]),
    done(unit),
  )));
  const [window] = batch!.finished;
  assertEquals([window!.rows.rows, window!.rows.rejectedCount, batch!.rows], [4, 1, 11]);
  assertEquals(batch!.restarted.map((restarted) => restarted.unit), [unit]);
});

Deno.test("batchRows() keeps a thousand rejections of a window, whatever the number of its pages", async () => {
  const unit = unitOf(1);
  const many = (count: number) => Array.from({ length: count }, () => rejection());
  const [batch] = await all(batchRows(of(
    page(unit, 1, many(700)),
    page(unit, 1, many(700)),
    page(unit, 1, many(700)),
    done(unit),
  )));
  const { rejected, rejectedCount } = batch!.finished[0]!.rows;
  assertEquals([rejected.length, rejectedCount], [1000, 2100]);
});

Deno.test("batchRows() passes failed and split windows on, with rows that came before", async () => {
  const [one, two] = [unitOf(1), unitOf(2)];
  const failure = new Failure("window", "Cannot read it");
  const [batch] = await all(batchRows(of(
    page(one, 3),
    { kind: "failed", unit: one, failure },
    page(two, 2),
    { kind: "split", unit: two, reason: "too full" },
  )));
  assertEquals([batch!.rows, batch!.finished], [5, []]);
  assertEquals(batch!.failed.map(({ unit, failure }) => [unit, failure]), [[one, failure]]);
  assertEquals(batch!.split.map(({ unit, reason }) => [unit, reason]), [[two, "too full"]]);
});

Deno.test("creditRows() reports the counts of a window's rows, unless they shared a batch", async () => {
  const [one, two, three] = [unitOf(1), unitOf(2), unitOf(3)];
  const counts = { inserted: 3, updated: 1, unchanged: 1 };
  const credited = async (...items: Extracted[]) => {
    const [batch] = await all(batchRows(of(...items)));
    creditRows(batch!, new Map([["things", counts], ["others", { ...counts, inserted: 0 }]]));
    return batch!.finished.map(({ rows }) => rows.counts);
  };
  const both = { inserted: 3, updated: 2, unchanged: 2 };
  assertEquals(await credited(page(one, 3), page(one, 2), done(one)), [both]);
  assertEquals(await credited(page(one, 0), done(one)), [
    { inserted: 0, updated: 0, unchanged: 0 },
  ]);
  assertEquals(await credited(page(one, 3), done(one), page(two, 1), done(two)), [
    undefined,
    undefined,
  ]);
  assertEquals(await credited(page(one, 3), done(one), page(three, 1)), [undefined]);
});

Deno.test("creditRows() adds up the batches of a window, unless it shared one", async () => {
  const [one, two] = [unitOf(1), unitOf(2)];
  const tap = new Tap();
  const batches = batchRows(tap);
  const written = new Map([["things", { inserted: 2, updated: 0, unchanged: 0 }]]);
  const next = async (...items: (Extracted | undefined)[]) => {
    tap.give(...items);
    await settle();
    const batch = await taken(batches);
    creditRows(batch, written);
    return batch.finished.map(({ rows }) => rows.counts?.inserted);
  };
  assertEquals(await next(page(one, 2)), []);
  assertEquals(await next(page(one, 2), done(one)), [4]);
  assertEquals(await next(page(one, 2), page(two, 2)), []);
  assertEquals(await next(page(two, 2), done(two), undefined), [undefined]);
});

Deno.test("rejectRows() counts rejections for every window with rows in the batch, and bounds what is kept", async () => {
  const [one, two] = [unitOf(1), unitOf(2)];
  const tap = new Tap();
  const batches = batchRows(tap);
  tap.give(page(one, 3, [rejection()]), done(one), page(two, 2));
  await settle();
  const first = await taken(batches);
  rejectRows(first, [rejection("violates a constraint")]);
  assertEquals(first.finished[0]!.rows.rejectedCount, 2);
  tap.give(done(two), undefined);
  const second = await taken(batches);
  assertEquals(second.finished[0]!.rows.rejected.map(({ reason }) => reason), [
    "violates a constraint",
  ]);
  rejectRows(second, Array.from({ length: 5000 }, () => rejection()));
  const { rejected, rejectedCount } = second.finished[0]!.rows;
  assertEquals([rejected.length, rejectedCount], [1000, 5001]);
});

Deno.test("batchRows() loses no row, ends each window once, and never before its rows", async () => {
  const step = fc.record({
    unit: fc.nat(4),
    rows: fc.nat(9000),
    ends: fc.boolean(),
    pause: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.array(fc.boolean()),
      async (steps, slow) => {
        const rowsOf = new Map<Unit, number>();
        const items: { item: Extracted; pause: boolean }[] = [];
        const open = new Map<number, Unit>();
        for (const { unit: number, rows, ends, pause } of steps) {
          const unit = open.get(number) ?? unitOf(number);
          open.set(number, unit);
          rowsOf.set(unit, (rowsOf.get(unit) ?? 0) + rows);
          items.push({ item: page(unit, rows), pause });
          if (!ends) continue;
          items.push({ item: done(unit), pause });
          open.delete(number);
        }
        const source = async function* () {
          for (const { item, pause } of items) {
            if (pause) await settle();
            yield item;
          }
        };
        const ended = new Set<Unit>();
        let [rows, i] = [0, 0];
        for await (const batch of batchRows(source())) {
          rows += batch.rows;
          assert(batch.rows < ROWS_WAITING + 9000);
          for (const window of batch.finished) {
            assert(!ended.has(window.unit));
            ended.add(window.unit);
            assertEquals(window.rows.rows, rowsOf.get(window.unit));
          }
          if (slow[i++ % slow.length]) await settle();
        }
        assertEquals(rows, [...rowsOf.values()].reduce((sum, count) => sum + count, 0));
        assertEquals(ended.size, rowsOf.size - open.size);
      },
    ),
    { numRuns: 25 },
  );
});
