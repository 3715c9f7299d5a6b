import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { DoneWindow } from "../../lib/checkpoint/done_tracks.ts";
import { jobPrefix } from "../../lib/checkpoint/key.ts";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import type { Window } from "../../lib/plan/time/window.ts";
import { at, days } from "../plan/jobs.ts";
import { countWrites, doneWindow, kvFile, NOW, rejections, RESULTS } from "./kv_file.ts";

const JANUARY = days("2025-01-01", "2025-02-01");
const MEASURE = { windows: 1, pages: 10, records: 980, rows: 9000, minutes: 40320, answerMs: 900 };

/** The day that is so many days after the first of January 2015. */
function dayAt(count: number): Window {
  const from = at("2015-01-01") + count * MINUTES_PER_DAY;
  return { from, to: from + MINUTES_PER_DAY };
}

Deno.test("Checkpoint still holds what was done before when it is reopened", async () => {
  await using file = await kvFile();
  const before = file.checkpoint();
  await before.load("results", "");
  await before.done([
    doneWindow(days("2024-12-20", "2025-01-10")),
    doneWindow(JANUARY, {
      parts: [
        { ...days("2025-01-01", "2025-01-20"), empty: true, settled: true },
        { ...days("2025-01-20", "2025-02-01"), empty: false, settled: false },
      ],
    }),
  ], NOW);
  await file.reopen();
  const after = file.checkpoint();
  await after.load("results", "");
  assertEquals(after.coverage(RESULTS).ranges, [
    { ...days("2024-12-20", "2025-01-01"), empty: false, settled: true },
    { ...days("2025-01-01", "2025-01-20"), empty: true, settled: true },
    { ...days("2025-01-20", "2025-02-01"), empty: false, settled: false },
  ]);
  assertEquals(after.coverage(RESULTS).ranges, before.coverage(RESULTS).ranges);
});

Deno.test("Checkpoint keeps a window over years as one range", async () => {
  await using file = await kvFile();
  const before = file.checkpoint();
  await before.load("results", "");
  await before.done([doneWindow(days("1988-01-01", "2025-10-19"))], NOW);
  await before.done([doneWindow(days("2000-02-10", "2000-02-20"), {
    parts: [{ ...days("2000-02-10", "2000-02-20"), empty: true, settled: true }],
  })], NOW);
  const after = file.checkpoint();
  await after.load("results", "");
  assertEquals(after.coverage(RESULTS).spans(), [days("1988-01-01", "2025-10-19")]);
  assertEquals(after.coverage(RESULTS).ranges.length, 3);
});

Deno.test("Checkpoint writes the same amount for a window however long the history is", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  const writes = countWrites(file.kv);
  const cost = async (window: Window): Promise<number> => {
    const before = writes.sets + writes.deletes;
    checkpoint.measures.add("results", MEASURE);
    await checkpoint.done([doneWindow(window)], NOW);
    return writes.sets + writes.deletes - before;
  };
  const costs = new Set<number>();
  for (let count = 0; count < 150; count++) costs.add(await cost(dayAt(count * 25)));
  assertEquals([...costs], [2]);
  assertEquals(writes.commits, 150);
  assertEquals(await cost(days("2030-01-30", "2032-03-02")), 4);
});

Deno.test("Checkpoint writes a year once for all windows of a batch", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  const writes = countWrites(file.kv);
  await checkpoint.done(Array.from({ length: 31 }, (_, day) => doneWindow(dayAt(day))), NOW);
  assertEquals(writes, { sets: 1, deletes: 0, commits: 1 });
});

