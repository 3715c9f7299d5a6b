import { assertEquals } from "@std/assert";
import type { Job } from "../../lib/config/schema/job.ts";
import { assertForecast } from "./forecast_of.ts";
import { daysBetween, recorded, unknownParams } from "./recorded.ts";
import { openWorld } from "./world.ts";

const FIELDS = ["agencies", "document_number", "publication_date", "title"];

/** Two documents on a Monday, three on a Tuesday and so on; none at weekends. */
function documentsOf(day: string) {
  const weekday = new Date(day).getUTCDay();
  const count = weekday % 6 === 0 ? 0 : weekday + 1;
  return Array.from({ length: count }, (_, at) => ({
    document_number: `${day.slice(0, 4)}-${day.slice(5, 7)}${day.slice(8)}${at}`,
    publication_date: day,
    type: at === 0 ? "Presidential Document" : "Notice",
    title: `Document ${at} of ${day}`,
    abstract: at === 1 ? null : "About <em>something</em>",
    start_page: 1000 + at,
    effective_on: null,
    significant: null,
    president: at === 0 ? { identifier: "x", name: "A President" } : null,
    docket_ids: at === 1 ? [] : ["FAA-2024-1", "A, B"],
    topics: [],
    cfr_references: [{ title: 14, part: 39, citation_url: null }],
    agencies: [
      { raw_name: "DEPARTMENT OF X", name: "X Department", id: 7, slug: "x-department" },
      ...at === 2 ? [{ raw_name: "OFFICE WITHOUT ENTRY" }] : [],
    ],
  }));
}

/** Simulates documents.json and agencies; a response without documents has no list. */
function serveRegister(mostPages = Infinity) {
  return recorded((url) => {
    const { pathname, searchParams: params } = url;
    if (pathname === "/api/v1/agencies") return Response.json([AGENCY]);
    const date = "conditions[publication_date]";
    const known = [`${date}[gte]`, `${date}[lte]`, "order", "fields[]", "per_page", "page"];
    if (unknownParams(url, known).length > 0 || !pathname.startsWith("/api/v1/documents")) {
      return undefined;
    }
    if (!FIELDS.every((field) => params.getAll("fields[]").includes(field))) return undefined;
    const found = daysBetween(params.get(`${date}[gte]`)!, params.get(`${date}[lte]`)!)
      .flatMap(documentsOf);
    if (found.length === 0) return Response.json({ count: 0, description: "Documents" });
    const [size, page] = [Number(params.get("per_page")), Number(params.get("page") ?? 1)];
    const pages = Math.min(Math.ceil(found.length / size), mostPages);
    const next = new URL(url);
    next.pathname = "/api/v1/documents";
    next.searchParams.set("page", String(page + 1));
    return Response.json({
      count: found.length,
      total_pages: pages,
      ...page < pages ? { next_page_url: next.href } : {},
      results: found.slice((page - 1) * size, page * size),
    });
  });
}

const AGENCY = {
  id: 7,
  parent_id: null,
  name: "X Department",
  short_name: "X",
  slug: "x-department",
  description: "It does X.",
  url: "https://www.federalregister.gov/agencies/x-department",
};

/** The job with pages of four documents, by link or by number, and as many documents as the server has. */
function shortPages(by: "next_link" | "page") {
  return (job: Job): Job => {
    const stream = job.streams.documents!;
    const paging = by === "next_link"
      ? { ...stream.paging, size: 4 }
      : { by, page_param: "page", first: 1, size_param: "per_page", size: 4, in: "query" };
    const forecast = { records_per_day: 20 / 7, rows_per_record: 2 };
    const documents = { ...stream, forecast, paging: paging as typeof stream.paging };
    return { ...job, streams: { ...job.streams, documents } };
  };
}

const DAYS = "--start-date 2024-02-29 --end-date 2024-03-31";

for (const by of ["next_link", "page"] as const) {
  Deno.test(`federal_register reads all documents by ${by}, and their agencies`, async () => {
    await using server = serveRegister();
    const env = { FEDERAL_REGISTER_URL: `${server.url}/api/v1` };
    await using world = await openWorld({
      job: "federal_register.yaml",
      env,
      change: shortPages(by),
    });
    const ran = await world.backfill(DAYS);
    assertEquals([ran.error, ran.summary.ok, ran.summary.rejected], [undefined, true, 0]);
    assertForecast(ran, server.asked.length);

    const documents = daysBetween("2024-02-29", "2024-03-31").flatMap(documentsOf);
    const rows = await world.query("SELECT * FROM documents ORDER BY document_number");
    assertEquals(rows.length, documents.length);
    for (const [at, row] of rows.entries()) {
      const given = documents[at]!;
      assertEquals(
        [row.document_number, row.publication_date, row.type, row.title, row.abstract],
        [given.document_number, given.publication_date, given.type, given.title, given.abstract],
      );
      assertEquals(
        [row.start_page, row.president, row.docket_ids, row.topics, row.cfr_references],
        [
          ...[given.start_page, given.president?.name ?? null, given.docket_ids, []],
          given.cfr_references,
        ],
      );
    }
    const agencies = await world.query(
      "SELECT agency, agency_id, count(*) AS n FROM document_agencies GROUP BY 1, 2 ORDER BY 1",
    );
    const nameless = documents.filter(({ agencies: { length } }) => length === 2).length;
    assertEquals(agencies, [
      { agency: "OFFICE WITHOUT ENTRY", agency_id: null, n: nameless },
      { agency: "x-department", agency_id: 7, n: documents.length },
    ]);
    const [agency] = await world.query("SELECT slug, parent_id FROM agencies");
    assertEquals(agency, { slug: "x-department", parent_id: null });
  });
}

Deno.test("federal_register treats a weekend as empty, and shortens windows whose pages end too early", async () => {
  await using server = serveRegister(2);
  const env = { FEDERAL_REGISTER_URL: `${server.url}/api/v1` };
  await using world = await openWorld({
    job: "federal_register.yaml",
    env,
    change: shortPages("next_link"),
  });
  const { summary, events } = await world.backfill(DAYS);
  assertEquals([summary.ok, summary.windows.failed], [true, 0]);
  assertEquals(events.some(({ kind }) => kind === "window_split"), true);
  const documents = daysBetween("2024-02-29", "2024-03-31").flatMap(documentsOf);
  const [row] = await world.query("SELECT count(*) AS n FROM documents");
  assertEquals(row, { n: documents.length });
});
