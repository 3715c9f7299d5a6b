// Drives a paginator with an API that is a plain function: steps in, pages out, in
// order, without HTTP. Every reading is bounded, so a paginator that never ends fails its test.
import { type PageFacts } from "../../lib/fetch/paging/paginator.ts";
import type { Continuation } from "../../lib/fetch/paging/continuation.ts";
import type { Verdict } from "../../lib/fetch/paging/paginator.ts";
import type { Paging } from "../../lib/config/schema/job_schema.ts";
import { openPaginator } from "../../lib/fetch/paging/open_paginator.ts";
import { type PageStep } from "../../lib/fetch/http/page_step.ts";

/** A page of the simulated API. */
export interface PlayedPage {
  readonly records: readonly unknown[];
  readonly total?: number;
  /** What `value(path)` finds. */
  readonly at?: Readonly<Record<string, unknown>>;
  /** What it declares about records beyond it. */
  readonly continuations?: readonly Continuation[];
}

/** The outcome of one reading. */
export interface Reading {
  readonly records: unknown[];
  readonly asked: PageStep[];
  readonly verdict: Verdict;
}

/** The base URL of the simulated API. */
export const BASE = "https://api.test/v1";

/** The value of a parameter of a step. */
export function param(step: PageStep, name: string): unknown {
  return step.params.find((each) => each.name === name)?.value;
}

/** Reads one window to its verdict. */
export function readAll(
  paging: Paging,
  answer: (step: PageStep, index: number) => PlayedPage,
  options: { maxPages?: number; maxRecords?: number } = {},
): Reading {
  const paginator = openPaginator(
    { paging, max_pages: options.maxPages ?? 10_000, max_records: options.maxRecords },
    BASE,
  );
  let queue = [paginator.first()];
  const reading = { records: [] as unknown[], asked: [] as PageStep[] };
  for (let index = 0; index < 20_000; index++) {
    const step = queue.shift();
    if (step === undefined) {
      throw new Error("the paginator waits for a page that it did not request");
    }
    reading.asked.push(step);
    const page = answer(step, index);
    reading.records.push(...page.records);
    const verdict = paginator.next(factsOf(step, page));
    if (verdict.kind !== "more") return { ...reading, verdict };
    queue = [...verdict.replaces ? [] : queue, ...verdict.steps];
  }
  throw new Error("the paginator never ends");
}

function factsOf(step: PageStep, page: PlayedPage): PageFacts {
  return {
    records: page.records.length,
    total: page.total ?? null,
    url: step.url ?? `${BASE}/things`,
    fingerprint: () => JSON.stringify(page.records),
    edge: (template) => template,
    value: (path) => page.at?.[path],
    continuations: () => [...page.continuations ?? []],
    limitEqualTo: () => undefined,
  };
}