Deno.test("Checkpoint shows nothing to another target or another job", async () => {
  await using file = await kvFile();
  const own = file.checkpoint();
  await own.load("results", "");
  await own.done([doneWindow(JANUARY, { rejectedCount: 1 }), doneWindow(null)], NOW);
  await own.failed(RESULTS, JANUARY, "503", undefined, NOW);
  await own.runs.save({ run: "r1", startedAt: "2025-01-01T00:00:00Z", options: {} });
  for (const other of [file.checkpoint("restored"), file.checkpoint("stamp", "weather")]) {
    await other.load("results", "");
    assertEquals(other.coverage(RESULTS).ranges, []);
    assertEquals(other.item(RESULTS), undefined);
    assertEquals(await other.retryEntries(), []);
    assertEquals(await other.runs.list(), []);
    assertEquals(await other.scopes("results"), []);
    assertEquals(other.measures.of("results"), undefined);
  }
});

Deno.test("Checkpoint keeps scopes and values of for_each apart", async () => {
  await using file = await kvFile();
  const before = file.checkpoint();
  const track = (scope: string, each: string) => ({ stream: "results", scope, each });
  const done = (scope: string, each: string, window: Window | null) =>
    doneWindow(window, track(scope, each));
  await before.load("results", "region=gb");
  await before.load("results", "region=ire");
  await before.done([
    done("region=gb", "city=LHR", JANUARY),
    done("region=gb", "city=CDG", days("2025-02-01", "2025-03-01")),
    done("region=gb", "city=ORY", null),
    done("region=ire", "", JANUARY),
  ], NOW);
  const after = file.checkpoint();
  await after.load("results", "region=gb");
  assertEquals(after.coverage(track("region=gb", "city=LHR")).spans(), [JANUARY]);
  assertEquals(after.coverage(track("region=gb", "city=CDG")).spans(), [
    days("2025-02-01", "2025-03-01"),
  ]);
  assertEquals(after.item(track("region=gb", "city=ORY")), { at: NOW, empty: true });
  assertEquals(
    after.tracks("results", "region=gb").map(({ each }) => each).sort(),
    ["city=CDG", "city=LHR", "city=ORY"],
  );
  assertEquals(await after.scopes("results"), ["region=gb", "region=ire"]);
  assertEquals(await after.scopes("racecards"), []);
});

Deno.test("Checkpoint.load() has read everything when it returns, however many callers there are", async () => {
  await using file = await kvFile();
  const before = file.checkpoint();
  await before.load("results", "");
  await before.done([doneWindow(JANUARY)], NOW);
  const after = file.checkpoint();
  void after.load("results", "");
  await after.load("results", "");
  assertEquals(after.coverage(RESULTS).spans(), [JANUARY]);
});

Deno.test("Checkpoint lists a failed window until all of it is done, across runs", async () => {
  await using file = await kvFile();
  const month = days("2025-01-01", "2025-01-31");
  await file.checkpoint().failed(RESULTS, month, "Cannot read it", "Do this", NOW);
  const again = async () => {
    await file.reopen();
    const checkpoint = file.checkpoint();
    await checkpoint.load("results", "");
    return checkpoint;
  };
  const first = await again();
  assertEquals(await first.retryWindows(RESULTS), [month]);
  assertEquals(await first.retryEntries(), [{
    ...RESULTS,
    kind: "failed",
    window: month,
    at: "2025-10-19T12:00:00.000Z",
    reason: "Cannot read it",
    hint: "Do this",
    rejected: [],
  }]);
  await first.done([doneWindow(days("2025-01-01", "2025-01-11"))], NOW);
  const second = await again();
  assertEquals((await second.retryEntries()).length, 1);
  assertEquals(await second.retryWindows(RESULTS), [days("2025-01-11", "2025-01-31")]);
  await second.done([doneWindow(days("2025-01-11", "2025-01-31"))], NOW);
  assertEquals(await second.retryEntries(), []);
  assertEquals(await (await again()).retryEntries(), []);
});

Deno.test("Checkpoint keeps one failure for dates that fail repeatedly", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.failed(RESULTS, days("2025-01-05", "2025-01-06"), "first", undefined, NOW);
  await checkpoint.failed(RESULTS, days("2025-01-20", "2025-01-21"), "other", undefined, NOW);
  await checkpoint.failed(RESULTS, days("2025-01-04", "2025-01-08"), "second", undefined, NOW);
  await checkpoint.failed(RESULTS, days("2025-01-04", "2025-01-08"), "third", undefined, NOW);
  for (const one of [checkpoint, file.checkpoint()]) {
    assertEquals((await one.retryEntries()).map(({ reason }) => reason), ["third", "other"]);
  }
});

