// Every notation of dates in a request, against one server that holds events at the edges of days and
// hours around both clock changes and reads each notation as a real one would: each event must be
// returned exactly once, and be in the table.
import { assertEquals } from "@std/assert";
import { parse, stringify } from "yaml";
import { recorded } from "./recorded.ts";
import { openWorld } from "./world.ts";

/** Events are identified by their second. */
interface Event {
  readonly id: string;
  readonly atMs: number;
}

const ZONE = "Europe/London";

/** Local midnights of 29 March to 1 April and 25 to 28 October 2025, which include both clock changes. */
const MIDNIGHTS = [
  ...["2025-03-29T00:00Z", "2025-03-30T00:00Z", "2025-03-30T23:00Z", "2025-03-31T23:00Z"],
  ...["2025-10-24T23:00Z", "2025-10-25T23:00Z", "2025-10-27T00:00Z", "2025-10-28T00:00Z"],
].map((text) => Date.parse(text));

/** Events on, before and after each midnight and each hour of the days in between. */
const EVENTS: Event[] = [
  ...new Set(
    [[0, 3], [4, 7]].flatMap(([first, last]) => {
      const [from, to] = [MIDNIGHTS[first!]!, MIDNIGHTS[last!]!];
      const hours = Array.from({ length: (to - from) / 3_600_000 }, (_, n) => from + n * 3_600_000);
      return hours.flatMap((at) => [at, at + 1000, at + 3_599_000]);
    }),
  ),
].map((atMs) => ({ id: String(atMs), atMs }));

/** How a server of one convention reads a request: which moments it returns. */
type Understood = (params: URLSearchParams, request: Request, path: string, body: unknown) => [
  from: number,
  to: number,
];

/** How a stream for that convention is declared. */
interface Manner {
  readonly stream: Record<string, unknown>;
  readonly understood: Understood;
}

const DAY_MS = 86_400_000;

/** Midnight of a day in the zone; the clock is an hour ahead from 30 March to 25 October. */
function midnight(day: string): number {
  const utc = Date.parse(`${day}T00:00Z`);
  return utc > Date.parse("2025-03-30T00:00Z") && utc <= Date.parse("2025-10-26T00:00Z")
    ? utc - 3_600_000
    : utc;
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
}

const query = (edges: Record<string, string>, window: unknown) => ({
  request: { path: "", query: edges },
  window,
});

const MANNERS: Readonly<Record<string, Manner>> = {
  one_day: {
    stream: query({ date: "{from}" }, "day"),
    understood: (p) => [midnight(p.get("date")!), midnight(dayAfter(p.get("date")!))],
  },
  first_and_last_day: {
    stream: query({ a: "{from}", b: "{last}" }, "2d"),
    understood: (p) => [midnight(p.get("a")!), midnight(dayAfter(p.get("b")!))],
  },
  day_after_the_last: {
    stream: query({ a: "{from}", b: "{to}" }, "week"),
    understood: (p) => [midnight(p.get("a")!), midnight(p.get("b")!)],
  },
  german_days: {
    stream: query({ a: "{from|%d.%m.%Y}", b: "{last|%d.%m.%Y}" }, "auto"),
    understood: (p) => {
      const [a, b] = ["a", "b"].map((name) => p.get(name)!.split(".").reverse().join("-"));
      return [midnight(a!), midnight(dayAfter(b!))];
    },
  },
  half_open_instants: {
    stream: query({ a: "{from|instant}", b: "{to|instant}" }, "6h"),
    understood: (p) => [Date.parse(p.get("a")!), Date.parse(p.get("b")!)],
  },
  instants_included: {
    stream: query({ a: "{from|instant}", b: "{last|instant}" }, "1h"),
    understood: (p) => [Date.parse(p.get("a")!), Date.parse(p.get("b")!) + 1000],
  },
  milliseconds_included: {
    stream: query({ a: "{from|instant_ms}", b: "{last|instant_ms}" }, "day"),
    understood: (p) => [Date.parse(p.get("a")!), Date.parse(p.get("b")!) + 1],
  },
  offsets: {
    stream: query({ a: "{from|offset}", b: "{to|offset}" }, "12h"),
    understood: (p) => [Date.parse(p.get("a")!), Date.parse(p.get("b")!)],
  },
  epoch: {
    stream: query({ a: "{from|epoch}", b: "{to|epoch}" }, "day"),
    understood: (p) => [Number(p.get("a")) * 1000, Number(p.get("b")) * 1000],
  },
  epoch_included: {
    stream: query({ a: "{from|epoch}", b: "{last|epoch}" }, "month"),
    understood: (p) => [Number(p.get("a")) * 1000, Number(p.get("b")) * 1000 + 1000],
  },
  epoch_ms_included: {
    stream: query({ a: "{from|epoch_ms}", b: "{last|epoch_ms}" }, "8h"),
    understood: (p) => [Number(p.get("a")), Number(p.get("b")) + 1],
  },
  start_excluded: {
    stream: query({ after: "{before|epoch}", until: "{last|epoch}" }, "day"),
    understood: (p) =>
      [
        ...[Number(p.get("after")) * 1000 + 1000, Number(p.get("until")) * 1000 + 1000],
      ] as [number, number],
  },
  month_in_path: {
    stream: { request: "/{from|%Y/%m}", window: "month" },
    understood: (_, __, path) => {
      const [year, month] = path.split("/").slice(-2).map(Number);
      const first = (month: number) =>
        new Date(Date.UTC(year!, month - 1)).toISOString().slice(0, 10);
      return [midnight(first(month!)), midnight(first(month! + 1))];
    },
  },
  header: {
    stream: { request: { path: "", headers: { "X-Day": "{from|%Y%m%d}" } }, window: "day" },
    understood: (_, { headers }) => {
      const day = headers.get("x-day")!.replace(/(....)(..)(..)/, "$1-$2-$3");
      return [midnight(day), midnight(dayAfter(day))];
    },
  },
  json_body: {
    stream: {
      request: {
        path: "",
        method: "POST",
        body: { filter: [{ at: { gte: "{from|epoch_ms}", lt: "{to|epoch_ms}" } }] },
      },
      window: "2d",
    },
    understood: (_, __, ___, body) => {
      const [{ at }] = (body as { filter: [{ at: { gte: number; lt: number } }] }).filter;
      if (typeof at.gte !== "number") throw new TypeError("expected a number");
      return [at.gte, at.lt];
    },
  },
  form_body: {
    stream: {
      request: { path: "", method: "POST", form: { a: "{from}", b: "{last}" } },
      window: "year",
    },
    understood: (_, __, ___, body) => {
      const form = new URLSearchParams(body as string);
      return [midnight(form.get("a")!), midnight(dayAfter(form.get("b")!))];
    },
  },
};

