// Owns the question whether a source heeded the dates it was asked for, as far as rows tell: where no date
// of any row is of the window, it probably did not, and a run would mark dates as done that were never
// seen. Pure.
import type { Extraction } from "../extract/extractor.ts";
import { formatDay, MINUTES_PER_DAY } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";

/** Columns of dates, as `table.column`, none of whose values is of the window; none where any column has one that is. */
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
