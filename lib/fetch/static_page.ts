// Owns the page of a stream that asks nothing: its records stand in the job file. So the stations after
// it need not know where a page came from.
import type { Page } from "./fetch_pages.ts";

/** The one page of a static list. */
export function staticPage(values: readonly Record<string, unknown>[]): Page {
  return {
    index: 0,
    records: [...values],
    body: values,
    header: () => null,
    total: values.length,
    bytes: 0,
    ms: 0,
    url: "",
  };
}
