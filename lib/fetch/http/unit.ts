// Owns what one request is for, apart from paging: the dates and values it is rendered with. Types only; it
// never plans one.
import type { CivilMinute } from "../../plan/time/civil.ts";

/** One thing to fetch. */
export interface Unit {
  /** The dates, half-open; null for a stream without windows. */
  readonly window: { readonly from: CivilMinute; readonly to: CivilMinute } | null;
  /** Values of `for_each` by name. */
  readonly each: Readonly<Record<string, unknown>>;
  /** Values of the job's parameters by name. */
  readonly params: Readonly<Record<string, unknown>>;
}
