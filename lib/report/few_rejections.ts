// Owns how many rejected rows of one window are shown: a mapping that is wrong rejects every row, and what
// a reader needs is the first of them. The log and `errors` keep them all. A fold over events; pure.
import type { RunEvent } from "./event.ts";
import { formatCount } from "./text/format.ts";
import { plainLines } from "./plain_lines.ts";

/** Rejected rows of one window that are shown. */
const MOST_SHOWN = 5;

/** A printer of lines, as `plainLines`, that shows few rejections of each window and says how many follow. */
export function fewRejections(): (event: RunEvent) => string[] {
  let rejected = 0;
  return (event) => {
    if (event.kind === "row_rejected") return ++rejected > MOST_SHOWN ? [] : plainLines(event);
    const more = rejected - MOST_SHOWN;
    rejected = 0;
    if (more <= 0) return plainLines(event);
    const rest = `  and ${
      formatCount(more, "row")
    } more of this window, which deno task errors lists`;
    return [rest, ...plainLines(event)];
  };
}
