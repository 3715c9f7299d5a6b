// Limits how many rejected rows of one window are shown: a wrong mapping rejects every row, and the first few
// show why. The log and `errors` keep all of them. A fold over events; pure.
import type { RunEvent } from "./event.ts";
import { formatCount } from "./text/format.ts";
import { plainLines } from "./plain_lines.ts";

/** Rejected rows of one window that are shown. */
const MOST_SHOWN = 5;

/** A printer like `plainLines` that shows the first rejections of each window and counts the others. */
export function fewRejections(): (event: RunEvent) => string[] {
  let rejected = 0;
  return (event) => {
    if (event.kind === "row_rejected") return ++rejected > MOST_SHOWN ? [] : plainLines(event);
    const more = rejected - MOST_SHOWN;
    rejected = 0;
    if (more <= 0) return plainLines(event);
    const rest = `  and ${formatCount(more, "row")} more of this window; see deno task errors`;
    return [rest, ...plainLines(event)];
  };
}
