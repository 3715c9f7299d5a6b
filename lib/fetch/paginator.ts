// Owns the vocabulary of paging: a paginator is a small machine on values that is told what a page held
// and answers with the steps to take next. It never sees HTTP, a body or a clock. Invariant: after at
// most `max_pages` pages every machine says something else than "more", so no window is read for ever.
import type { Stream } from "../config/job_schema.ts";
import { CursorPaginator } from "./cursor_paginator.ts";
import { LinkPaginator } from "./link_paginator.ts";
import { OffsetPaginator } from "./offset_paginator.ts";
import { PagePaginator } from "./page_paginator.ts";
import { SinglePage } from "./single_page.ts";
import { Tally } from "./tally.ts";

/** A parameter that paging adds to a stream's request. */
export interface PageParam {
  /** Where it goes. */
  readonly in: "query" | "body" | "header" | "path";
  /** Name of the parameter, or of the placeholder of the path. */
  readonly name: string;
  /** Its value; it stays what it is in a JSON body, and is a text or a number anywhere else. */
  readonly value: unknown;
}

/** How the request of one page differs from the stream's own. */
export interface Step {
  /** Parameters to set. */
  readonly params: readonly PageParam[];
  /** Absolute address to ask instead of the stream's own; undefined leaves it. */
  readonly url?: string;
}

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
  | { readonly kind: "more"; readonly steps: readonly Step[]; readonly anew?: true }
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
  first(): Step;
  /** Takes note of the next page in order. */
  next(page: PageFacts): Verdict;
}

/** A fresh paginator for one reading of a window; `baseUrl` is the source's address. */
export function openPaginator(
  stream: Pick<Stream, "paging" | "max_pages" | "full">,
  baseUrl: string,
): Paginator {
  const { paging } = stream;
  const tally = new Tally(stream.max_pages);
  switch (paging.by) {
    case "none":
      return new SinglePage(tally, stream.full);
    case "offset":
      return new OffsetPaginator(paging, tally);
    case "page":
      return new PagePaginator(paging, tally);
    case "cursor":
      return new CursorPaginator(paging, tally);
    case "next_link":
    case "link_header":
      return new LinkPaginator(paging, tally, baseUrl);
  }
}
