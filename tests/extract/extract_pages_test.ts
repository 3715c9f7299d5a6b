import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { ExtractedPage, Extractor } from "../../lib/extract/extractor.ts";
import { extractPages } from "../../lib/extract/extract_pages.ts";
import type { Fetched } from "../../lib/fetch/fetch_windows.ts";
import { staticPage } from "../../lib/fetch/static_page.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import { Failure } from "../../lib/failure.ts";
import { all } from "../plan/jobs.ts";
import { unitOf } from "../upsert/extracted.ts";

/** Passes on what `extract` returns for each page. */
function extracted(items: Fetched[], extract: Extractor["extract"]) {
  const source = async function* () {
    yield* items;
  };
  // deno-lint-ignore require-yield
  const extractBySlices = function* (page: ExtractedPage) {
    return extract(page);
  };
  return all(extractPages(source(), () => ({ extractBySlices }), { region: "gb" }));
}

const pageOf = (unit: Unit): Fetched => ({ kind: "page", unit, page: staticPage([{ id: 1 }]) });
const endOf = (unit: Unit): Fetched => ({
  kind: "done",
  unit,
  pages: 1,
  records: 1,
  requestedAt: 0,
  responseMs: 1,
  ms: 1,
});

Deno.test("extractPages() extracts pages with their window and parameters, and passes other items through in order", async () => {
  const unit = { ...unitOf(1), eachValues: { id: "x" } };
  const asked: ExtractedPage[] = [];
  const list = await extracted([
    pageOf(unit),
    { kind: "restarted", unit, reason: "the total changed" },
    { kind: "split", unit, reason: "too full" },
    endOf(unit),
  ], (page) => {
    asked.push(page);
    return { sets: [], rejected: [], shared: [] };
  });
  assertEquals(list.map(({ kind }) => kind), ["rows", "restarted", "split", "done"]);
  const { records, window, each, params } = asked[0]!;
  assertEquals([records, window, each, params], [
    [{ id: 1 }],
    unit.window,
    { id: "x" },
    { region: "gb" },
  ]);
});

Deno.test("extractPages() fails a window whose page has another shape, once, and continues with others", async () => {
  const [bad, good] = [unitOf(1), unitOf(2)];
  const failure = new Failure("window", "Cannot read records: too many were rejected");
  const list = await extracted(
    [pageOf(bad), pageOf(good), pageOf(bad), endOf(bad), endOf(good)],
    (page) => {
      if (page.window === bad.window) throw failure;
      return { sets: [], rejected: [], shared: [] };
    },
  );
  assertEquals(list.map(({ kind, unit }) => [kind, unit]), [
    ["failed", bad],
    ["rows", good],
    ["done", good],
  ]);
});

Deno.test("extractPages() ends with an unexpected error", async () => {
  const broken = () => {
    throw new TypeError("a mistake");
  };
  await assertRejects(() => extracted([pageOf(unitOf(1))], broken), TypeError);
});

Deno.test("extractPages() fails a window whose page is nested too deeply to read, and continues with others", async () => {
  const [bad, good] = [unitOf(1), unitOf(2)];
  const list = await extracted([pageOf(bad), pageOf(good), endOf(good)], (page) => {
    if (page.window === bad.window) throw new RangeError("Maximum call stack size exceeded");
    return { sets: [], rejected: [], shared: [] };
  });
  assertEquals(list.map(({ kind, unit }) => [kind, unit]), [
    ["failed", bad],
    ["rows", good],
    ["done", good],
  ]);
  const [failed] = list;
  assertStringIncludes(
    failed?.kind === "failed" ? failed.failure.message : "",
    "Cannot read the response: it is nested too deeply",
  );
});
