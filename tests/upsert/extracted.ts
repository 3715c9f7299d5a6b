// Creates what extraction passes to the batches: units, pages of rows, ends of windows.
import type { RowShape } from "../../lib/extract/row_shape.ts";
import { MINUTES_PER_DAY } from "../../lib/plan/time/civil.ts";
import type { Unit } from "../../lib/plan/unit.ts";
import type { Rejection } from "../../lib/extract/extractor.ts";
import { at } from "../plan/jobs.ts";
import type { Extracted } from "../../lib/extract/extract_pages.ts";

/** The shape of rows of a table. */
export function shapeOf(table: string): RowShape {
  return {
    id: `things/${table}`,
    stream: "things",
    table,
    columns: ["id", "name"],
    types: ["text", "text"],
    merges: ["replace", "replace"],
    key: [0],
    version: [],
  };
}

/** The shape of the table most rows go to. */
export const THINGS = shapeOf("things");

/** The unit of one day, counted from the first of January 2025. */
export function unitOf(day: number, stream = "things"): Unit {
  const from = at("2025-01-01") + day * MINUTES_PER_DAY;
  return {
    stream,
    scope: "",
    each: "",
    eachValues: {},
    window: { from, to: from + MINUTES_PER_DAY },
  };
}

/** A page with that many rows, named after its unit. */
export function page(
  unit: Unit,
  rows: number,
  rejected: Rejection[] = [],
  bytes = 100 * rows,
): Extracted {
  const list = Array.from({ length: rows }, (_, i) => [`${unit.window?.from}-${i}`, null]);
  const sets = rows === 0 ? [] : [{ shape: THINGS, rows: list }];
  return { kind: "rows", unit, sets, rejected, bytes };
}

/** The end of a window. */
export function done(unit: Unit, records = 1, requestedAt = 0): Extracted {
  return { kind: "done", unit, pages: 1, records, requestedAt, responseMs: 10, ms: 20 };
}

/** A rejected row. */
export function rejection(reason = "is not a number"): Rejection {
  return { table: "things", column: "name", reason, value: "x", record: "{}" };
}
