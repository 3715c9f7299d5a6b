// Owns streams without paging: one response is the whole window. Invariant: a response that the API cut off
// is never taken for a complete one, as far as a total or `full` shows.
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { DONE, type Tally, tooFull } from "./tally.ts";
import type { PageStep } from "../http/page_step.ts";

const HINT = 'Make the windows shorter, or declare "paging"';

/** Reads one response per window; `full` is the record count at which the API cuts off. */
export class SinglePage implements Paginator {
  readonly #tally: Tally;
  readonly #full: number | undefined;

  /** Creates the paginator of one reading. */
  constructor(tally: Tally, full: number | undefined) {
    this.#tally = tally;
    this.#full = full;
  }

  /** Returns the only step, the stream's own request. */
  first(): PageStep {
    return { params: [] };
  }

  /** Returns whether the response is complete. */
  next(page: PageFacts): Verdict {
    const decided = this.#tally.add(page);
    if (decided !== undefined) return decided;
    const { records, total } = this.#tally;
    if (total !== null) return tooFull(`the response holds ${records} of ${total} records`, HINT);
    if (this.#full === undefined || records < this.#full) return DONE;
    return tooFull(
      `the response holds ${records} records, the number at which the API cuts off`,
      HINT,
    );
  }
}
