import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Page } from "../../lib/fetch/fetch_pages.ts";
import type { Fetched, FetchWindowsOptions } from "../../lib/fetch/fetch_windows.ts";
import { fetchWindows } from "../../lib/fetch/fetch_windows.ts";
import { union } from "../../lib/plan/coverage.ts";
import { eachValues } from "../../lib/plan/each_values.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import { StreamPlan } from "../../lib/plan/stream_plan.ts";
import type { Window } from "../../lib/plan/time/window.ts";
import { Failure } from "../../lib/failure.ts";
import { formatWindow } from "../../lib/report/text/format.ts";
import { all, days, jobOf } from "../plan/jobs.ts";

const TEN_DAYS = days("2025-01-01", "2025-01-11");
const JOB = jobOf({
  things: { window: "day" },
  others: { window: "day" },
  auto: { window: "auto" },
});

function planOf(name = "things", range: Window = TEN_DAYS): StreamPlan {
  const stream = JOB.streams[name]!;
  return new StreamPlan({
    name,
    stream,
    scope: "",
    each: eachValues(stream, {}, async function* () {}),
    needed: () => Promise.resolve({ fetch: [range], skip: [] }),
    recordsPerMinute: name === "auto" ? 1000 / 14_400 : undefined,
  });
}

function pageOf(index: number, records = 10): Page {
  return {
    index,
    records: Array.from({ length: records }, (_, id) => ({ id })),
    body: null,
    header: () => null,
    total: null,
    bytes: 100,
    ms: 7,
    url: "http://127.0.0.1/",
  };
}

type Pages = FetchWindowsOptions["pages"];

/** Two pages of ten records for every window. */
const twoPages: Pages = async function* () {
  await Promise.resolve();
  yield pageOf(0);
  yield pageOf(1);
};

function options(pages: Pages, more: Partial<FetchWindowsOptions> = {}): FetchWindowsOptions {
  let ms = 0;
  return {
    pages,
    windowsInFlight: 3,
    stopAfter: 10,
    now: () => ms++,
    wallNow: () => 1_000_000 + ms,
    signal: new AbortController().signal,
    ...more,
  };
}

const dayOf = (unit: Unit) => formatWindow(unit.window!);
const kinds = (list: readonly Fetched[], unit: Unit) =>
  list.filter((item) => item.unit === unit).map(({ kind }) => kind);

