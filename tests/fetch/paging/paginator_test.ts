import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Paging } from "../../../lib/config/schema/job_schema.ts";
import type { Verdict } from "../../../lib/fetch/paging/paginator.ts";
import { BASE, param, type PlayedPage, readAll } from "../reading.ts";
import { ExactNumber } from "../../../lib/extract/cast/exact_number.ts";

const offset = (more: Partial<Extract<Paging, { by: "offset" }>> = {}): Paging => ({
  by: "offset",
  offset_param: "skip",
  first: 0,
  size_param: "limit",
  size: 100,
  in: "query",
  ...more,
});
const page = (more: Partial<Extract<Paging, { by: "page" }>> = {}): Paging => ({
  by: "page",
  page_param: "page",
  first: 1,
  size_param: "size",
  size: 100,
  in: "query",
  ...more,
});
const cursor = (more: Partial<Extract<Paging, { by: "cursor" }>> = {}): Paging => ({
  by: "cursor",
  cursor: "next",
  cursor_param: "after",
  encoded: false,
  in: "query",
  ...more,
});
const nextLink: Paging = { by: "next_link", link: "next", hosts: [] };
const linkHeader: Paging = { by: "link_header", hosts: [] };

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

/** Up to `size` of `count` records, starting at `from`. */
const slice = (count: number, from: number, size: number) =>
  range(from, Math.min(count, from + size));

function failure(verdict: Verdict): { reason: string; tooFull: boolean } {
  assert(verdict.kind === "failed", `expected a failure, got ${JSON.stringify(verdict)}`);
  return { reason: verdict.reason, tooFull: verdict.tooFull };
}

Deno.test("SinglePage accepts any response without a total and max_records", () => {
  const reading = readAll({ by: "none" }, () => ({ records: range(0, 5000) }));
  assertEquals(reading.verdict, { kind: "done" });
});

Deno.test("SinglePage is too full when the response reaches max_records", () => {
  const { verdict } = readAll({ by: "none" }, () => ({ records: range(0, 50) }), {
    maxRecords: 50,
  });
  assert(failure(verdict).tooFull);
  const short = readAll({ by: "none" }, () => ({ records: range(0, 49) }), { maxRecords: 50 });
  assertEquals(short.verdict, { kind: "done" });
});

Deno.test("SinglePage prefers the total to max_records", () => {
  const whole = readAll({ by: "none" }, () => ({ records: range(0, 50), total: 50 }), {
    maxRecords: 50,
  });
  assertEquals(whole.verdict, { kind: "done" });
  const cut = readAll({ by: "none" }, () => ({ records: range(0, 50), total: 51 }));
  assertEquals(failure(cut.verdict), {
    reason: "the response holds 50 of 51 records",
    tooFull: true,
  });
});

Deno.test("OffsetPaginator plans all further pages at once when the total is known", () => {
  const asked: unknown[] = [];
  const reading = readAll(offset(), (step) => {
    const skip = Number(param(step, "skip"));
    asked.push([skip, param(step, "limit")]);
    return { records: slice(350, skip, 100), total: 350 };
  });
  assertEquals(reading.verdict, { kind: "done" });
  assertEquals(asked, [[0, 100], [100, 100], [200, 100], [300, 100]]);
});

Deno.test("OffsetPaginator continues after a full page without a total", () => {
  const reading = readAll(offset(), (step) => ({
    records: slice(200, Number(param(step, "skip")), 100),
  }));
  assertEquals(reading.verdict, { kind: "done" });
  assertEquals(reading.asked.length, 3);
});

Deno.test("OffsetPaginator counts from its first value and compares the sent offset with max_offset", () => {
  const fromOne = (max_offset: number) =>
    readAll(offset({ first: 1, max_offset }), (step) => ({
      records: slice(250, Number(param(step, "skip")) - 1, 100),
      total: 250,
    }));
  assertEquals(fromOne(201).verdict, { kind: "done" });
  assertEquals(fromOne(201).asked.map((step) => param(step, "skip")), [1, 101, 201]);
  assert(failure(fromOne(200).verdict).tooFull);
});

Deno.test("OffsetPaginator adapts to pages smaller than requested", () => {
  const reading = readAll(offset({ size: 500 }), (step) => ({
    records: slice(333, Number(param(step, "skip")), 100),
    total: 333,
  }));
  assertEquals(reading.verdict, { kind: "done" });
  assertEquals(reading.records, range(0, 333));
  assertEquals(reading.asked.length, 4);
});

