// Owns what a page of a window is, and what it is fetched for. Types only.
import type { Unit as RequestUnit } from "./http/unit.ts";
import type { FeedMark } from "../plan/feed.ts";
import type { KeptResponse, PageArchive } from "./page_archive.ts";

/** What pages are fetched for, and where they are archived. */
export interface Unit extends RequestUnit {
  /** Keeps the responses; undefined where they are not archived. */
  readonly archive?: PageArchive | undefined;
  /** The archived responses to the order of its export, if there is one. */
  readonly exportKept?: readonly KeptResponse[] | undefined;
  /** Records above which the window is given up for shorter ones, if its first page declares more. */
  readonly mostRecords?: number | undefined;
  /** Where the reading of a feed continues, of which an earlier run has committed pages. */
  readonly place?: string | undefined;
}

/** One page of a unit. */
export interface Page {
  /** Position in the window, from 0. */
  readonly index: number;
  /** Whether it is a further part of the response that the page before began; defaults to false. */
  readonly isRest?: boolean;
  /** Its records. */
  readonly records: unknown[];
  /** The decoded body. */
  readonly body: unknown;
  /** A header of the response, or null. */
  header(name: string): string | null;
  /** Records in the whole window, if the response declares a total. */
  readonly total: number | null;
  /** Bytes of the body after decompression. */
  readonly bytes: number;
  /** Milliseconds from sending the last attempt to the end of its response. */
  readonly ms: number;
  /** URL that responded, masked. */
  readonly url: string;
  /** The responses in the archive that end with it; undefined where none is archived. */
  readonly kept?: readonly KeptResponse[] | undefined;
  /** The position of its feed that it declares; undefined for other streams. */
  readonly mark?: FeedMark | undefined;
  /** Epoch milliseconds before the first request of the window, if that was earlier than this run knows. */
  readonly requestedAt?: number | undefined;
}
