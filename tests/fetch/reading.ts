// Plays the driver of a paginator against a source that is a plain function: steps in, pages out, in
// order, without HTTP. Every reading is bounded, so a machine that never ends fails its test.
import { openPaginator, type PageFacts, type Step } from "../../lib/fetch/paginator.ts";
import type { Verdict } from "../../lib/fetch/paginator.ts";
import type { Paging } from "../../lib/config/job_schema.ts";

/** A page of a played source. */
export interface PlayedPage {
  readonly records: readonly unknown[];
  readonly total?: number;
  /** What `value(path)` finds. */
  readonly at?: Readonly<Record<string, unknown>>;
}

/** What one reading came to. */
export interface Reading {
  readonly records: unknown[];
  readonly asked: Step[];
  readonly verdict: Verdict;
}

/** The base address of the played source. */
export const BASE = "https://api.test/v1";

/** The value of a parameter of a step. */
export function param(step: Step, name: string): unknown {
  return step.params.find((each) => each.name === name)?.value;
}

/** Reads one window to its verdict. */
export function readAll(
  paging: Paging,
  answer: (step: Step, index: number) => PlayedPage,
  options: { maxPages?: number; full?: number } = {},
): Reading {
  const paginator = openPaginator(
    { paging, max_pages: options.maxPages ?? 10_000, full: options.full },
    BASE,
  );
  let queue = [paginator.first()];
  const reading = { records: [] as unknown[], asked: [] as Step[] };
  for (let index = 0; index < 20_000; index++) {
    const step = queue.shift();
    if (step === undefined) {
      throw new Error("the paginator waits for a page that it did not ask for");
    }
    reading.asked.push(step);
    const page = answer(step, index);
    reading.records.push(...page.records);
    const verdict = paginator.next(factsOf(step, page));
    if (verdict.kind !== "more") return { ...reading, verdict };
    queue = [...verdict.anew ? [] : queue, ...verdict.steps];
  }
  throw new Error("the paginator never ends");
}

function factsOf(step: Step, page: PlayedPage): PageFacts {
  return {
    records: page.records.length,
    total: page.total ?? null,
    url: step.url ?? `${BASE}/things`,
    fingerprint: () => JSON.stringify(page.records),
    value: (path) => page.at?.[path],
  };
}
