// Many streams fetch over real HTTP under one small budget while the reader is slow: what they hold together is
// bounded, each of them gets room in turn, and no fault of the API makes them wait for each other forever.
import { assert, assertEquals } from "@std/assert";
import { ApiClient } from "../../lib/fetch/api_client.ts";
import { fetchPages } from "../../lib/fetch/fetch_pages.ts";
import { type Fetched, fetchWindows } from "../../lib/fetch/fetch_windows.ts";
import { PageBudget } from "../../lib/fetch/rate/page_budget.ts";
import { eachValues } from "../../lib/plan/each_values.ts";
import { StreamPlan } from "../../lib/plan/stream_plan.ts";
import { days, jobOf } from "../plan/jobs.ts";
import { chance } from "../support/chance.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { serve } from "../support/http_server.ts";

const STREAMS = ["one", "two", "three", "four", "five", "six"];
const DAYS = days("2025-01-01", "2025-01-13");
const AT_ONCE = 8;
const PAGE_SIZE = 4;
/** The smallest size that a page counts, so that the budget counts pages. */
const PAGE = 16 << 10;
const MOST_PAGES = 5;

/** An API client whose pages have little room. */
class SmallApi extends ApiClient {
  override readonly budget = new PageBudget({ mostHeld: MOST_PAGES * PAGE, mostArrived: 3 * PAGE });
}

/** A job of six streams of daily windows; every second one declares no total. */
function sixStreams(url: string, source: Record<string, unknown> = {}) {
  const paging = { by: "offset", offset_param: "skip", size_param: "limit", size: PAGE_SIZE };
  const stream = (name: string, at: number) => ({
    ...{
      request: `/${name}?from={from}`,
      window: "day",
      records: "items",
      paging,
    },
    ...{
      total: at % 2 === 0 ? "total" : "none",
      error: [{ path: "busy", is: [true], means: "retry" }],
    },
  });
  const streams = Object.fromEntries(STREAMS.map((name, at) => [name, stream(name, at)]));
  return jobOf(streams, {
    source: { url, concurrency: AT_ONCE, retry: { attempts: 50 }, ...source },
  });
}

/** Fetches all streams of the job; stops if they would otherwise wait forever. */
function fetchAll(job: ReturnType<typeof sixStreams>) {
  const clock = new FakeClock();
  const advancing = clock.autoAdvance();
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]);
  const api = new SmallApi(job, {
    ...{ env: () => undefined, clock, wallNow: () => Date.UTC(2025, 1, 1), random: () => 0.5 },
    ...{ signal, onEvent: () => {}, onWait: () => {} },
  });
  const plans = STREAMS.map((name) =>
    new StreamPlan({
      ...{ name, stream: job.streams[name]!, scope: "", recordsPerMinute: undefined },
      each: eachValues(job.streams[name]!, {}, async function* () {}),
      needed: () => Promise.resolve({ fetch: [DAYS], skip: [] }),
    })
  );
  const fetched = fetchWindows(plans, {
    pages: (unit, signal) =>
      fetchPages(
        api,
        unit.stream,
        { window: unit.window, each: unit.eachValues, params: {} },
        signal,
      ),
    ...{ windowsInFlight: AT_ONCE, stopAfter: 10, now: clock.now, wallNow: () => 0, signal },
  });
  return {
    fetched,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await fetched.return(undefined);
      await api[Symbol.asyncDispose]();
      advancing[Symbol.dispose]();
    },
  };
}

/** Responds with the records of one window from `skip` on. */
function pageOf(url: URL, count: number, total = count): Response {
  const skip = Number(url.searchParams.get("skip"));
  const ids = Array.from(
    { length: Math.max(0, Math.min(PAGE_SIZE, count - skip)) },
    (_, at) => skip + at,
  );
  const day = `${url.pathname} ${url.searchParams.get("from")}`;
  return Response.json({ total, items: ids.map((id) => ({ id: `${day} ${id}` })) });
}

const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("six streams hold no more pages than one budget has room for, and each gets its share", async () => {
  const asked: string[] = [];
  await using server = serve((request) => {
    const url = new URL(request.url);
    asked.push(url.pathname.slice(1));
    return pageOf(url, 12);
  });
  await using run = fetchAll(sixStreams(server.url));
  let pages = 0;
  for await (const { kind } of run.fetched) {
    if (kind === "page") pages++;
    // As long as anything else moves; what is held then waits for this reader alone.
    for (let before = -1; before < asked.length; await tick(20)) before = asked.length;
    // Of the pages that were read, one is in the hands of the reader, and one waits behind it.
    assert(asked.length - pages <= MOST_PAGES + 1, `${asked.length - pages} pages are held`);
    if (pages === 30) break;
  }
  const shares = STREAMS.map((name) => asked.filter((stream) => stream === name).length);
  assert(Math.min(...shares) * 2 >= Math.max(...shares), `unequal shares: ${shares}`);
});

Deno.test("six streams under one budget never wait for each other forever, whatever the API does", async () => {
  const random = chance("six streams");
  const countOf = new Map<string, number>();
  const changed = new Set<string>();
  const recordsOf = (url: URL) => {
    const key = `${url.pathname}${url.searchParams.get("from")}`;
    if (!countOf.has(key)) countOf.set(key, Math.floor(random() * 40));
    return countOf.get(key)!;
  };
  await using server = serve(async (request) => {
    const url = new URL(request.url);
    const fault = random();
    await tick(random() * 4);
    if (fault < 0.05) return new Response("away", { status: 503 });
    if (fault < 0.1) return Response.json({ busy: true });
    const window = `${url.pathname}${url.searchParams.get("from")}`;
    // Once for each window, because one that changes too often fails.
    const skip = Number(url.searchParams.get("skip"));
    if (fault < 0.2 && skip > 0 && skip < recordsOf(url) && !changed.has(window)) {
      changed.add(window);
      return pageOf(url, recordsOf(url), recordsOf(url) + 1);
    }
    return pageOf(url, recordsOf(url));
  });
  await using run = fetchAll(sixStreams(server.url));
  const records = new Map<string, number>();
  const others: Fetched[] = [];
  for await (const item of run.fetched) {
    if (random() < 0.2) await tick(random() * 5);
    if (item.kind === "done") {
      const day = new Date(item.unit.window!.from * 60_000).toISOString().slice(0, 10);
      records.set(`/${item.unit.stream}${day}`, item.records);
    } else if (item.kind === "failed") others.push(item);
  }
  assertEquals(others, []);
  assertEquals(records.size, STREAMS.length * 12);
  assertEquals(records, countOf);
});
