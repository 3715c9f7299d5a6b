// Owns the station "pages to rows": each page's records become rows of the tables, by the mapping
// compiled for its stream. What is not a page passes through in order. It never fetches and never
// writes; a record that makes no row is a rejection, not an error.
import type { Fetched } from "../fetch/fetch_windows.ts";
import type { Extracted } from "../upsert/batch.ts";
import type { Extractor } from "./extractor.ts";

/** Turns pages into rows; a stream's extractor is asked for by its name. */
export async function* extractPages(
  fetched: AsyncIterable<Fetched>,
  extractorOf: (stream: string) => Extractor,
  params: Readonly<Record<string, unknown>>,
): AsyncGenerator<Extracted> {
  for await (const item of fetched) {
    if (item.kind !== "page") {
      yield item;
      continue;
    }
    const { unit, page } = item;
    const { sets, rejected } = extractorOf(unit.stream).extract({
      records: page.records,
      body: page.body,
      header: page.header,
      window: unit.window,
      each: unit.eachValues,
      params,
    });
    yield { kind: "rows", unit, sets, rejected };
  }
}