/** Waits until the signal aborts, then throws as a fetch does. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

Deno.test("fetchWindows() yields the pages of every window in order, then its end", async () => {
  const list = await all(fetchWindows([planOf(), planOf("others")], options(twoPages)));
  const ends = list.filter((item) => item.kind === "done");
  assertEquals(ends.length, 20);
  assertEquals(new Set(ends.map(({ unit }) => `${unit.stream} ${dayOf(unit)}`)).size, 20);
  for (const end of ends) {
    assertEquals(kinds(list, end.unit), ["page", "page", "done"]);
    assertEquals([end.pages, end.records, end.responseMs], [2, 20, 14]);
    assert(end.requestedAt >= 1_000_000 && end.ms > 0);
  }
});

Deno.test("fetchWindows() keeps exactly `windowsInFlight` windows of a stream in flight", async () => {
  let [inFlight, most] = [0, 0];
  const pages: Pages = async function* () {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setTimeout(resolve, 1));
    yield pageOf(0);
    inFlight--;
  };
  await all(fetchWindows([planOf()], options(pages, { windowsInFlight: 4 })));
  assertEquals(most, 4);
});

Deno.test("fetchWindows() voids earlier pages when a window restarts", async () => {
  const pages: Pages = function* () {
    yield pageOf(0);
    yield pageOf(1);
    yield pageOf(0, 3);
  };
  const one = days("2025-01-01", "2025-01-02");
  const list = await all(fetchWindows([planOf("things", one)], options(pages)));
  assertEquals(list.map(({ kind }) => kind), ["page", "page", "restarted", "page", "done"]);
  const end = list.at(-1)!;
  assert(end.kind === "done");
  assertEquals([end.pages, end.records, end.responseMs], [1, 3, 7]);
});

Deno.test("fetchWindows() continues after a failed window", async () => {
  const pages: Pages = async function* (unit) {
    yield pageOf(0);
    if (dayOf(unit) === "2025-01-03") throw new Failure("window", "Cannot read it: 404");
  };
  const list = await all(fetchWindows([planOf()], options(pages)));
  const failed = list.filter((item) => item.kind === "failed");
  assertEquals(failed.map(({ unit, failure }) => [dayOf(unit), failure.message]), [
    ["2025-01-03", "Cannot read it: 404"],
  ]);
  assertEquals(kinds(list, failed[0]!.unit), ["page", "failed"]);
  assertEquals(list.filter(({ kind }) => kind === "done").length, 9);
});

Deno.test("fetchWindows() stops after too many failures in a row, with the last reason and its hint", async () => {
  let asked = 0;
  const pages: Pages = async function* () {
    asked++;
    yield pageOf(0);
    throw new Failure("window", "Cannot read it: 503", { hint: "Wait" });
  };
  const seen: Fetched[] = [];
  const run = async () => {
    const given = options(pages, { stopAfter: 4, windowsInFlight: 2 });
    for await (const item of fetchWindows([planOf()], given)) seen.push(item);
  };
  const failure = await assertRejects(run, Failure, "4 windows in a row failed");
  assertEquals([failure.kind, failure.hint], ["window", "Wait"]);
  assert(failure.message.endsWith("Cannot read it: 503"));
  assert(asked >= 4 && asked <= 6, `${asked}`);
  assertEquals(seen.filter(({ kind }) => kind === "failed").length, 4);
});

Deno.test("fetchWindows() resets the count of failures when a window succeeds", async () => {
  const pages: Pages = function* (unit) {
    yield pageOf(0);
    if (Number(dayOf(unit).slice(-2)) % 4 !== 0) throw new Failure("window", "Cannot read it");
  };
  const given = options(pages, { stopAfter: 4, windowsInFlight: 1 });
  const list = await all(fetchWindows([planOf()], given));
  assertEquals(list.filter(({ kind }) => kind === "failed").length, 8);
});

Deno.test("fetchWindows() fetches a window that is too full in halves", async () => {
  const pages: Pages = function* (unit) {
    yield pageOf(0);
    const { from, to } = unit.window!;
    if (to - from > 3 * 1440) throw new Failure("window", "Cannot page on", { tooFull: true });
  };
  const plan = planOf("auto", days("2025-01-01", "2025-02-01"));
  const list = await all(fetchWindows([plan], options(pages)));
  const ends = list.filter((item) => item.kind === "done");
  const windows = ends.map(({ unit }) => unit.window!).sort((a, b) => a.from - b.from);
  assertEquals(union(windows), [days("2025-01-01", "2025-02-01")]);
  assertEquals(windows.reduce((sum, { from, to }) => sum + to - from, 0), 31 * 1440);
  assert(list.some((item) => item.kind === "split" && item.reason === "Cannot page on"));
  assertEquals(list.filter(({ kind }) => kind === "failed"), []);
  assertEquals(plan.counts.planned, ends.length);
});

Deno.test("fetchWindows() halves a window that is too full when it is fetched again at the end", async () => {
  let attempts = 0;
  const pages: Pages = function* (unit) {
    const { from, to } = unit.window!;
    if (attempts++ === 0) throw new Failure("window", "Cannot connect", { mayPass: true });
    if (to - from > 3 * 1440) throw new Failure("window", "Cannot page on", { tooFull: true });
    yield pageOf(0);
  };
  const range = days("2025-01-01", "2025-01-09");
  const given = options(pages, { windowsInFlight: 1 });
  const list = await all(fetchWindows([planOf("auto", range)], given));
  assertEquals(list.filter(({ kind }) => kind === "failed").map(({ unit }) => dayOf(unit)), []);
  const ends = list.flatMap((item) => item.kind === "done" ? [item.unit.window!] : []);
  assertEquals(union(ends), [range]);
});

Deno.test("fetchWindows() fails a window that is too full and cannot be split", async () => {
  const pages: Pages = function* () {
    yield pageOf(0);
    throw new Failure("window", "Cannot page on", { tooFull: true });
  };
  const one = days("2025-01-01", "2025-01-02");
  const list = await all(fetchWindows([planOf("auto", one)], options(pages)));
  assertEquals(list.map(({ kind }) => kind), ["page", "failed"]);
});

Deno.test("fetchWindows() ends without an error when it is aborted, and stops every worker", async () => {
  const stop = new AbortController();
  let open = 0;
  const pages: Pages = async function* (unit, signal) {
    open++;
    try {
      yield pageOf(0);
      if (dayOf(unit) > "2025-01-03") await untilAborted(signal);
    } finally {
      open--;
    }
  };
  const list: Fetched[] = [];
  for await (const item of fetchWindows([planOf()], options(pages, { signal: stop.signal }))) {
    list.push(item);
    if (list.filter(({ kind }) => kind === "done").length === 3) stop.abort();
  }
  assertEquals(list.filter(({ kind }) => kind === "done").length, 3);
  assertEquals(list.filter(({ kind }) => kind === "failed"), []);
  assertEquals(open, 0);
});

Deno.test("fetchWindows() sends nothing when it was already aborted", async () => {
  const pages: Pages = () => {
    throw new Error("asked");
  };
  assertEquals(
    await all(fetchWindows([planOf()], options(pages, { signal: AbortSignal.abort() }))),
    [],
  );
});

Deno.test("fetchWindows() ends with a refusal, sends nothing more, and waits for requests in flight", async () => {
  let [asked, open] = [0, 0];
  const pages: Pages = async function* (unit, signal) {
    asked++;
    open++;
    try {
      yield pageOf(0);
      if (dayOf(unit) === "2025-01-02") throw new Failure("refused", "Cannot ask: 401");
      await untilAborted(signal);
    } finally {
      await Promise.resolve();
      open--;
    }
  };
  const run = async () => {
    for await (const item of fetchWindows([planOf(), planOf("others")], options(pages))) {
      assertEquals(item.kind, "page");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const failure = await assertRejects(run, Failure, "401");
  assertEquals([failure.kind, asked, open], ["refused", 6, 0]);
});

Deno.test("fetchWindows() ends with an error that does not concern a window, such as a failing query", async () => {
  const plan = new StreamPlan({
    name: "things",
    stream: JOB.streams.things!,
    scope: "",
    each: eachValues(JOB.streams.things!, {}, async function* () {}),
    needed: () => Promise.reject(new Failure("target", "Cannot query")),
    recordsPerMinute: undefined,
  });
  await assertRejects(() => all(fetchWindows([plan], options(twoPages))), Failure, "Cannot query");
  const broken: Pages = () => {
    throw new TypeError("a mistake");
  };
  await assertRejects(() => all(fetchWindows([planOf()], options(broken))), TypeError);
});

Deno.test("fetchWindows() stops fetching when its consumer stops", async () => {
  let open = 0;
  const pages: Pages = async function* (_, signal) {
    open++;
    try {
      yield pageOf(0);
      await untilAborted(signal);
    } finally {
      open--;
    }
  };
  for await (const _ of fetchWindows([planOf()], options(pages))) break;
  assertEquals(open, 0);
});

Deno.test("fetchWindows() holds few pages for a slow consumer", async () => {
  let given = 0;
  const pages: Pages = function* () {
    for (let i = 0; i < 50; i++, given++) yield pageOf(i);
  };
  const fetched = fetchWindows([planOf()], options(pages));
  await fetched.next();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert(given <= 10, `${given}`);
  await fetched.return(undefined);
});

Deno.test("fetchWindows() dates a window by the time before its first request, not after its last page", async () => {
  let wallMs = Date.UTC(2025, 0, 10, 23, 59);
  const pages: Pages = function* () {
    for (let index = 0; index < 3; index++) {
      wallMs += 60_000;
      yield pageOf(index);
    }
  };
  const given = options(pages, { wallNow: () => wallMs, windowsInFlight: 1 });
  const list = await all(fetchWindows([planOf("things", days("2025-01-01", "2025-01-02"))], given));
  const done = list.find((item) => item.kind === "done");
  assertEquals(done?.kind === "done" && done.requestedAt, Date.UTC(2025, 0, 10, 23, 59));
});

Deno.test("fetchWindows() does not split an auto window whose request is refused", async () => {
  const pages: Pages = function* (unit) {
    yield pageOf(0);
    if (unit.window!.from === days("2025-01-01", "2025-01-02").from) {
      throw new Failure("window", "Cannot read it: 422", { status: 422 });
    }
  };
  const plan = planOf("auto", days("2025-01-01", "2025-02-01"));
  const list = await all(fetchWindows([plan], options(pages)));
  assertEquals(list.filter(({ kind }) => kind === "split"), []);
  const failed = list.filter(({ kind }) => kind === "failed");
  assertEquals(failed.length, 1);
  const windows = list.filter(({ kind }) => kind === "done" || kind === "failed")
    .map(({ unit }) => unit.window!);
  assertEquals(union(windows), [days("2025-01-01", "2025-02-01")]);
});
