// Owns the report of a probe: the request, the response, and the resulting rows. Values only. Its field
// names are those of `probe --json`, which scripts parse: they do not change.
import { formatWindow } from "../report/text/format.ts";
import type { Unit } from "../fetch/http/unit.ts";
import type { WireRequest } from "../fetch/http/request.ts";
import type { OutlineEntry, RecordsGuess } from "../extract/decode/outline.ts";
import type { PagingReport } from "./probe_paging.ts";
import type { CastFailure, RowReport } from "./row_report.ts";
import type { UnmappedField } from "./unmapped_field.ts";

/** A probe's report; `answer` and everything after it is null or empty if the probe ended before. */
export interface Probe {
  /** Name of the stream. */
  readonly stream: string;
  /** Its dates, such as `2025-10-13 .. 2025-10-19`. */
  readonly window: string | null;
  /** Values of `for_each` in the request. */
  readonly each: Readonly<Record<string, unknown>>;
  /** What was sent, secrets masked. */
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  };
  /** The response. */
  readonly answer: {
    readonly status: number;
    readonly ms: number;
    readonly bytes: number;
    readonly content_type: string | null;
  } | null;
  /** How the pages continue. */
  readonly paging: PagingReport | null;
  /** The number of records, and the first of them as JSON, truncated. */
  readonly records: { readonly count: number; readonly first: readonly string[] } | null;
  /** The rows they become, one element for each entry of "rows". */
  readonly rows: readonly RowReport[];
  /** Columns, as `table.column`, that are null in all of these rows. */
  readonly never_filled: readonly string[];
  /** Fields of the records that no column maps. */
  readonly untaken: readonly UnmappedField[];
  /** Date columns, as `table.column`, none of whose values is in the window. */
  readonly outside: readonly string[];
  /** Values that cannot be cast. */
  readonly rejected: readonly CastFailure[];
  /** What a careful user would change, one sentence each. */
  readonly notes: readonly string[];
  /** What went wrong, or null. */
  readonly problem: { readonly message: string; readonly hint: string | null } | null;
  /** The outline of a response whose records were not found. */
  readonly outline: readonly OutlineEntry[];
  /** Where its records may be. */
  readonly guesses: readonly RecordsGuess[];
}

/** The report before anything is sent; `request` is masked. */
export function unsentProbe(stream: string, unit: Unit, request: WireRequest): Probe {
  const { method, url, headers, body = null } = request;
  return {
    stream,
    window: unit.window === null ? null : formatWindow(unit.window),
    each: unit.each,
    request: { method, url, headers, body },
    answer: null,
    paging: null,
    records: null,
    rows: [],
    never_filled: [],
    untaken: [],
    outside: [],
    rejected: [],
    notes: [],
    problem: null,
    outline: [],
    guesses: [],
  };
}
