// Owns the reading of files whose URLs are known: each is one page, whatever it declares about others.
import type { PageStep } from "../http/page_step.ts";
import type { PageFacts, Paginator, Verdict } from "./paginator.ts";

/** Requests each file once. */
export class FilePaginator implements Paginator {
  readonly #files: readonly string[];
  #read = 0;

  /** Creates the paginator of at least one file. */
  constructor(files: readonly string[]) {
    this.#files = files;
  }

  /** Returns the step to the first file. */
  first(): PageStep {
    return { params: [], url: this.#files[0]! };
  }

  /** Returns the step to the next file. */
  next(_page: PageFacts): Verdict {
    const url = this.#files[++this.#read];
    return url === undefined ? { kind: "done" } : { kind: "more", steps: [{ params: [], url }] };
  }
}
