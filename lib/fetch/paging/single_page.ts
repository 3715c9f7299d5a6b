// Owns streams without paging: one answer is the whole window. Invariant: an answer that the source cut
// off is never taken for a whole one, as far as a total or `full` can tell.
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { DONE, type Tally, tooFull } from "./tally.ts";
import type { PageStep } from "../http/page_step.ts";

const HINT = 'Make the windows shorter, or say with "paging" how the rest is read';

/** One answer a window; `full` is the number of records at which the source cuts an answer off. */
export class SinglePage implements Paginator {
  readonly #tally: Tally;
  readonly #full: number | undefined;

  /** A machine for one reading. */
  constructor(tally: Tally, full: number | undefined) {
    this.#tally = tally;
    this.#full = full;
  }

  /** The stream's own request. */
  first(): PageStep {
    return { params: [] };
  }

  /** Whether the one answer is whole. */
  next(page: PageFacts): Verdict {
    const decided = this.#tally.add(page);
    if (decided !== undefined) return decided;
    const { records, total } = this.#tally;
    if (total !== null) return tooFull(`the answer holds ${records} of ${total} records`, HINT);
    if (this.#full === undefined || records < this.#full) return DONE;
    return tooFull(
      `the answer holds ${records} records, at which the source cuts answers off`,
      HINT,
    );
  }
}