Deno.test("OffsetPaginator plans again when a page in the middle is short", () => {
  const reading = readAll(offset(), (step) => {
    const skip = Number(param(step, "skip"));
    return { records: slice(350, skip, skip === 100 ? 37 : 100), total: 350 };
  });
  assertEquals(reading.verdict, { kind: "done" });
  assertEquals(reading.records, range(0, 350));
});

Deno.test("OffsetPaginator fails when a page is empty before the total is reached", () => {
  const { verdict } = readAll(offset(), (step) => {
    const skip = Number(param(step, "skip"));
    return { records: skip === 200 ? [] : slice(350, skip, 100), total: 350 };
  });
  assertEquals(failure(verdict), {
    reason: "page 3 is empty after 200 of 350 records",
    tooFull: false,
  });
});

Deno.test("OffsetPaginator is too full right after the first page when the last page is beyond max_offset", () => {
  const reading = readAll(offset({ max_offset: 20_000 }), (step) => ({
    records: slice(20_101, Number(param(step, "skip")), 100),
    total: 20_101,
  }));
  assert(failure(reading.verdict).tooFull);
  assertEquals(reading.asked.length, 1);
  const just = readAll(offset({ max_offset: 20_000 }), (step) => ({
    records: slice(20_100, Number(param(step, "skip")), 100),
    total: 20_100,
  }));
  assertEquals(just.verdict, { kind: "done" });
});

Deno.test("OffsetPaginator is too full at max_offset without a total", () => {
  const { verdict } = readAll(offset({ max_offset: 200 }), (step) => ({
    records: slice(1000, Number(param(step, "skip")), 100),
  }));
  assert(failure(verdict).tooFull);
});

Deno.test("OffsetPaginator is too full when there are more pages than max_pages", () => {
  const endless = readAll(
    offset(),
    (step) => ({ records: slice(1e9, Number(param(step, "skip")), 100) }),
    { maxPages: 5 },
  );
  assertEquals(failure(endless.verdict), {
    reason: "the window has more than 5 pages",
    tooFull: true,
  });
  assertEquals(endless.asked.length, 5);
});

Deno.test("OffsetPaginator plans no requests for an absurd total", () => {
  const { verdict, asked } = readAll(offset(), () => ({ records: [1], total: 2 ** 52 }));
  assert(failure(verdict).tooFull);
  assertEquals(asked.length, 1);
});

Deno.test("every kind of paging restarts when the total changes while paging", () => {
  const answer = (index: number): PlayedPage => ({
    records: range(index * 100, index * 100 + 100),
    total: index === 0 ? 350 : 351,
    at: { next: `c${index}`, "$header.link": `<?p=${index}>; rel=next` },
  });
  for (const paging of [offset(), page(), cursor(), { ...nextLink }, { ...linkHeader }]) {
    const { verdict } = readAll(paging, (_, index) => answer(index));
    assertEquals(verdict, {
      kind: "restart",
      reason: "the total changed from 350 to 351 while paging",
    });
  }
});

Deno.test("every kind of paging restarts when there are more records than the total", () => {
  for (const paging of [{ by: "none" } as const, offset(), page(), cursor()]) {
    const { verdict } = readAll(paging, () => ({ records: range(0, 12), total: 10 }));
    assertEquals(verdict.kind, "restart");
  }
});

Deno.test("every kind of paging fails when a page repeats an earlier one", () => {
  const answer = (index: number, total?: number): PlayedPage => ({
    records: range(index % 2 * 100, index % 2 * 100 + 100),
    ...total === undefined ? {} : { total },
    at: { next: `c${index}`, "$header.link": `<?p=${index}>; rel="next"` },
  });
  for (const total of [undefined, 300, 1000]) {
    for (const paging of [offset(), page(), cursor(), nextLink, linkHeader]) {
      const { verdict } = readAll(paging, (_, index) => answer(index, total));
      assertEquals(failure(verdict).reason, "page 3 repeats an earlier page");
    }
  }
});

Deno.test("PagePaginator counts from its first page and ends on a short page", () => {
  const reading = readAll(page({ first: 0 }), (step) => ({
    records: slice(250, Number(param(step, "page")) * 100, 100),
  }));
  assertEquals(reading.asked.map((step) => param(step, "page")), [0, 1, 2]);
  assertEquals(reading.verdict, { kind: "done" });
});

