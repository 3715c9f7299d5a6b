// Owns the type of a feed that was parsed: where its position is in a response, and where it begins. Kept in step
// with the schema by tests/config/schema/job_types_test.ts.
import type { MoreSpec } from "./paging.ts";

/** Where a feed begins, and how a response says where the next reading continues. */
export interface SinceSpec {
  /**
   * Where the first reading begins: a date, or any other value that the API accepts. If omitted, the first request
   * sends no position.
   */
  start?: string | number | undefined;
  /** Path of the cursor at which the next reading continues, or `$header.NAME`. */
  cursor?: string | undefined;
  /** Path of the URL at which the next reading continues. */
  link?: string | undefined;
  /** Path of a flag that is false on the last page, or a condition that holds while more pages follow. */
  more?: MoreSpec;
  /**
   * Which page of a reading holds the cursor: `last`, or `first` where the newest records come first.
   */
  page: "first" | "last";
  /** HTTP statuses by which the API refuses a cursor that has expired. */
  expired_statuses: number[];
}