Deno.test("Checkpoint keeps a failure separate from dates that were done before", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  await checkpoint.done([doneWindow(JANUARY)], NOW);
  await checkpoint.failed(RESULTS, JANUARY, "503", undefined, NOW);
  assertEquals(checkpoint.coverage(RESULTS).spans(), [JANUARY]);
  assertEquals(await checkpoint.retryWindows(RESULTS), [JANUARY]);
  assertEquals(await checkpoint.retryWindows({ ...RESULTS, each: "id=1" }), []);
});

Deno.test("Checkpoint forgets the failure of a stream without windows when it is fetched", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  await checkpoint.failed(RESULTS, null, "503", undefined, NOW);
  assert(await checkpoint.needsRetry(RESULTS));
  assert(await file.checkpoint().needsRetry(RESULTS));
  await checkpoint.done([doneWindow(null)], NOW);
  assert(!await checkpoint.needsRetry(RESULTS));
  assert(!await file.checkpoint().needsRetry(RESULTS));
});

Deno.test("Checkpoint keeps rejected rows, however long their strings, until the window is done without any", async () => {
  await using file = await kvFile();
  const before = file.checkpoint();
  await before.load("results", "");
  const rejected = rejections(100, "ж€😀".repeat(256));
  const done: DoneWindow = doneWindow(JANUARY, { rejected, rejectedCount: 100 });
  await before.done([done], NOW);
  const after = file.checkpoint();
  const [entry] = await after.retryEntries();
  assertEquals(entry?.rejected, rejected);
  assertEquals([entry?.kind, entry?.reason], ["rejected", "100 rows rejected"]);
  assertEquals(await after.retryWindows(RESULTS), [JANUARY]);
  await after.load("results", "");
  await after.done([doneWindow(days("2025-01-01", "2025-01-31"))], NOW);
  assertEquals((await after.retryEntries())[0]?.rejected.length, 100);
  assertEquals((await file.checkpoint().retryEntries())[0]?.rejected.length, 100);
  assertEquals(await file.checkpoint().retryWindows(RESULTS), [days("2025-01-31", "2025-02-01")]);
  await after.done([doneWindow(days("2025-01-31", "2025-02-01"))], NOW);
  assertEquals(await file.checkpoint().retryEntries(), []);
});

Deno.test("Checkpoint bounds what it keeps of rejected rows and counts the rest", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  const rejected = rejections(1001).map((one) => ({ ...one, reason: "r".repeat(99_999) }));
  await checkpoint.done([doneWindow(JANUARY, { rejected, rejectedCount: 123_456 })], NOW);
  await checkpoint.failed(RESULTS, JANUARY, "w".repeat(99_999), "h".repeat(99_999), NOW);
  const [failed, entry] = (await file.checkpoint().retryEntries()).sort((a, b) =>
    a.kind < b.kind ? -1 : 1
  );
  assertEquals(entry?.rejected.length, 1000);
  assertEquals(entry?.reason, "123,456 rows rejected");
  assertEquals(entry?.rejected[0]?.reason.length, 1024);
  assertEquals([failed?.reason.length, failed?.hint?.length], [1024, 1024]);
});

Deno.test("Checkpoint replaces the rejected rows of a window when it is fetched again", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  await checkpoint.done([
    doneWindow(JANUARY, { rejected: rejections(30), rejectedCount: 30 }),
  ], NOW);
  await checkpoint.done([doneWindow(JANUARY, { rejected: rejections(1), rejectedCount: 1 })], NOW);
  for (const one of [checkpoint, file.checkpoint()]) {
    assertEquals(
      (await one.retryEntries()).map(({ rejected, reason }) => [rejected.length, reason]),
      [
        [1, "1 row rejected"],
      ],
    );
  }
});