Deno.test("PagePaginator ends at the declared page count", () => {
  const paging = page({
    size: undefined as never,
    size_param: undefined as never,
    pages: "meta.pages",
  });
  const reading = readAll(paging, (_, index) => ({
    records: range(index * 7, index * 7 + 7),
    at: { "meta.pages": "3" },
  }));
  assertEquals(reading.verdict, { kind: "done" });
  assertEquals(reading.asked.length, 3);
});

Deno.test("PagePaginator fails when a page before the declared last one is empty", () => {
  const { verdict } = readAll(page({ pages: "pages" }), (_, index) => ({
    records: index === 1 ? [] : range(index * 100, index * 100 + 100),
    at: { pages: 4 },
  }));
  assertEquals(failure(verdict).reason, "page 2 of 4 was empty");
});

Deno.test("PagePaginator restarts when the page count changes", () => {
  const { verdict } = readAll(page({ pages: "pages" }), (_, index) => ({
    records: range(index * 100, index * 100 + 100),
    at: { pages: 4 + index },
  }));
  assertEquals(verdict.kind, "restart");
});

Deno.test("PagePaginator fails when the page count is not a number", () => {
  const { verdict } = readAll(page({ pages: "pages" }), () => ({
    records: range(0, 100),
    at: { pages: { of: 4 } },
  }));
  assertEquals(failure(verdict).reason, 'the page count at "pages" is {"of":4}');
});

Deno.test("PagePaginator reads an empty window when the page count is 0", () => {
  const { verdict } = readAll(page({ pages: "pages" }), () => ({ records: [], at: { pages: 0 } }));
  assertEquals(verdict, { kind: "done" });
});

Deno.test("PagePaginator is too full when pages lie beyond max_page", () => {
  const { verdict, asked } = readAll(page({ max_page: 3 }), (step) => ({
    records: slice(301, (Number(param(step, "page")) - 1) * 100, 100),
    total: 301,
  }));
  assert(failure(verdict).tooFull);
  assertEquals(asked.length, 1);
});

Deno.test("CursorPaginator sends each cursor and ends without one", () => {
  const cursors = ["a", 7, null];
  const reading = readAll(cursor({ size_param: "n", size: 2 }), (_, index) => ({
    records: range(index * 2, index * 2 + 2),
    at: { next: cursors[index] },
  }));
  assertEquals(reading.verdict, { kind: "done" });
  assertEquals(reading.asked.map((step) => param(step, "after")), [undefined, "a", 7]);
  assertEquals(reading.asked.map((step) => param(step, "n")), [2, 2, 2]);
});

Deno.test("CursorPaginator continues after an empty page that has a cursor", () => {
  const { verdict, records } = readAll(cursor(), (_, index) => ({
    records: index === 1 ? [] : [index],
    at: { next: index < 2 ? `c${index}` : "" },
  }));
  assertEquals(verdict, { kind: "done" });
  assertEquals(records, [0, 2]);
});

Deno.test("CursorPaginator ends when `more` is false, regardless of the cursor", () => {
  for (const no of [false, "false", 0]) {
    const { verdict, asked } = readAll(cursor({ more: "has_more" }), () => ({
      records: [1],
      at: { next: "again", has_more: no },
    }));
    assertEquals(verdict, { kind: "done" });
    assertEquals(asked.length, 1);
  }
});

Deno.test("CursorPaginator fails when `more` is true and there is no cursor", () => {
  const { verdict } = readAll(cursor({ more: "has_more" }), () => ({
    records: [1],
    at: { has_more: true },
  }));
  assertEquals(
    failure(verdict).reason,
    '"has_more" reports that more pages follow, but there is no cursor at "next"',
  );
});

Deno.test("CursorPaginator fails when a cursor repeats", () => {
  const { verdict } = readAll(cursor(), (_, index) => ({
    records: [index],
    at: { next: ["a", "b", "a"][index] },
  }));
  assertEquals(failure(verdict).reason, 'page 3 repeats the cursor "a"');
});

Deno.test("CursorPaginator fails when the pages end before the total", () => {
  const { verdict } = readAll(cursor(), (_, index) => ({
    records: [index],
    total: 5,
    at: index === 0 ? { next: "a" } : {},
  }));
  assertEquals(failure(verdict).reason, "the pages ended after 2 of 5 records");
});

