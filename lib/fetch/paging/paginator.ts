// Owns the vocabulary of paging: a paginator is a small machine on values that is told what a page held
// and answers with the steps to take next. It never sees HTTP, a body or a clock. Invariant: after at
// most `max_pages` pages every machine says something else than "more", so no window is read for ever.
import type { PageStep } from "../http/page_step.ts";

/** What a paginator is told about a page. */
export interface PageFacts {
  /** Number of records on the page. */
  readonly records: number;
  /** Number of records of the whole window that this page states; null where it states none. */
  readonly total: number | null;
  /** Address that was asked. */
  readonly url: string;
  /** Equal for two pages that hold the same records. Called only where it matters. */
  fingerprint(): string;
  /** The value at a path of the answer, `$header.NAME` included; undefined where there is none. */
  value(path: string): unknown;
}

/** What is to be done after a page. */
export type Verdict =
  /** Every record of the window was seen, as far as the source lets that be known. */
  | { readonly kind: "done" }
  /** Take these steps after those handed out before; `anew`: instead of those. */
  | { readonly kind: "more"; readonly steps: readonly PageStep[]; readonly anew?: true }
  /** The source changed under the reading: begin the window again. */
  | { readonly kind: "restart"; readonly reason: string }
  /** The window cannot be read; reading it in smaller parts would help where `tooFull`. */
  | {
    readonly kind: "failed";
    readonly reason: string;
    readonly hint: string;
    readonly tooFull: boolean;
  };

/** The machine of one reading of one window. */
export interface Paginator {
  /** The step to the first page. */
  first(): PageStep;
  /** Takes note of the next page in order. */
  next(page: PageFacts): Verdict;
}