Deno.test("Checkpoint keeps a failure with many remaining parts within one value", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  const years = { from: dayAt(0).from, to: dayAt(2400).from };
  const rejected = rejections(10, "ж".repeat(1024));
  await checkpoint.done([doneWindow(years, { rejected, rejectedCount: 10 })], NOW);
  for (let first = 0; first < 2400; first += 400) {
    const every = Array.from({ length: 200 }, (_, i) => doneWindow(dayAt(first + 2 * i)));
    await checkpoint.done(every, NOW);
  }
  assertEquals((await checkpoint.retryWindows(RESULTS)).length, 1200);
  assertEquals(await file.checkpoint().retryWindows(RESULTS), [years]);
});

Deno.test("Checkpoint.clearRetryEntries() deletes all entries and keeps coverage", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  await checkpoint.load("results", "");
  await checkpoint.done(
    [doneWindow(JANUARY, { rejected: rejections(50), rejectedCount: 50 })],
    NOW,
  );
  await checkpoint.failed(RESULTS, days("2025-03-01", "2025-04-01"), "503", undefined, NOW);
  assertEquals(await checkpoint.clearRetryEntries(), 2);
  for (const one of [checkpoint, file.checkpoint()]) {
    await one.load("results", "");
    assertEquals(await one.retryEntries(), []);
    assertEquals(one.coverage(RESULTS).spans(), [JANUARY]);
  }
  assertEquals(await checkpoint.clearRetryEntries(), 0);
});

Deno.test("Checkpoint.retryEntries() sorts entries by stream and date", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  const fail = (stream: string, window: Window) =>
    checkpoint.failed({ ...RESULTS, stream }, window, "503", undefined, NOW);
  await fail("results", dayAt(5));
  await fail("racecards", dayAt(9));
  await fail("results", dayAt(2));
  assertEquals(
    (await checkpoint.retryEntries()).map(({ stream, window }) => [stream, window?.from]),
    [["racecards", dayAt(9).from], ["results", dayAt(2).from], ["results", dayAt(5).from]],
  );
});

Deno.test("Checkpoint.runs.list() lists the newest run first, and a run once when it has ended", async () => {
  await using file = await kvFile();
  const checkpoint = file.checkpoint();
  const startedAt = (day: number) => `2025-10-${String(day).padStart(2, "0")}T00:00:00.000Z`;
  for (let day = 1; day <= 20; day++) {
    await checkpoint.runs.save({ run: `r${day}`, startedAt: startedAt(day), options: { day } });
  }
  const options = { start: "2015-01-01", params: { region_codes: ["gb", "ire"] } };
  const ended = {
    run: "r20",
    startedAt: startedAt(20),
    endedAt: "2025-10-20T01:00:00.000Z",
    options,
    summary: { ok: true },
  };
  await checkpoint.runs.save(ended);
  await file.reopen();
  const runs = await file.checkpoint().runs.list();
  assertEquals(runs.map(({ run }) => run).slice(0, 3), ["r20", "r19", "r18"]);
  assertEquals([runs.length, runs[0]], [20, ended]);
  assertEquals((await file.checkpoint().runs.list(1)).length, 1);
});

Deno.test("Checkpoint.runs.fold() reads the runs that it folds, however many there are", async () => {
  await using file = await kvFile();
  const { runs } = file.checkpoint();
  const run = (day: number) => ({
    ...{ run: `r${day}`, startedAt: `2025-10-0${day}T00:00:00.000Z`, options: {} },
  });
  for (let day = 1; day <= 3; day++) await runs.save(run(day));
  const ended = { ...run(2), endedAt: "2025-10-02T01:00:00.000Z" };
  file.kv.list = () => {
    throw new Error("reads all runs");
  };
  await runs.fold([ended, run(3), run(4)], true);
  await runs.fold([run(2), run(5)], false);
  await file.reopen();
  assertEquals(await file.checkpoint().runs.list(), [run(4), run(3), ended, run(1)]);
});