Deno.test("LinkPaginator resolves relative links against their page", () => {
  const links = ["?page=2", "/v2/things?page=3", "//api.test/v3", null];
  const { verdict, asked } = readAll(nextLink, (_, index) => ({
    records: [index],
    at: { next: links[index] },
  }));
  assertEquals(verdict, { kind: "done" });
  assertEquals(asked.map((step) => step.url), [
    undefined,
    "https://api.test/v1/things?page=2",
    "https://api.test/v2/things?page=3",
    "https://api.test/v3",
  ]);
});

Deno.test("LinkPaginator refuses a link to another host", () => {
  for (const link of ["https://evil.test/v1?page=2", "https://api.test:444/", "ftp://api.test/"]) {
    const { verdict } = readAll(nextLink, () => ({ records: [1], at: { next: link } }));
    assertEquals(
      failure(verdict).reason,
      `the link to the next page, ${JSON.stringify(link)}, leads to another host`,
    );
  }
});

Deno.test("LinkPaginator follows an http link to the same host by https", () => {
  const { asked } = readAll(nextLink, (_, index) => ({
    records: [index],
    at: index === 0 ? { next: "http://api.test/v1/things?page=2" } : {},
  }));
  assertEquals(asked[1]?.url, "https://api.test/v1/things?page=2");
});

Deno.test("LinkPaginator ends at an empty page that links to itself, and where `more` is false", () => {
  const self = readAll(nextLink, (_, index) => ({
    records: index < 2 ? [index] : [],
    at: { next: `?page=${Math.min(index + 1, 2)}` },
  }));
  assertEquals([self.verdict, self.records], [{ kind: "done" }, [0, 1]]);
  const paging: Paging = { ...nextLink, more: { path: "first", not: [null], is: undefined } };
  const flagged = readAll(paging, (_, index) => ({
    records: index < 2 ? [index] : [],
    at: { next: `?page=${index + 1}`, first: index < 2 ? { id: index } : null },
  }));
  assertEquals([flagged.verdict, flagged.records], [{ kind: "done" }, [0, 1]]);
  const lost = readAll(paging, () => ({ records: [1], at: { first: 1 } }));
  assertEquals(
    failure(lost.verdict).reason,
    '"more" reports that more pages follow, but there is no link to them',
  );
});

Deno.test("LinkPaginator fails when a link leads back to an earlier page", () => {
  const links = ["?page=2", `${BASE}/things`];
  const { verdict } = readAll(nextLink, (_, index) => ({
    records: [index],
    at: { next: links[index] },
  }));
  assertEquals(failure(verdict).reason, `page 2 links back to "${BASE}/things"`);
});

Deno.test("LinkPaginator fails when the link is not a URL", () => {
  for (const link of [{ href: "?page=2" }, 7, "http://[", true]) {
    const { verdict } = readAll(nextLink, () => ({ records: [1], at: { next: link } }));
    assertEquals(
      failure(verdict).reason,
      `the link to the next page is ${JSON.stringify(link)}`,
    );
  }
});

/** Cases of each property; `deno task test:long` runs more. */
const CASES = Number(Deno.env.get("HINDCAST_FUZZ_CASES") ?? 300);

const sizes = { count: fc.nat(700), size: fc.integer({ min: 1, max: 50 }) };

Deno.test("paging by number reads every record once and ends, property", () => {
  fc.assert(
    fc.property(
      fc.record({
        ...sizes,
        cap: fc.integer({ min: 1, max: 50 }),
        states: fc.boolean(),
        first: fc.nat(1),
      }),
      ({ count, size, cap, states, first }) => {
        const served = states ? Math.min(size, cap) : size;
        const stated = states ? { total: count } : {};
        const byOffset = readAll(
          offset({ size }),
          (step) => ({ records: slice(count, Number(param(step, "skip")), served), ...stated }),
        );
        const byPage = readAll(page({ size, first }), (step) => ({
          records: slice(count, (Number(param(step, "page")) - first) * served, served),
          ...stated,
        }));
        for (const reading of [byOffset, byPage]) {
          assertEquals(reading.verdict, { kind: "done" });
          assertEquals(reading.records, range(0, count));
        }
      },
    ),
    { numRuns: CASES },
  );
});

