// Owns the type of the paging of a stream that was parsed: how an API divides its results into pages. Kept in
// step with the schema by tests/config/schema/job_types_test.ts.
import type { Condition } from "./condition.ts";

/** Where a response says whether more pages follow: the path of a flag, or a condition. */
export type MoreSpec = string | Condition | undefined;

/** No paging: each response is complete. */
export interface NoPaging {
  /**
   * Each response is complete, whatever it declares. If `paging` is omitted, a response that
   * announces more pages fails its window.
   */
  readonly by: "none";
  /**
   * Whether the job declares no paging, so that a response that shows more pages fails its window.
   */
  readonly isAssumed?: true;
}

/** Paging by the number of records to skip. */
export interface OffsetPaging {
  /** Each request sends the number of records to skip. */
  by: "offset";
  /** Name of the parameter for the number of records to skip. */
  offset_param: string;
  /** Offset of the first record; 1 if the API counts from one. */
  first: number;
  /** Name of the parameter that sets the page size. If omitted, no page size is sent. */
  size_param?: string | undefined;
  /** Number of records per page. */
  size: number;
  /** Largest offset that the API accepts. */
  max_offset?: number | undefined;
  /**
   * Path of a flag that is false on the last page, or a condition that holds while more pages
   * follow.
   */
  more?: MoreSpec;
  /**
   * Where the parameters are sent: in the query, in the JSON or form body, or in the path at
   * `{offset}`.
   */
  in: "query" | "body" | "path";
}

/** Paging by page numbers. */
export interface PagePaging {
  /** Each request sends a page number. */
  by: "page";
  /** Name of the parameter for the page number. */
  page_param: string;
  /** Number of the first page. */
  first: number;
  /** Name of the parameter that sets the page size. If omitted, no page size is sent. */
  size_param?: string | undefined;
  /**
   * Number of records per page; required unless `pages`, `more` or the stream's `total` identifies
   * the last page.
   */
  size?: number | undefined;
  /** Path of the total number of pages. */
  pages?: string | undefined;
  /** Largest page number that the API accepts. */
  max_page?: number | undefined;
  /**
   * Path of a flag that is false on the last page, or a condition that holds while more pages
   * follow.
   */
  more?: MoreSpec;
  /**
   * Where the parameters are sent: in the query, in the JSON or form body, or in the path at
   * `{page}`.
   */
  in: "query" | "body" | "path";
}

/** Paging by cursors. */
export interface CursorPaging {
  /** Each response contains a cursor that the next request sends. */
  by: "cursor";
  /**
   * Path of the next cursor, or `$header.NAME` for a response header. An absent, null or empty
   * cursor ends the window. An array or object is sent unchanged in a JSON body.
   */
  cursor: string;
  /** Name of the parameter for the cursor. Required unless the request contains `{cursor}`. */
  cursor_param?: string | undefined;
  /**
   * Cursor of the first request, if the API requires one. If it is a number, later cursors made of
   * digits are sent as numbers too.
   */
  first?: string | number | undefined;
  /**
   * Edge of the window at which the pages end, if cursors are times and the API does not end by
   * itself: the window is done as soon as a cursor reaches or passes it. Requires `first`.
   */
  until?: string | undefined;
  /**
   * Number to add to a cursor that is an integer, if the API includes the record of the cursor in
   * the next page: 1, or -1 if pages lead back in time.
   */
  step?: number | undefined;
  /** Whether the API returns cursors percent-encoded, so that they are not encoded again. */
  encoded: boolean;
  /**
   * Path of a flag that is false on the last page, or a condition that holds while more pages
   * follow.
   */
  more?: MoreSpec;
  /** Name of the parameter that sets the page size. If omitted, no page size is sent. */
  size_param?: string | undefined;
  /** Maximum number of records per page. */
  size?: number | undefined;
  /** Where the cursor is sent. */
  in: "query" | "body" | "header";
}

/** Paging by links in the response body. */
export interface NextLinkPaging {
  /** Each response contains the URL of the next page. */
  by: "next_link";
  /** Path of the URL of the next page. An absent, null or empty URL ends the window. */
  link: string;
  /**
   * Hosts to which links may lead in addition to that of `source.url`. Requests to them carry no
   * credentials and no headers of the job.
   */
  hosts: string[];
  /**
   * Path of a flag that is false on the last page, or a condition that holds while more pages
   * follow.
   */
  more?: MoreSpec;
  /** Name of the parameter that sets the page size. If omitted, no page size is sent. */
  size_param?: string | undefined;
  /** Maximum number of records per page. */
  size?: number | undefined;
}

/** Paging by links in a response header. */
export interface LinkHeaderPaging {
  /** The response header `Link: <URL>; rel="next"` contains the URL of the next page. */
  by: "link_header";
  /**
   * Hosts to which links may lead in addition to that of `source.url`. Requests to them carry no
   * credentials and no headers of the job.
   */
  hosts: string[];
  /**
   * Path of a flag that is false on the last page, or a condition that holds while more pages
   * follow.
   */
  more?: MoreSpec;
  /** Name of the parameter that sets the page size. If omitted, no page size is sent. */
  size_param?: string | undefined;
  /** Maximum number of records per page. */
  size?: number | undefined;
}

/** The paging of a stream. */
export type Paging =
  | NoPaging
  | OffsetPaging
  | PagePaging
  | CursorPaging
  | NextLinkPaging
  | LinkHeaderPaging;
