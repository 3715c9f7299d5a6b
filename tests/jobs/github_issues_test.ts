import { assert, assertEquals } from "@std/assert";
import type { Job } from "../../lib/config/schema/job.ts";
import { assertForecast } from "./forecast_of.ts";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const HOUR_MS = 3_600_000;
const START = Date.parse("2024-01-01T00:00:00Z");

interface Issue {
  readonly id: number;
  readonly number: number;
  readonly isPull: boolean;
  updatedAt: number;
  title: string;
}

/** Issues, one every few hours, every third a pull request; two at the edges of a day. */
function issues(count: number, everyHours = 5): Issue[] {
  const all = Array.from({ length: count }, (_, at): Issue => ({
    id: 9_000_000_000 + at,
    number: at + 1,
    isPull: at % 3 === 2,
    updatedAt: START + at * everyHours * HOUR_MS,
    title: `Issue ${at + 1}`,
  }));
  all[0]!.updatedAt = START;
  all[1]!.updatedAt = START + 24 * HOUR_MS - 1000;
  return all;
}

function shown({ id, number, isPull, updatedAt, title }: Issue) {
  const text = (at: number) => new Date(at).toISOString().replace(".000", "");
  return {
    id,
    number,
    title,
    html_url: `https://github.com/a/b/issues/${number}`,
    user: number % 7 === 0 ? null : { id: number % 5, login: `user${number % 5}`, type: "User" },
    labels: number % 2 === 0 ? [] : [{ id: 1, name: "bug" }, { id: 2, name: 'a, "b"' }],
    assignees: [],
    state: number % 4 === 0 ? "closed" : "open",
    comments: number,
    reactions: { url: "...", total_count: number % 3 },
    locked: false,
    created_at: text(updatedAt - HOUR_MS),
    updated_at: text(updatedAt),
    closed_at: null,
    body: number % 2 === 0 ? null : "  keeps its blanks\n",
    ...isPull ? { draft: false, pull_request: { merged_at: text(updatedAt) } } : {},
  };
}

/** The faults of the service, request by request. */
type RetryEntry = (attempt: number) => Response | undefined;

const SECONDARY = { message: "You have exceeded a secondary rate limit." };

/** Simulates search and labels: Link headers, at most 1000 results per search, a token. */
function serveGithub(
  all: Issue[],
  { most = 1000, trouble = (() => undefined) as RetryEntry } = {},
) {
  let attempts = 0;
  return recorded((url, { headers }) => {
    if (headers.get("authorization") !== "Bearer ghp_secret") {
      return Response.json({ message: "Bad credentials" }, { status: 401 });
    }
    const refused = trouble(++attempts);
    if (refused !== undefined) return refused;
    const { pathname, searchParams: params } = url;
    if (pathname === "/repos/a/b/labels") return paged(url, LABELS, LABELS.length);
    if (pathname !== "/search/issues") return undefined;
    if (unknownParams(url, ["q", "sort", "order", "per_page", "page"]).length > 0) return undefined;
    const query = /^repo:a\/b is:(issue|pull-request) updated:(\S+)\.\.(\S+)$/
      .exec(params.get("q")!);
    if (query === null) return Response.json({ message: "Validation Failed" }, { status: 422 });
    const [, kind, from = "", to = ""] = query;
    const found = all.filter(({ isPull, updatedAt }) =>
      isPull === (kind === "pull-request") && updatedAt >= Date.parse(from) &&
      updatedAt <= Date.parse(to)
    );
    return paged(url, found.map(shown), Math.min(found.length, most), (items) => ({
      total_count: found.length,
      incomplete_results: false,
      items,
    }));
  });
}

const LABELS = Array.from({ length: 130 }, (_, at) => ({ name: `label ${at}`, color: "d73a4a" }));

function paged<T>(
  url: URL,
  all: readonly T[],
  reachable: number,
  wrap: (page: readonly T[]) => unknown = (page) => page,
): Response {
  const size = Number(url.searchParams.get("per_page"));
  const page = Number(url.searchParams.get("page") ?? 1);
  const next = new URL(url);
  next.searchParams.set("page", String(page + 1));
  const last = page * size >= reachable;
  const link = last ? `<${url}>; rel="first"` : `<${url}>; rel="prev", <${next}>; rel="next"`;
  return Response.json(wrap(all.slice((page - 1) * size, Math.min(page * size, reachable))), {
    headers: { link },
  });
}

const DAYS = "--start-date 2024-01-01 --end-date 2024-03-31 --repositories a/b";

function world(url: string, change?: (job: Job) => Job) {
  const env = { GITHUB_API_URL: url, GITHUB_TOKEN: "ghp_secret" };
  return openWorld({ job: "github_issues.yaml", env, ...change === undefined ? {} : { change } });
}