Deno.test("OffsetPaginator reads every record once when pages are of any length, property", () => {
  fc.assert(
    fc.property(fc.record(sizes), fc.infiniteStream(fc.integer({ min: 1, max: 50 })), (
      { count, size },
      lengths,
    ) => {
      const { verdict, records } = readWithReplans(count, size, lengths);
      assertEquals(verdict, { kind: "done" });
      assertEquals(records, range(0, count));
    }),
    { numRuns: CASES },
  );
});

/** Pages of random length; a page that is requested and discarded does not count. */
function readWithReplans(count: number, size: number, lengths: Iterator<number>) {
  return readAll(offset({ size }), (step) => ({
    records: slice(count, Number(param(step, "skip")), Math.min(size, lengths.next().value)),
    total: count,
  }));
}

Deno.test("paging by cursor and link reads every record once and ends, property", () => {
  fc.assert(
    fc.property(fc.record({ ...sizes, states: fc.boolean() }), ({ count, size, states }) => {
      const answer = (from: number): PlayedPage => {
        const next = from + size;
        return {
          records: slice(count, from, size),
          ...states ? { total: count } : {},
          at: next < count
            ? { next: `?from=${next}`, "$header.link": `<?from=${next}>; rel=next` }
            : {},
        };
      };
      const byCursor = readAll(cursor(), (step) => answer(numberIn(param(step, "after"))));
      const byLink = readAll(nextLink, (step) => answer(numberIn(step.url)));
      const byHeader = readAll(linkHeader, (step) => answer(numberIn(step.url)));
      for (const reading of [byCursor, byLink, byHeader]) {
        assertEquals(reading.verdict, { kind: "done" });
        assertEquals(reading.records, range(0, count));
      }
    }),
    { numRuns: CASES },
  );
});

function numberIn(text: unknown): number {
  return Number(/from=(\d+)/.exec(String(text))?.[1] ?? 0);
}

Deno.test("every kind of paging ends, whatever the API returns, property", () => {
  const answers = fc.infiniteStream(fc.record({
    records: fc.array(fc.nat(3), { maxLength: 4 }),
    total: fc.option(fc.nat(20), { nil: undefined as never, freq: 3 }),
    at: fc.dictionary(
      fc.constantFrom("next", "pages", "more", "$header.link"),
      fc.oneof(fc.nat(9), fc.boolean(), fc.webUrl(), fc.constant(null), fc.string()),
    ),
  }));
  const kinds = fc.constantFrom<Paging>(
    { by: "none" },
    offset({ size: 3 }),
    page({ size: 3, pages: "pages" }),
    offset({ size: 3, more: "more" }),
    page({ size: 3, more: "more" }),
    cursor({ more: "more" }),
    cursor({ in: "body" }),
    nextLink,
    linkHeader,
  );
  fc.assert(
    fc.property(kinds, answers, (paging, stream) => {
      const { asked } = readAll(paging, () => stream.next().value, { maxPages: 50 });
      assert(asked.length <= 50);
    }),
    { numRuns: CASES },
  );
});

Deno.test("CursorPaginator sends a cursor as digits when it is too large for a float", () => {
  const { asked } = readAll(cursor(), (_, index) => ({
    records: [index],
    at: index === 0 ? { next: new ExactNumber("9007199254740993") } : {},
  }));
  assertEquals(String(param(asked[1]!, "after")), "9007199254740993");
});

Deno.test("CursorPaginator sends digits as a number where the first cursor is one", () => {
  const rows = ["51", "0051x", null];
  const reading = readAll(
    cursor({ cursor: "$header.X-Next-Row", first: 1, in: "body" }),
    (_, at) => ({ records: [at], at: { "$header.X-Next-Row": rows[at] } }),
  );
  assertEquals(reading.asked.map((step) => param(step, "after")), [1, 51, "0051x"]);
});

Deno.test("CursorPaginator accepts an array or an object as a cursor in a body only", () => {
  const { verdict } = readAll(
    cursor(),
    () => ({ records: [1], at: { next: { id: new ExactNumber("5.0") } } }),
  );
  assertEquals(failure(verdict).reason, 'the cursor at "next" is {"id":5.0}');
  const exact = (source: string) => new ExactNumber(source);
  const marks = [[exact("7.0"), "a"], [exact("9.0"), "b"], [exact("9.0"), "b"]];
  const reading = readAll(cursor({ in: "body" }), (_, at) => ({
    records: [at],
    at: { next: marks[at] },
  }));
  assertEquals(reading.asked.map((step) => param(step, "after")), [undefined, marks[0], marks[1]]);
  assertEquals(failure(reading.verdict).reason, 'page 3 repeats the cursor "[9.0,"b"]"');
});

