// Owns what paths find that is the same for every element of a page: its body and headers, the window
// and the values that were asked for.
import type { CivilMinute } from "../../plan/time/civil.ts";
import { formatCivil, MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import { type Answer, headerOf, type Path, walk } from "./path.ts";

/** A page, as far as paths read it. */
export interface PageScope extends Answer {
  /** The window that was asked for, half-open. */
  readonly window: { readonly from: CivilMinute; readonly to: CivilMinute } | null;
  /** The values of `for_each` that were asked for. */
  readonly each: Readonly<Record<string, unknown>>;
  /** The job's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** What the paths find in a page, in order. */
export function pageValues(paths: readonly Path[], page: PageScope): unknown[] {
  return paths.map(({ root, steps }) => {
    switch (root) {
      case "header":
        return headerOf(page, steps);
      case "window":
        return walk(page.window === null ? null : windowTexts(page.window), steps);
      case "each":
        return walk(page.each, steps);
      case "params":
        return walk(page.params, steps);
      default:
        return walk(page.body, steps);
    }
  });
}

/** The edges of a window as texts; `last` is its last day, or its last minute where it ends within a day. */
function windowTexts({ from, to }: { from: CivilMinute; to: CivilMinute }) {
  const last = to % MINUTES_PER_DAY === 0 ? to - MINUTES_PER_DAY : to - 1;
  return { from: formatCivil(from), to: formatCivil(to), last: formatCivil(last) };
}