Deno.test("Checkpoint.measures.add() adds up over runs and is written with the next window", async () => {
  await using file = await kvFile();
  const first = file.checkpoint();
  await first.load("results", "");
  assertEquals(first.measures.of("results"), undefined);
  first.measures.add("results", MEASURE);
  await first.done([doneWindow(dayAt(1))], NOW);
  const second = file.checkpoint();
  await second.load("results", "");
  second.measures.add("results", MEASURE);
  await second.load("results", "region=gb");
  await second.done([doneWindow(dayAt(2))], NOW);
  const third = file.checkpoint();
  await third.load("results", "");
  const twice = Object.fromEntries(Object.entries(MEASURE).map(([name, sum]) => [name, sum * 2]));
  assertEquals<unknown>(third.measures.of("results"), twice);
});

Deno.test("Checkpoint.measures.with() returns the sums of windows with the same parameters", async () => {
  await using file = await kvFile();
  const first = file.checkpoint();
  await first.load("results", "region=gb");
  first.measures.add("results", MEASURE, "region=gb");
  first.measures.add("results", { ...MEASURE, records: 7 }, "region=fr");
  const window = { ...doneWindow(dayAt(1)), scope: "region=gb" };
  await first.done([window, { ...window, scope: "region=fr" }], NOW);
  const second = file.checkpoint();
  for (const scope of ["region=gb", "region=fr", ""]) await second.load("results", scope);
  const records = (scope: string) => second.measures.with("results", scope)?.records;
  assertEquals(["region=gb", "region=fr"].map(records), [MEASURE.records, 7]);
  assertEquals(["", "region=ire"].map(records), Array(2).fill(MEASURE.records + 7));
});

Deno.test("Checkpoint loses nothing when only part of a change was written, and fetches more again", async () => {
  await using file = await kvFile();
  const before = file.checkpoint();
  await before.load("results", "");
  const years = { from: dayAt(0).from, to: dayAt(6000).from };
  await before.done([doneWindow(years)], NOW);
  await before.failed(RESULTS, years, "503", undefined, NOW);
  const writes = countWrites(file.kv);
  const atomic = file.kv.atomic.bind(file.kv);
  file.kv.atomic = () => {
    if (writes.commits >= 1) throw new Error("killed");
    return atomic();
  };
  const rejected = rejections(300, "ж".repeat(1024));
  await before.done([doneWindow(years, { rejected, rejectedCount: 300 })], NOW).catch(() => {});
  await file.reopen();
  const after = file.checkpoint();
  assertEquals(await after.retryWindows(RESULTS), [years]);
  const [failed, kept] = await after.retryEntries();
  assertStringIncludes(failed!.reason + kept!.reason, "503");
  assertStringIncludes(failed!.reason + kept!.reason, "300 rows rejected");
});

Deno.test("Checkpoint loads ten streams with a hundred years of days, every other day empty", async () => {
  await using file = await kvFile();
  const before = file.checkpoint();
  const [start, daysOfYears] = [at("1925-01-01"), 36_524];
  const names = Array.from({ length: 10 }, (_, i) => `stream_${i}`);
  const parts = Array.from({ length: daysOfYears }, (_, day) => {
    const from = start + day * MINUTES_PER_DAY;
    return { from, to: from + MINUTES_PER_DAY, empty: day % 2 === 0, settled: true };
  });
  const century = { from: start, to: parts.at(-1)!.to };
  for (const stream of names) {
    await before.load(stream, "");
    await before.done([doneWindow(century, { stream, parts })], NOW);
  }
  const after = file.checkpoint();
  for (const stream of names) await after.load(stream, "");
  for (const stream of names) {
    const coverage = after.coverage({ ...RESULTS, stream });
    assertEquals(coverage.ranges.length, daysOfYears);
    assertEquals(coverage.spans().length, 1);
  }
  let entries = 0;
  for await (const _ of file.kv.list({ prefix: jobPrefix("stamp", "racing").slice(0, 3) })) {
    entries++;
  }
  assertEquals(entries, 10 * 100);
});
