// Owns the page of a stream without a request: its records are written in the job file. Later steps need not
// know where a page came from.
import type { Page } from "./fetch_pages.ts";

/** Returns the only page of a static list. */
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
