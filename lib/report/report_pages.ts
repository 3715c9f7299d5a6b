// Owns the event of a page that was read. It passes pages on unchanged. Invariant: an event is emitted before
// its page is extracted, and not at all for pages that no request has fetched.
import type { Page } from "../fetch/fetch_pages.ts";
import type { Unit } from "../plan/unit.ts";
import type { Listener } from "./event.ts";
import { subjectOf } from "./report_batch.ts";

/** Emits an event for each page of a window, and yields the page. */
export async function* reportPages(
  listen: Listener,
  unit: Unit,
  pages: AsyncIterable<Page>,
): AsyncGenerator<Page> {
  const subject = subjectOf(unit);
  for await (const page of pages) {
    const { index, records, total } = page;
    listen({ kind: "page_read", subject, index, records: records.length, total });
    yield page;
  }
}
