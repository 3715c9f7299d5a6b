// Owns the subject of one request, apart from paging: the dates and values it is rendered with. Types only; it never
// plans one.
import type { CivilMinute } from "../../plan/time/civil.ts";

/** One thing to fetch. */
export interface Unit {
  /** The dates, half-open; null for a stream without windows. */
  readonly window: { readonly from: CivilMinute; readonly to: CivilMinute } | null;
  /** Values of `for_each` by name. */
  readonly each: Readonly<Record<string, unknown>>;
  /** Values of the job's parameters by name. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The cursor at which a feed continues; undefined where it begins. */
  readonly since?: string | undefined;
  /** The export that was ordered for it, if the stream orders one. */
  readonly export?: OrderedExport | undefined;
}

/** An export that is ready. */
export interface OrderedExport {
  /** Its ID at the API. */
  readonly id: string;
  /** URLs of its files; undefined where the stream's request fetches it. */
  readonly files?: readonly string[] | undefined;
}