Deno.test("`more` continues over pages that hold fewer records than requested", () => {
  const kept = [...range(0, 3), ...range(7, 12)];
  const held = (from: number) => kept.filter((at) => at >= from && at < from + 5);
  for (const more of ["more", { path: "last", not: [true] }]) {
    const answer = (from: number): PlayedPage => ({
      records: held(from),
      at: { more: from + 5 < 12, last: from + 5 >= 12 },
    });
    const numbered = readAll(
      page({ size: 5, more }),
      (step) => answer(Number(param(step, "page")) * 5 - 5),
    );
    assertEquals([numbered.verdict, numbered.records], [{ kind: "done" }, kept]);
    const skipped = readAll(
      offset({ size: 5, more }),
      (step) => answer(Number(param(step, "skip"))),
    );
    assertEquals([skipped.verdict, [...new Set(skipped.records)]], [{ kind: "done" }, kept]);
  }
});

Deno.test("`more` ends where it is false, and fails where nothing can follow", () => {
  const full = { records: [1, 2], at: { more: false, last: true } };
  for (const more of ["more", { path: "last", is: [false] }]) {
    for (const paging of [offset({ size: 2, more }), page({ size: 2, more }), cursor({ more })]) {
      const { verdict, asked } = readAll(paging, () => full);
      assertEquals([verdict, asked.length], [{ kind: "done" }, 1]);
    }
  }
  const empty = readAll(offset({ more: "more" }), () => ({ records: [], at: { more: true } }));
  assertEquals(failure(empty.verdict).reason, "page 1 is empty but reports that more pages follow");
  const early = readAll(page({ more: "more" }), () => ({ ...full, total: 5 }));
  assertEquals(failure(early.verdict).reason, "the pages ended after 2 of 5 records");
});

Deno.test("CursorPaginator sends a percent-encoded cursor as the API wrote it", () => {
  const cursors = ["a%2Fb%3D%3D", "100%", undefined];
  const reading = readAll(cursor({ encoded: true }), (_, at) => ({
    records: [at],
    at: { next: cursors[at] },
  }));
  assertEquals(reading.asked.map((step) => param(step, "after")), [undefined, "a/b==", "100%"]);
});

Deno.test("CursorPaginator fails when the first cursor, which the job declares, comes back", () => {
  const { verdict, asked } = readAll(
    cursor({ first: "*" }),
    () => ({ records: [1, 2], at: { next: "*" } }),
  );
  assertEquals(failure(verdict).reason, 'page 1 repeats the cursor "*"');
  assertEquals(asked.length, 1);
});

Deno.test("LinkPaginator follows links to hosts that the job names, by https only", () => {
  const paging: Paging = { ...nextLink, hosts: ["pages.test", "pages.test:8443"] };
  const follow = (next: string) =>
    readAll(paging, (_, at) => ({ records: [at], at: at === 0 ? { next } : {} }));
  for (const url of ["https://pages.test/2", "https://pages.test:8443/2"]) {
    assertEquals(follow(url).asked[1]?.url, url);
  }
  assertEquals(follow("https://me:pw@pages.test/2#x").asked[1]?.url, "https://pages.test/2");
  for (const url of ["http://pages.test/2", "https://pages.test:444/", "https://x.pages.test/"]) {
    assertEquals(
      failure(follow(url).verdict).reason,
      `the link to the next page, ${JSON.stringify(url)}, leads to another host`,
    );
  }
});

Deno.test("the total of the first page holds for pages that declare none", () => {
  for (const paging of [offset(), page({ size: 100 }), cursor(), nextLink]) {
    const { verdict } = readAll(paging, (_, at) => ({
      records: at < 2 ? range(at * 100, at * 100 + 100) : [],
      ...at === 0 ? { total: 350 } : {},
      at: at < 2 ? { next: `/p${at}` } : {},
    }));
    assertEquals(verdict.kind, "failed", JSON.stringify(paging));
    assertEquals(/200 of 350 records/.test(failure(verdict).reason), true, failure(verdict).reason);
  }
});

