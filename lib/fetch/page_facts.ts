// Owns the step from a parsed response to what a paginator knows about the page. Pure. Invariant: nothing is
// computed until the paginator needs it.
import { responseReader } from "../extract/value/path.ts";
import { fingerprint } from "./paging/fingerprint.ts";
import type { PageFacts } from "./paging/paginator.ts";
import type { ParsedResponse } from "./read_response.ts";

/** Returns the facts of a page for its paginator; `url` is the URL that responded. */
export function pageFacts(response: ParsedResponse, url: string): PageFacts {
  return {
    records: response.records.length,
    total: response.total,
    url,
    fingerprint: () => fingerprint(response.records),
    value: (path) => responseReader(path)(response),
  };
}
