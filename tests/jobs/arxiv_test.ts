import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertForecast } from "./forecast_of.ts";
import { recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

/** 25 papers a day for 40 days, but on the second only one. */
const PAPERS = Array.from({ length: 40 * 25 }, (_, at) => ({
  at: Date.parse("2024-01-01T00:00Z") + Math.floor(at * 86_400_000 / 25),
  id: `2401.${String(at).padStart(5, "0")}`,
  version: 1 + at % 3,
})).filter((_, at) => at <= 25 || at >= 50);

const compact = (ms: number) => new Date(ms).toISOString().replace(/[^0-9]/g, "").slice(0, 12);
const instant = (ms: number) => new Date(ms).toISOString().slice(0, 19) + "Z";

function entry({ at, id, version }: typeof PAPERS[number]): string {
  return `<entry><id>http://arxiv.org/abs/${id}v${version}</id><updated>${instant(at)}</updated>
    <published>${instant(at)}</published><title>A &amp; B of
  ${id}</title><summary>Text</summary><author><name>Ann</name></author><author><name>Bob</name></author>
    <arxiv:comment>9 pages</arxiv:comment><link href="http://arxiv.org/abs/${id}" rel="alternate"/>
    <arxiv:primary_category term="cs.DB"/><category term="cs.DB"/><category term="cs.LG"/></entry>`;
}

function feed(total: number, entries: string): Response {
  return new Response(
    `<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"
      xmlns:arxiv="http://arxiv.org/schemas/atom"><title>ArXiv Query</title>
      <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">${total}</opensearch:totalResults>
      ${entries}</feed>`,
    { headers: { "content-type": "application/atom+xml; charset=UTF-8" } },
  );
}

function serveArxiv() {
  return recorded((url) => {
    const { pathname, searchParams: params } = url;
    const known = ["search_query", "sortBy", "sortOrder", "start", "max_results"];
    if (pathname !== "/api/query" || unknownParams(url, known).length > 0) return;
    const query = /^cat:(\S+) AND submittedDate:\[(\d{12}) TO (\d{12})\]$/
      .exec(params.get("search_query")!);
    if (query === null || query[1] === "cs.XX") {
      return feed(1, "<entry><id>http://arxiv.org/api/errors#1</id><title>Error</title></entry>");
    }
    const found = PAPERS.filter(({ at }) => compact(at) >= query[2]! && compact(at) <= query[3]!);
    const start = Number(params.get("start"));
    const page = found.slice(start, start + Number(params.get("max_results")));
    return feed(found.length, page.map(entry).join(""));
  });
}

Deno.test("arxiv reads an Atom feed with many entries, one or none, and strips versions from ids", async () => {
  await using server = serveArxiv();
  await using world = await openWorld({ job: "arxiv.yaml", env: { ARXIV_URL: server.url } });
  const ran = await world.backfill("--start-date 2023-12-31 --end-date 2024-02-09");
  assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
  const rows = await world.query(
    "SELECT id, version, submitted_at AS at, title, categories, authors, doi FROM papers ORDER BY id",
  );
  assertEquals(
    rows,
    PAPERS.map(({ id, version, at }) => ({
      ...{ id, version, at: instant(at), title: `A & B of\n  ${id}`, doi: null },
      ...{ categories: ["cs.DB", "cs.LG"], authors: ["Ann", "Bob"] },
    })),
  );
  assertEquals(await world.query("SELECT DISTINCT comment, primary_category FROM papers"), [{
    comment: "9 pages",
    primary_category: "cs.DB",
  }]);
  assertForecast(ran, server.asked.length);
});

Deno.test("arxiv fails a window whose query is wrong, which the API reports as an entry", async () => {
  await using server = serveArxiv();
  await using world = await openWorld({ job: "arxiv.yaml", env: { ARXIV_URL: server.url } });
  const { summary, events } = await world.backfill(
    "--start-date 2024-01-02 --end-date 2024-01-02 --categories cs.XX",
  );
  assertEquals(summary.ok, false);
  assertStringIncludes(JSON.stringify(events), "feed.entry[0].title");
});
