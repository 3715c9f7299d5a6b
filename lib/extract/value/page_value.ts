// Reads the values that are the same for every element of a page: from its body and headers, the window,
// the values of `for_each` and the parameters.
import type { CivilMinute } from "../../plan/time/civil.ts";
import { formatCivil, MINUTES_PER_DAY } from "../../plan/time/civil.ts";
import { headerOf, type Path, type ResponseParts, walk } from "./path.ts";

/** The parts of a page that paths read. */
export interface PageScope extends ResponseParts {
  /** The requested window, half-open. */
  readonly window: { readonly from: CivilMinute; readonly to: CivilMinute } | null;
  /** The requested values of `for_each`. */
  readonly each: Readonly<Record<string, unknown>>;
  /** The job's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** The values at the paths in a page, in order. */
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

/** The bounds of a window as strings; `last` is its last day, or its last minute where it ends within a day. */
function windowTexts({ from, to }: { from: CivilMinute; to: CivilMinute }) {
  const last = to % MINUTES_PER_DAY === 0 ? to - MINUTES_PER_DAY : to - 1;
  return { from: formatCivil(from), to: formatCivil(to), last: formatCivil(last) };
}
