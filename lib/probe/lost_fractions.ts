// Checks whether a request loses the last second of its window: its end is an inclusive second, and the
// instants of the records have fractions. Pure. Invariant: it reports nothing about a stream whose records have
// whole seconds.
import { inclusiveEnd } from "../config/inclusive_end.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import type { Extraction } from "../extract/extractor.ts";

/** What to change in the request, one sentence each; none where no fraction can be lost. */
export function lostFractions(stream: Stream, { sets }: Extraction): string[] {
  const end = inclusiveEnd(stream);
  if (end === undefined) return [];
  const column =
    sets.flatMap(({ shape, rows }) =>
      shape.columns.filter((_, at) =>
        shape.types[at]!.startsWith("timestamp") &&
        rows.some((row) => /:\d\d\.\d*[1-9]/.test(row[at] ?? ""))
      ).map((name) => `${shape.table}.${name}`)
    )[0];
  if (column === undefined) return [];
  return [
    `"${end.placeholder}" in the request loses records of the window's last second: ` +
    `${column} has fractions of seconds; write ${end.instead}`,
  ];
}
