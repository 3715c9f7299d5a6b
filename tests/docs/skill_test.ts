// The skill for coding agents: its job is valid, its links resolve, and three jobs of unseen APIs that use nothing
// but its patterns load every record.
import { assertEquals } from "@std/assert";
import { readJob } from "../../lib/config/read_job.ts";
import { openWorld } from "../jobs/world.ts";
import { serve } from "../support/http_server.ts";
import { REPOSITORY } from "../support/repository.ts";

const SKILL = await Deno.readTextFile(`${REPOSITORY}docs/skill/SKILL.md`);

/** A job's text as the skill shows it. */
function shown(): string {
  return /```yaml\n([\s\S]*?)```/.exec(SKILL)![1]!;
}

Deno.test("the job in the skill is valid", async () => {
  const job = await readJob("job.yaml", { readText: () => shown(), env: () => "x" });
  assertEquals(Object.keys(job.streams), ["orders"]);
});

Deno.test("every page that llms.txt names exists", async () => {
  const text = await Deno.readTextFile(`${REPOSITORY}docs/llms.txt`);
  const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
  assertEquals(links.length > 10, true);
  for (const link of links) await Deno.stat(`${REPOSITORY}docs/${link}`);
});

Deno.test("a job written as the skill says loads an API with pages, a total and a bearer token", async () => {
  const refused: string[] = [];
  await using api = serve((request) => {
    const { searchParams } = new URL(request.url);
    if (request.headers.get("authorization") !== "Bearer t0ken-of-mine") {
      refused.push(request.url);
      return new Response("no", { status: 401 });
    }
    const [day, page] = [searchParams.get("on"), Number(searchParams.get("page"))];
    const all = Array.from({ length: 5 }, (_, n) => ({
      ticket: `${day}-${n}`,
      opened: `${day}T0${n}:00:00Z`,
      price: { amount: `${n}.50` },
    }));
    const data = all.slice(2 * (page - 1), 2 * page);
    return Response.json({ result: { items: data, count: all.length } });
  });
  await using world = await openWorld({
    env: { TICKETS_TOKEN: "t0ken-of-mine" },
    job: `job: tickets
start: 2025-10-01
source: { url: "${api.url}", limits: 1/s, auth: { bearer: "\${TICKETS_TOKEN}" } }
tables:
  tickets: { key: ticket, columns: { ticket: text, opened: timestamptz, amount: numeric, raw: jsonb } }
streams:
  tickets:
    request: { path: /tickets, query: { on: "{from}" } }
    window: day
    paging: { by: page, page_param: page, size_param: per_page, size: 2 }
    total: result.count
    records: result.items
    rows: { table: tickets, columns: { ticket: ticket, opened: opened, amount: price.amount, raw: . } }
`,
  });
  const { summary } = await world.backfill("--start-date 2025-10-01 --end-date 2025-10-03");
  assertEquals([summary.ok, refused], [true, []]);
  assertEquals(
    await world.query(
      "SELECT count(*)::int AS rows, sum(amount)::text AS sum, min(raw->>'ticket') AS raw FROM tickets",
    ),
    [{ rows: 15, sum: "37.50", raw: "2025-10-01-0" }],
  );
});

Deno.test("a job written as the skill says loads CSV by first and last day, with its own date format", async () => {
  await using api = serve((request) => {
    const { searchParams } = new URL(request.url);
    if (searchParams.get("api_key") !== "k3y-of-levels") return new Response("", { status: 403 });
    const from = Date.parse(`${searchParams.get("start")}Z`);
    const days = (Date.parse(`${searchParams.get("end")}Z`) - from) / 86_400_000 + 1;
    const lines = Array.from({ length: days }, (_, n) => {
      const [year, month, day] = new Date(from + n * 86_400_000).toISOString().slice(0, 10).split(
        "-",
      );
      return `G1,${day}.${month}.${year},${n}`;
    });
    return new Response(["gauge,day,level", ...lines].join("\n"), {
      headers: { "content-type": "text/csv" },
    });
  });
  await using world = await openWorld({
    env: { LEVELS_KEY: "k3y-of-levels" },
    job: `job: levels
start: 2025-09-01
source: { url: "${api.url}", limits: 1/s, auth: { query: { api_key: "\${LEVELS_KEY}" } } }
tables:
  levels: { key: [gauge, day], columns: { gauge: text, day: date, level: numeric } }
streams:
  levels:
    request: { path: /export, query: { start: "{from}", end: "{last}" } }
    window: month
    format: csv
    rows:
      table: levels
      columns: { gauge: gauge, day: { path: day, format: "%d.%m.%Y" }, level: level }
`,
  });
  const { summary } = await world.backfill("--start-date 2025-09-01 --end-date 2025-10-15");
  assertEquals(summary.ok, true);
  assertEquals(
    await world.query("SELECT count(*)::int AS days, min(day)::text AS first FROM levels"),
    [{ days: 45, first: "2025-09-01" }],
  );
});

Deno.test("a job written as the skill says loads events by cursor and epoch, for each device of another stream", async () => {
  await using api = serve((request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/devices") return Response.json([{ id: "a" }, { id: "b" }]);
    const [since, cursor] = [Number(searchParams.get("since")), searchParams.get("cursor")];
    const first = cursor === null ? 0 : Number(cursor);
    const events = [0, 1].map((n) => ({ seq: `${pathname}${since}${first + n}`, ts: since + n }));
    return Response.json({ events, page: { next: first === 0 ? "2" : null } });
  });
  await using world = await openWorld({
    job: `job: devices
start: 2025-10-01
source: { url: "${api.url}", limits: 1/s }
tables:
  devices: { key: id, columns: { id: text } }
  events: { key: seq, columns: { seq: text, at: timestamptz } }
streams:
  devices: { group: masters, request: /devices, rows: devices }
  events:
    for_each: { device: { query: SELECT id FROM devices } }
    request:
      path: /devices/{each.device}/events
      query: { since: "{from|epoch}", until: "{to|epoch}" }
    window: day
    paging: { by: cursor, cursor: page.next, cursor_param: cursor }
    records: events
    rows: { table: events, columns: { seq: seq, at: { path: ts, format: epoch } } }
`,
  });
  const { summary, error, events } = await world.backfill(
    "--start-date 2025-10-01 --end-date 2025-10-02",
  );
  const failed = events.filter(({ kind }) => kind === "window_failed");
  assertEquals([summary.ok, error, failed], [true, undefined, []]);
  assertEquals(
    await world.query("SELECT count(*)::int AS events, min(at)::text AS first FROM events"),
    [{ events: 16, first: "2025-10-01 00:00:00+00" }],
  );
});
