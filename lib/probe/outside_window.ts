// Checks whether an API respected the dates of a request, as far as rows show: if no date of any row is in
// the window, it probably ignored them, and a run would mark dates as done that were never fetched. Pure.
import type { Extraction } from "../extract/extractor.ts";
import { formatDay, MINUTES_PER_DAY } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";

/** Date columns, as `table.column`, without a value in the window; empty where any column has one. */
export function outsideWindow({ sets }: Extraction, window: Window | null): string[] {
  if (window === null) return [];
  // A day on either side, as a time may be written in another zone.
  const first = formatDay(window.from - MINUTES_PER_DAY);
  const last = formatDay(window.to - 1 + MINUTES_PER_DAY);
  const isInside = (text: string | null) => {
    const day = text?.slice(0, 10) ?? "";
    return day >= first && day <= last;
  };
  const columns = sets.flatMap(({ shape, rows }) =>
    shape.columns.flatMap((column, at) => {
      if (!/^(date|timestamp|timestamptz)$/.test(shape.types[at]!)) return [];
      const values = rows.map((row) => row[at] ?? null).filter((value) => value !== null);
      return values.length === 0 ? [] : [{ name: `${shape.table}.${column}`, values }];
    })
  );
  if (columns.some(({ values }) => values.some(isInside))) return [];
  return columns.map(({ name }) => name);
}
