// Owns the vocabulary of paging: a paginator is a small state machine that receives the facts of a page
// and returns the steps to take next. It never sees HTTP, a body or a clock. Invariant: after at most
// `max_pages` pages every paginator returns another verdict than "more", so no window is read forever.
import type { PageStep } from "../http/page_step.ts";
import type { Continuation } from "./continuation.ts";
import type { LimitParam } from "./limit_param.ts";
import type { Place } from "./place.ts";

/** What a paginator knows about a page. */
export interface PageFacts {
  /** Number of records on the page. */
  readonly records: number;
  /** Records in the whole window, as this page declares; null if it does not. */
  readonly total: number | null;
  /** URL that responded. */
  readonly url: string;
  /** Returns the same string for two pages with the same records. Called only if needed. */
  fingerprint(): string;
  /** Returns the value at a path of the response, `$header.NAME` included; undefined if there is none. */
  value(path: string): unknown;
  /** Returns a template rendered with the window, such as `{to|epoch_ms}`. */
  edge(template: string): unknown;
  /** Returns what the page declares about records beyond those read, under well-known names. */
  continuations(read: { readonly records: number; readonly pages: number }): Continuation[];
  /** Returns the parameter of the request whose number equals a record count, if there is one. */
  limitEqualTo(records: number): LimitParam | undefined;
}

/** What follows a page. */
export type Verdict =
  /** Every record of the window was read, as far as the API lets that be known. */
  | { readonly kind: "done" }
  /**
   * Take these steps after the earlier ones, or instead of them if `replaces`. With `proof` the window is
   * done unless it is still needed: the step only proves that nothing follows.
   */
  | {
    readonly kind: "more";
    readonly steps: readonly PageStep[];
    readonly replaces?: true;
    readonly proof?: () => boolean;
  }
  /** The API's data changed while it was read: restart the window. */
  | { readonly kind: "restart"; readonly reason: string }
  /** The window cannot be read; if `tooFull`, shorter windows may succeed. */
  | {
    readonly kind: "failed";
    readonly reason: string;
    readonly hint: string;
    readonly tooFull: boolean;
    /** Records of the window, if the API declares them. */
    readonly held?: number;
  };

/** The state machine of one reading of one window. */
export interface Paginator {
  /** Returns the step to the first page. */
  first(): PageStep;
  /** Takes the facts of the next page, in order, and returns the verdict on it. */
  next(page: PageFacts): Verdict;
  /** Returns where a later reading may continue after a page with this verdict; undefined if it must begin again. */
  placeAfter?(page: PageFacts, verdict: Verdict): Place | undefined;
  /** Continues a reading instead of beginning one; returns the first step. */
  continueAt?(place: Place): PageStep;
}
