// The job zendesk_users: an incremental export, whose cursor each run continues.
import { assertEquals } from "@std/assert";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const FIRST = Date.parse("2024-01-01T00:00Z");
const PAGE = 1000;

function user(id: number, changedAt: number) {
  const at = new Date(FIRST + changedAt * 60_000).toISOString().replace(".000Z", "Z");
  return {
    ...{ id, name: `User ${id}`, email: id % 5 === 0 ? null : `user${id}@example.com` },
    ...{ role: id % 100 === 0 ? "agent" : "end-user", tags: id % 2 === 0 ? [] : ["vip"] },
    ...{ user_fields: { plan: "gold" }, active: true, suspended: false, organization_id: null },
    ...{ created_at: "2024-01-01T00:00:00Z", updated_at: at },
  };
}

/** Changes in the order of their time: a user that changes again appears again. */
const LOG = Array.from({ length: 2_300 }, (_, at) => user(at + 1, at));

function serveZendesk() {
  return recorded((url, request) => {
    const { pathname, searchParams: params } = url;
    const known = ["start_time", "cursor", "per_page"];
    if (pathname !== "/api/v2/incremental/users/cursor.json") return;
    if (unknownParams(url, known).length > 0) return;
    if (request.headers.get("authorization") !== `Basic ${btoa("me@example.com/token:secret")}`) {
      return Response.json({ error: "Couldn't authenticate you" }, { status: 401 });
    }
    const [start, cursor] = [params.get("start_time"), params.get("cursor")];
    if ((start === null) === (cursor === null)) return Response.json({}, { status: 400 });
    const from = cursor === null ? 0 : Number(atob(cursor));
    const users = LOG.slice(from, from + Math.min(PAGE, Number(params.get("per_page"))));
    const to = from + users.length;
    const after = btoa(String(to));
    return Response.json({
      ...{ users, after_cursor: after, before_cursor: null, before_url: null },
      after_url: `https://example.zendesk.com/api/v2/incremental/users/cursor.json?cursor=${after}`,
      end_of_stream: to === LOG.length,
    });
  });
}

Deno.test("zendesk_users reads all users once, then those that have changed", async () => {
  await using server = serveZendesk();
  const env = {
    ZENDESK_URL: server.url,
    ZENDESK_USER: "me@example.com/token",
    ZENDESK_TOKEN: "secret",
  };
  await using world = await openWorld({ job: "zendesk_users.yaml", env });
  const first = await world.backfill("");
  assertEquals([first.error, first.summary.ok, first.summary.rejected], [undefined, true, 0]);
  assertEquals(server.asked.splice(0).map(({ search }) => search), [
    `?start_time=${Date.parse("2010-01-01") / 1000}&per_page=1000`,
    ...[1000, 2000].map((at) => `?cursor=${encodeURIComponent(btoa(String(at)))}&per_page=1000`),
  ]);

  LOG.push({ ...user(7, 5_000), name: "Renamed" }, user(2_301, 5_001));
  const second = await world.backfill("--resume");
  assertEquals([second.summary.ok, server.asked.length], [true, 1]);
  const rows = await world.query(
    "SELECT id::int, name, email, role, tags, user_fields, active, updated_at AS at FROM users ORDER BY id",
  );
  const expected = new Map(LOG.map((one) => [one.id, one]));
  assertEquals(
    rows,
    [...expected.values()].sort((a, b) => a.id - b.id).map((one) => ({
      ...{ id: one.id, name: one.name, email: one.email, role: one.role, tags: one.tags },
      ...{ user_fields: one.user_fields, active: one.active, at: one.updated_at },
    })),
  );
});
