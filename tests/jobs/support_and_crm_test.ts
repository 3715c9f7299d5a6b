// The jobs zendesk_tickets and hubspot_contacts: searches by the time of the last change, with cursors.
import { assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const FIRST = Date.parse("2024-01-01T00:00Z");
const DAY_MS = 86_400_000;
const instant = (ms: number) => new Date(ms).toISOString();
const YEAR = "--start-date 2024-01-01 --end-date 2024-03-30";

/** 50 tickets a day for 90 days; none in the second week. */
const TICKETS = Array.from({ length: 90 * 50 }, (_, at) => ({
  id: at + 1,
  subject: `Ticket ${at}`,
  status: at % 2 === 0 ? "open" : "solved",
  tags: at % 3 === 0 ? [] : ["vip", "refund"],
  via: { channel: "email" },
  created_at: instant(FIRST),
  updated_at: instant(FIRST + Math.floor(at * DAY_MS / 50 / 1000) * 1000).replace(".000Z", "Z"),
})).filter((_, at) => at < 350 || at >= 700);

function serveZendesk() {
  return recorded((url, request) => {
    const { pathname, searchParams: params } = url;
    const known = ["query", "filter[type]", "page[size]", "page[after]"];
    if (pathname !== "/api/v2/search/export" || unknownParams(url, known).length > 0) return;
    if (request.headers.get("authorization") !== `Basic ${btoa("me@example.com/token:secret")}`) {
      return Response.json({ error: "Couldn't authenticate you" }, { status: 401 });
    }
    if (params.get("filter[type]") !== "ticket") return;
    const [, from, to] = /^updated>=(\S+) updated<(\S+)$/.exec(params.get("query")!)!;
    const found = TICKETS.filter((ticket) => ticket.updated_at >= from! && ticket.updated_at < to!);
    const cursor = params.get("page[after]");
    const at = cursor === null ? 0 : Number(atob(cursor));
    const results = found.slice(at, at + Number(params.get("page[size]") ?? 100));
    const next = at + results.length;
    const meta = { has_more: next < found.length, after_cursor: btoa(String(next)) };
    return Response.json({ results, facets: null, meta, links: { next: null } });
  });
}

Deno.test("zendesk_tickets exports a search by cursor, over weeks with and without tickets", async () => {
  await using server = serveZendesk();
  const env = {
    ZENDESK_URL: server.url,
    ZENDESK_USER: "me@example.com/token",
    ZENDESK_TOKEN: "secret",
  };
  await using world = await openWorld({ job: "zendesk_tickets.yaml", env });
  const ran = await world.backfill(YEAR);
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertEquals(
    await world.query(
      "SELECT id::int, subject, status, tags, channel, updated_at AS at FROM tickets ORDER BY id",
    ),
    TICKETS.map(({ id, subject, status, tags, via, updated_at }) => ({
      ...{ id, subject, status, tags, channel: via.channel, at: updated_at },
    })),
  );
  assertForecast(ran, server.asked.length);
});

/** 200 contacts a day for 90 days, and 15,000 that were imported within ten hours of the 40th day. */
const CONTACTS = [
  ...Array.from({ length: 90 * 200 }, (_, at) => contact(at, FIRST + at * DAY_MS / 200)),
  ...Array.from(
    { length: 15_000 },
    (_, at) => contact(90_000 + at, FIRST + 40 * DAY_MS + at * 2400),
  ),
].sort((a, b) => a.at - b.at);

function contact(id: number, at: number) {
  const properties = {
    email: `User${id}@Example.com`,
    firstname: id % 4 === 0 ? null : `Ann ${id}`,
    createdate: instant(FIRST),
    lastmodifieddate: instant(at),
  };
  return { id: String(id), at, properties, archived: false };
}

function serveHubspot() {
  return recorded(async ({ pathname }, request) => {
    if (pathname !== "/crm/v3/objects/contacts/search" || request.method !== "POST") return;
    if (request.headers.get("authorization") !== "Bearer pat-1") {
      return Response.json({ status: "error", message: "expired" }, { status: 401 });
    }
    const { filterGroups: [{ filters: [from, to] }], after, limit, sorts } = await request.json();
    assertEquals([from.operator, to.operator, sorts[0].direction], ["GTE", "LT", "ASCENDING"]);
    assertEquals([typeof from.value, limit], ["string", 200]);
    const found = CONTACTS.filter(({ at }) => at >= Number(from.value) && at < Number(to.value));
    const start = Number(after ?? 0);
    if (start + limit > 10_000) {
      const message = "Request page is out of bounds: after + limit must be at most 10000";
      return Response.json({ status: "error", message }, { status: 400 });
    }
    const results = found.slice(start, start + limit).map(({ id, properties, archived }) => ({
      ...{ id, properties, archived, createdAt: properties.createdate },
    }));
    const next = start + results.length;
    const paging = next < found.length ? { next: { after: String(next) } } : undefined;
    return Response.json({ total: found.length, results, paging });
  });
}

Deno.test("hubspot_contacts stays below the 10,000 contacts of a search, also on the day of an import", async () => {
  await using server = serveHubspot();
  const env = { HUBSPOT_URL: server.url, HUBSPOT_TOKEN: "pat-1" };
  await using world = await openWorld({
    job: "hubspot_contacts.yaml",
    env,
    change: (job) => {
      const forecast = { records_per_day: CONTACTS.length / 90, rows_per_record: 1 };
      return { ...job, streams: { contacts: { ...job.streams.contacts!, forecast } } };
    },
  });
  const ran = await world.backfill(YEAR);
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  assertEquals(
    await world.query(
      "SELECT count(*)::int AS contacts, count(DISTINCT email)::int AS emails, count(first_name)::int AS names FROM contacts",
    ),
    [{ contacts: 33_000, emails: 33_000, names: 24_750 }],
  );
  assertEquals(
    await world.query(
      `SELECT id::int, email, first_name, (extract(epoch FROM modified_at) * 1000)::bigint::text AS at
         FROM contacts WHERE id IN (4, 7, 100001) ORDER BY id`,
    ),
    [4, 7, 100_001].map((id) => CONTACTS.find((contact) => contact.id === String(id))!)
      .map(({ id, at, properties }) => ({
        ...{ id: Number(id), email: properties.email.toLowerCase() },
        ...{ first_name: properties.firstname, at: String(at) },
      })),
  );
  assertForecast(ran, server.asked.length);
});
