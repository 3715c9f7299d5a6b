// Owns streams without paging: one response is the whole window. Invariant: a response that the API cut off
// is never taken for a complete one, as far as a total, `max_records`, a limit in the request or anything that the
// response declares shows; unless the job declares "paging: none".
import { formatCount } from "../../report/text/format.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";
import { suggestPaging } from "./suggest_paging.ts";
import type { Tally } from "./tally.ts";
import { tooFull } from "./verdict.ts";
import type { PageStep } from "../http/page_step.ts";

const HINT = 'Make the windows shorter, or declare "paging"';

/** Reads one response per window; `maxRecords` is the record count at which the API cuts off. */
export class SinglePage implements Paginator {
  readonly #tally: Tally;
  readonly #maxRecords: number | undefined;

  /** Creates the paginator of one reading. */
  constructor(tally: Tally, maxRecords: number | undefined) {
    this.#tally = tally;
    this.#maxRecords = maxRecords;
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
    if (total !== null) {
      return tooFull(
        `the response holds ${records} of ${formatCount(total, "record")}`,
        HINT,
        total,
      );
    }
    if (this.#maxRecords === undefined) return this.#limited(page) ?? this.#tally.finish(page);
    if (records < this.#maxRecords) return this.#tally.finish(page);
    return tooFull(
      `the response holds ${formatCount(records, "record")}, the number at which the API cuts off`,
      HINT,
    );
  }

  /** As many records as the request allows are rarely all. */
  #limited(page: PageFacts): Verdict | undefined {
    const { records } = page;
    const limit = page.limitEqualTo(records);
    if (limit === undefined) return undefined;
    const found = page.continuations(this.#tally);
    const suggested = suggestPaging(found, { records, limit }).map((line) => `"${line}"`);
    return tooFull(
      `the response holds ${
        formatCount(records, "record")
      }, exactly as many as "${limit.name}" of the request allows`,
      `Write ${
        suggested.join(" and ")
      } in the stream, "max_records: ${limit.value}" for shorter windows, or "paging: none" if the response is complete`,
    );
  }
}