Deno.test("github_issues follows Link headers to every issue and label", async () => {
  const all = issues(900, 2);
  await using server = serveGithub(all);
  await using w = await world(server.url);
  const ran = await w.backfill(DAYS);
  const { summary, error, events } = ran;
  assertEquals([error, summary.ok, summary.rejected], [undefined, true, 0]);
  assertForecast(ran, server.asked.length);
  assertEquals(JSON.stringify(events).includes("ghp_secret"), false);

  const rows = await w.query(`SELECT *, to_char(updated_at AT TIME ZONE 'UTC',
    'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated FROM issues ORDER BY number`);
  assertEquals(rows.length, 900);
  for (const [at, row] of rows.entries()) {
    const given = shown(all[at]!);
    assertEquals(
      [row.id, row.kind, row.title, row.state, row.updated, row.author_id, row.comments],
      [
        ...[given.id, all[at]!.isPull ? "pull-request" : "issue", given.title, given.state],
        ...[given.updated_at, given.user?.id ?? null, given.comments],
      ],
    );
    assertEquals([row.labels, row.reactions, row.body, row.draft, row.merged_at !== null], [
      ...[given.labels.map(({ name }) => name), given.reactions.total_count, given.body],
      ...[given.draft ?? null, given.pull_request !== undefined],
    ]);
  }
  assertEquals((await w.query("SELECT login FROM users ORDER BY id")).length, 5);
  assertEquals((await w.query("SELECT name FROM labels")).length, 130);
  assertEquals(server.asked.some(({ pathname }) => pathname === "/repos/a/b/labels"), true);
});

Deno.test("github_issues halves windows until a search returns all of its results", async () => {
  const all = issues(400);
  await using server = serveGithub(all, { most: 50 });
  await using w = await world(server.url, (job) => {
    const stream = job.streams.issues!;
    const paging = { ...stream.paging, size: 10 } as typeof stream.paging;
    const issues = { ...stream, paging, max_pages: 5, window: WHOLE };
    return { ...job, streams: { ...job.streams, issues } };
  });
  const { summary } = await w.backfill(DAYS);
  assertEquals([summary.ok, summary.windows.failed], [true, 0]);
  const [row] = await w.query("SELECT count(*) AS n FROM issues");
  assertEquals(row, { n: 400 });
  // The first page shows that a window holds too much.
  const beyond = server.asked.filter(({ searchParams }) => searchParams.get("page") === "6");
  assertEquals(beyond, []);
});

const WHOLE = {
  auto: true as const,
  min: { unit: "minute" as const, count: 60 },
  max: { unit: "day" as const, count: 365 },
};

Deno.test("github_issues waits for secondary limits to pass, with and without Retry-After", async () => {
  const all = issues(20);
  const trouble = (attempt: number) =>
    attempt === 1
      ? Response.json(SECONDARY, { status: 403, headers: { "retry-after": "0" } })
      : attempt === 3
      ? Response.json(SECONDARY, { status: 403 })
      : undefined;
  await using server = serveGithub(all, { trouble });
  await using w = await world(server.url);
  const { summary, error, events } = await w.backfill(DAYS);
  // Before the first response all requests wait for the refusal to end, which is not a retry; later another
  // response proves that only this request was refused, so only this one is retried.
  assertEquals([error, summary.ok, summary.refused, summary.retries], [undefined, true, 2, 1]);
  const waits = events.flatMap((event) => event.kind === "waiting" ? [event.wait?.kind] : []);
  assertEquals(waits, ["limit", undefined]);
  assertEquals((await w.query("SELECT id FROM issues")).length, 20);
});

Deno.test("github_issues fetches a changed issue again, and keeps its later state", async () => {
  const all = issues(20);
  await using server = serveGithub(all);
  await using w = await world(server.url);
  w.nowMs = START + 5 * 24 * HOUR_MS;
  await w.backfill("--start-date 2024-01-01 --repositories a/b");
  all[0]!.updatedAt = START + 9 * 24 * HOUR_MS;
  all[0]!.title = "A new title";
  w.nowMs = START + 10 * 24 * HOUR_MS;
  server.asked.length = 0;
  const { summary } = await w.backfill(
    "--start-date 2024-01-01 --end-date 2024-01-10 --repositories a/b --resume",
  );
  assertEquals([summary.ok, summary.rows.issues], [true, {
    inserted: 0,
    updated: 1,
    unchanged: 5,
  }]);
  const rows = await w.query("SELECT title FROM issues WHERE number = 1");
  assertEquals(rows, [{ title: "A new title" }]);
  const searched = server.asked.map(({ searchParams }) => searchParams.get("q") ?? "");
  assert(
    searched.every((q) => !q.includes("updated:2024-01-01")),
    "settled days were fetched again",
  );
});