/** One stream for each convention, all into one table. */
function job(): string {
  const streams = Object.entries(MANNERS).map(([name, { stream }]) => {
    const given = stream.request as string | { path: string };
    const request = typeof given === "string"
      ? `/${name}${given}`
      : { ...given, path: `/${name}${given.path}` };
    const columns = { manner: { value: name }, id: "id" };
    return [name, { ...stream, request, record_date: "at", rows: { table: "events", columns } }];
  });
  return stringify({
    ...parse(`job: manners
time_zone: ${ZONE}
source: { url: "\${URL}", concurrency: 4 }
tables: { events: { key: [manner, id], columns: { manner: text, id: text } } }
`),
    streams: Object.fromEntries(streams),
  });
}

Deno.test("each date format requests each instant once, also when clocks change", async () => {
  const served = new Map<string, number>();
  await using server = recorded(async ({ pathname, searchParams }, request) => {
    const name = pathname.split("/")[1]!;
    const text = await request.text();
    const body = text.startsWith("{") ? JSON.parse(text) : text;
    const [from, to] = MANNERS[name]!.understood(searchParams, request, pathname, body);
    const found = EVENTS.filter(({ atMs }) => atMs >= from && atMs < to);
    for (const { id } of found) served.set(`${name} ${id}`, (served.get(`${name} ${id}`) ?? 0) + 1);
    return Response.json(
      found.map(({ id, atMs }) => ({ id, at: new Date(atMs).toISOString() })),
    );
  });
  await using world = await openWorld({ job: job(), env: { URL: server.url } });
  for (const range of ["2025-03-29 --end-date 2025-03-31", "2025-10-25 --end-date 2025-10-27"]) {
    const { summary, error } = await world.backfill(`--start-date ${range}`);
    assertEquals([error, summary.ok, summary.rejected], [undefined, true, 0]);
  }
  for (const name of Object.keys(MANNERS)) {
    // Requests for whole months or years return more than the days of the run.
    if (name === "month_in_path") continue;
    const wrong = EVENTS.filter(({ id }) => served.get(`${name} ${id}`) !== 1)
      .map(({ id, atMs }) => [served.get(`${name} ${id}`) ?? 0, new Date(atMs).toISOString()]);
    assertEquals(wrong, [], name);
  }
  const rows = await world.query(
    "SELECT manner, count(*) AS events FROM events GROUP BY manner ORDER BY manner",
  );
  assertEquals(
    rows,
    Object.keys(MANNERS).sort().map((manner) => ({ manner, events: EVENTS.length })),
  );
});