Deno.test("CursorPaginator continues over several empty pages", () => {
  const counts = [2, 0, 0, 3];
  const reading = readAll(cursor(), (_, at) => ({
    records: range(at * 10, at * 10 + counts[at]!),
    at: { next: at < 3 ? `c${at}` : null },
  }));
  assertEquals([reading.verdict, reading.records], [{ kind: "done" }, [0, 1, 30, 31, 32]]);
});

Deno.test("every kind of paging fails when empty pages lead on forever", () => {
  const kinds: [Paging, (at: number) => Record<string, unknown>][] = [
    [cursor(), (at) => ({ next: `c${at}` })],
    [nextLink, (at) => ({ next: `/p${at}` })],
    [page({ more: "more" }), () => ({ more: true })],
  ];
  for (const [paging, at] of kinds) {
    const { verdict, asked } = readAll(paging, (_, n) => ({
      records: n === 0 ? range(0, 3) : [],
      at: at(n),
    }));
    assertEquals([failure(verdict).reason, asked.length], [
      "1,000 pages in a row are empty, and each reports that more follow",
      1_001,
    ]);
  }
});

Deno.test("CursorPaginator and LinkPaginator are too full at once when the total needs more than max_pages", () => {
  for (const paging of [cursor({ size: 100 }), { ...nextLink, size: 100 }]) {
    const reading = (maxPages: number) =>
      readAll(paging, (_, at) => ({
        records: range(at * 100, Math.min(350, at * 100 + 100)),
        total: 350,
        at: at < 3 ? { next: `/p${at}` } : {},
      }), { maxPages });
    assertEquals(reading(4).verdict, { kind: "done" });
    const { verdict, asked } = reading(3);
    assertEquals([failure(verdict).reason, failure(verdict).tooFull, asked.length], [
      "the window has more than 3 pages",
      true,
      1,
    ]);
  }
});

Deno.test("PagePaginator reads the page with the number max_page, and no other", () => {
  const pages = (last: number) =>
    readAll(page({ max_page: 3, pages: "pages" }), (_, at) => ({
      records: [at],
      at: { pages: last },
    }));
  assertEquals(pages(3).verdict, { kind: "done" });
  assertEquals(pages(3).records, [0, 1, 2]);
  assertEquals(failure(pages(4).verdict).tooFull, true);
  assertEquals(pages(4).asked.length, 1);
});

Deno.test("every kind of paging is too full at max_records, judged by the total on the first page", () => {
  for (const paging of [offset({ size: 100 }), page({ size: 100 }), cursor(), nextLink]) {
    const reading = (count: number, total?: number) =>
      readAll(paging, (_, at) => ({
        records: range(at * 100, Math.min(count, at * 100 + 100)),
        ...total === undefined ? {} : { total },
        at: at * 100 + 100 < count ? { next: `/p${at}` } : {},
      }), { maxRecords: 1000 });
    const known = reading(1001, 1001);
    assertEquals([failure(known.verdict).tooFull, known.asked.length], [true, 1]);
    assertEquals(
      failure(known.verdict).reason,
      "the window holds 1,001 records, and the API returns at most 1,000",
    );
    assertEquals(reading(1000, 1000).verdict, { kind: "done" });
    const unknown = reading(5000);
    assertEquals([failure(unknown.verdict).tooFull, unknown.asked.length], [true, 10]);
    assertEquals(reading(950).verdict, { kind: "done" });
  }
});

Deno.test("LinkPaginator follows the link with the relation next, at any position of a list", () => {
  const links: Paging = { by: "next_link", link: "links", hosts: [] };
  const pages = [
    [{ rel: "self", href: "/0" }, { rel: "next", href: "/1" }],
    [{ relation: "previous", url: "/0" }, { relation: "next", url: "/2" }],
    { "@rel": "next", "@href": "/3" },
    [{ rel: "self", href: "/3" }, { rel: "prev", href: "/2" }],
  ];
  const reading = readAll(links, (_, index) => ({
    records: [index],
    at: { links: pages[index] },
  }));
  assertEquals([reading.verdict.kind, reading.records], ["done", [0, 1, 2, 3]]);
  const odd = readAll(links, () => ({ records: [1], at: { links: [{ href: "/1" }] } }));
  assertEquals(odd.verdict.kind, "failed");
  const none = readAll(links, () => ({ records: [1], at: { links: [] } }));
  assertEquals(none.verdict.kind, "done");
});
