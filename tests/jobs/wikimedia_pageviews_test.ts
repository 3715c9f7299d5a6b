import { assert, assertEquals } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { daysBetween, type Recorded, recorded } from "./recorded.ts";
import { openWorld, type World } from "./world.ts";

/** The hours before this one have been counted. */
const COUNTED_UNTIL = "2025103118";

/** Simulates per-article, aggregate and top; both ends are included, and a response without data is a 404. */
function serveViews(): Recorded {
  return recorded((url, request) => {
    assert(request.headers.get("user-agent")?.startsWith("hindcast/1.0"));
    const [kind, project, ...rest] = url.pathname.replace(/^\/metrics\/pageviews\//, "")
      .split("/").map(decodeURIComponent);
    if (kind === "per-article") return articleViews(project!, rest);
    if (kind === "aggregate") return projectViews(project!, rest);
    return kind === "top" ? topArticles(project!, rest) : undefined;
  });
}

function articleViews(project: string, [access, agent, article, unit, from, to]: string[]) {
  if (access !== "all-access" || agent !== "user" || unit !== "daily") return undefined;
  const items = daysBetween(dayOf(from!), dayOf(to!))
    .map((day) => `${day.replaceAll("-", "")}00`)
    .filter((timestamp) => timestamp < COUNTED_UNTIL && article !== "Nobody")
    .map((timestamp) => ({ project, article, timestamp, views: viewsOf(article!, timestamp) }));
  return items.length === 0 ? undefined : Response.json({ items });
}

function projectViews(project: string, [access, agent, unit, from, to]: string[]) {
  if (access !== "all-access" || agent !== "user" || unit !== "hourly") return undefined;
  const items = daysBetween(dayOf(from!), dayOf(to!))
    .flatMap((day) =>
      Array.from(
        { length: 24 },
        (_, hour) => `${day.replaceAll("-", "")}${String(hour).padStart(2, "0")}`,
      )
    )
    .filter((timestamp) => timestamp >= from! && timestamp <= to! && timestamp < COUNTED_UNTIL)
    .map((timestamp) => ({ project, timestamp, views: viewsOf(project, timestamp) }));
  return items.length === 0 ? undefined : Response.json({ items });
}

function topArticles(project: string, [access, year, month, day]: string[]) {
  if (access !== "all-access" || `${year}${month}${day}` >= "20251031") return undefined;
  const articles = ["Main_Page", "AC/DC", "50%_rule"].map((article, at) => ({
    article,
    views: viewsOf(article, `${year}${month}${day}00`),
    rank: at + 1,
  }));
  return Response.json({ items: [{ project, year, month, day, articles }] });
}

function viewsOf(what: string, timestamp: string): number {
  return what.length * 1000 + Number(timestamp.slice(4)) % 997;
}

function dayOf(timestamp: string): string {
  return timestamp.replace(/^(\d{4})(\d{2})(\d{2})\d{2}$/, "$1-$2-$3");
}

async function setup(): Promise<{ server: Recorded; world: World } & AsyncDisposable> {
  const server = serveViews();
  const env = { WIKIMEDIA_URL: `${server.url}/metrics/pageviews` };
  const now = "2025-10-31T20:00:00Z";
  const world = await openWorld({ job: "wikimedia_pageviews.yaml", env, now });
  return {
    server,
    world,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

Deno.test("wikimedia_pageviews puts dates into the path, for each article of each project", async () => {
  await using s = await setup();
  const ran = await s.world.backfill(
    "--start-date 2024-12-30 --end-date 2025-01-02 --only article_views " +
      "--articles AC/DC,Nobody --projects en.wikipedia de.wikipedia",
  );
  assertEquals([ran.error, ran.summary.ok, ran.summary.windows.done], [undefined, true, 8]);
  assertForecast(ran, s.server.asked.length);
  assertEquals(
    s.server.asked.map(({ pathname }) => pathname).sort()[1],
    [
      "/metrics/pageviews/per-article/de.wikipedia/all-access/user/AC%2FDC",
      "daily/2025010100/2025010200",
    ].join("/"),
  );
  const rows = await s.world.query("SELECT * FROM article_views ORDER BY project, day");
  assertEquals(rows.length, 8);
  assertEquals(
    rows.slice(4).map(({ project, article, day, views }) => [project, article, day, views]),
    [
      ["en.wikipedia", "AC/DC", "2024-12-30", viewsOf("AC/DC", "2024123000")],
      ["en.wikipedia", "AC/DC", "2024-12-31", viewsOf("AC/DC", "2024123100")],
      ["en.wikipedia", "AC/DC", "2025-01-01", viewsOf("AC/DC", "2025010100")],
      ["en.wikipedia", "AC/DC", "2025-01-02", viewsOf("AC/DC", "2025010200")],
    ],
  );
});

Deno.test("wikimedia_pageviews reads each hour of a project once, up to the last that is counted", async () => {
  await using s = await setup();
  const { summary } = await s.world.backfill(
    "--start-date 2025-09-30 --end-date 2025-10-31 --only project_views",
  );
  assertEquals([summary.ok, summary.windows.done, summary.rejected], [true, 2, 0]);
  assertEquals(s.server.asked.map(({ pathname }) => pathname.split("/hourly/")[1]), [
    "2025093000/2025093023",
    "2025100100/2025103123",
  ]);
  const [row] = await s.world.query(`SELECT count(*) AS hours, count(DISTINCT hour) AS different,
    to_char(max(hour) AT TIME ZONE 'UTC', 'YYYYMMDDHH24') AS last FROM project_views`);
  assertEquals(row, { hours: 24 + 30 * 24 + 18, different: 24 + 30 * 24 + 18, last: "2025103117" });
});

Deno.test("wikimedia_pageviews treats a day that is not counted yet as empty, and fetches it again", async () => {
  await using s = await setup();
  await s.world.backfill("--start-date 2025-10-30 --end-date 2025-10-31 --only top_articles");
  assertEquals((await s.world.knows("top_articles")).empty, [["2025-10-31", "2025-10-31"]]);
  s.server.asked.length = 0;
  const ran = await s.world.backfill("--resume");
  assertEquals(ran.summary.ok, true);
  assertForecast(ran, s.server.asked.length);
  assertEquals(s.server.asked.map(({ pathname }) => pathname.slice(-10)).sort(), [
    "2025/10/30",
    "2025/10/31",
  ]);
  const rows = await s.world.query("SELECT article, rank FROM top_articles ORDER BY rank");
  assertEquals(rows.map(({ article }) => article), ["Main_Page", "AC/DC", "50%_rule"]);
});
