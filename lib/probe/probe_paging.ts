// Owns what a probe learns about paging: the first page, and a second one that proves that pages follow each
// other as the job declares. It sends at most one request. Invariant: a page that repeats, that is empty although
// more was stated, or that follows a page that seemed to be the last is reported as a problem.
import { formatCount } from "../report/text/format.ts";
import type { OkResponse } from "../fetch/ok_response.ts";
import type { StreamClient } from "../fetch/stream_client.ts";
import type { Unit } from "../fetch/http/unit.ts";
import { renderRequest } from "../fetch/http/request.ts";
import type { PageStep } from "../fetch/http/page_step.ts";
import { pageFacts } from "../fetch/page_facts.ts";
import { fingerprint } from "../fetch/paging/fingerprint.ts";
import { suggestPaging } from "../fetch/paging/suggest_paging.ts";
import { openPaginator } from "../fetch/paging/open_paginator.ts";
import type { PageFacts, Verdict } from "../fetch/paging/paginator.ts";
import { type ParsedResponse, readResponse } from "../fetch/response/read_response.ts";
import { Failure } from "../failure.ts";
import { yieldingToEventLoop } from "../yield_to_event_loop.ts";
import { probeFeed } from "./probe_feed.ts";
import { guessTotal, type PagingSign, pagingSigns } from "./paging_signs.ts";

/** How the pages of a response continue, as far as two pages show. */
export interface PagingReport {
  /** The kind that the job declares. */
  readonly by: string;
  /** Records of the window, where the response states a total. */
  readonly total: number | null;
  /** Further pages that a run would request now. */
  readonly more: number;
  /** The next request, masked; null where the window is complete. */
  readonly next: string | null;
  /** Records on the second page, where it was requested. */
  readonly second: number | null;
  /** Why the window cannot be read, or null. */
  readonly problem: string | null;
  /** Why a run would continue with a shorter window, or null. */
  readonly split: string | null;
  /** Other parts of the response that look like paging and are not declared. */
  readonly signs: readonly PagingSign[];
  /** What to write for these, one key a line. */
  readonly guesses: readonly string[];
}

/** A first page and its response. */
export interface FirstPage {
  /** The response. */
  readonly response: OkResponse;
  /** The part that was read. */
  readonly read: ParsedResponse;
}

/** Reports on the paging of a stream from its first page, after requesting the second where one follows. */
export async function probePaging(
  client: StreamClient,
  unit: Unit,
  page: FirstPage,
): Promise<PagingReport> {
  const { job } = client.api;
  const { paging: { by }, window, since } = client.stream;
  if (since !== undefined && by === "none") {
    const report = probeFeed(client, unit, factsOf(client, unit, page));
    const none = { total: null, second: null, split: null, signs: [], guesses: [] };
    return { by: "since", ...none, ...report };
  }
  const paginator = openPaginator(client.stream, job.source.url);
  paginator.first();
  const facts = factsOf(client, unit, page);
  const verdict = paginator.next(facts);
  const steps = verdict.kind === "more" && verdict.proof === undefined ? verdict.steps : [];
  const failed = verdict.kind === "failed" ? verdict : undefined;
  const isSplit = window?.auto === true && failed?.tooFull === true;
  const [step] = steps;
  const second = step === undefined
    ? await beyondLast(client, unit, page, verdict)
    : await secondOf(client, unit, step, (read) => problemOf(paginator.next(read)));
  return {
    by,
    total: page.read.total,
    more: steps.length,
    next: step === undefined ? null : lineOf(client, unit, step),
    second: second.records,
    problem: failed !== undefined && !isSplit ? failed.reason : second.problem,
    split: failed !== undefined && isSplit ? failed.reason : null,
    ...undeclared(client, page.read, facts),
  };
}

/** Signs of paging that the job does not declare, and what to write for them. */
function undeclared(
  { stream }: StreamClient,
  { body, header, records }: ParsedResponse,
  facts: PageFacts,
) {
  if (stream.paging.by !== "none" && stream.total !== undefined) return { signs: [], guesses: [] };
  const signs = pagingSigns(body, header);
  if (stream.paging.by === "none") {
    const found = facts.continuations({ records: records.length, pages: 1 });
    const limit = facts.limitEqualTo(records.length);
    const isComplete = found.length === 0 && limit === undefined;
    const guesses = isComplete ? [] : suggestPaging(found, { records: records.length, limit });
    return { signs, guesses };
  }
  const total = guessTotal(signs, records.length);
  return total === undefined
    ? { signs: [], guesses: [] }
    : { signs: [total], guesses: [`total: ${total.path}`] };
}

interface SecondPage {
  readonly records: number | null;
  readonly problem: string | null;
}

const NOT_REQUESTED: SecondPage = { records: null, problem: null };

/** Requests the page after one that is shorter than `size` and so seems to be the last: it may contain more records. */
async function beyondLast(
  client: StreamClient,
  unit: Unit,
  page: FirstPage,
  verdict: Verdict,
): Promise<SecondPage> {
  const { paging } = client.stream;
  const count = page.read.records.length;
  const isEnd = verdict.kind === "done" || verdict.kind === "more" && verdict.proof !== undefined;
  if (!isEnd || (paging.by !== "offset" && paging.by !== "page")) {
    return NOT_REQUESTED;
  }
  const isProven = page.read.total !== null || count === 0 || paging.more !== undefined ||
    paging.by === "page" && paging.pages !== undefined;
  if (isProven || count >= (paging.size ?? 0)) return NOT_REQUESTED;
  const taught = { ...client.stream, paging: { ...paging, size: count } };
  const paginator = openPaginator(taught, client.api.job.source.url);
  paginator.first();
  const next = paginator.next(factsOf(client, unit, page));
  const step = next.kind === "more" ? next.steps[0] : undefined;
  if (step === undefined) return NOT_REQUESTED;
  const first = fingerprint(page.read.records);
  const params = step.params?.map((param) =>
    param.name === paging.size_param ? { ...param, value: paging.size! } : param
  );
  const asked = params === undefined ? step : { ...step, params };
  return await secondOf(
    client,
    unit,
    asked,
    (facts) =>
      facts.records === 0 || facts.fingerprint() === first
        ? null
        : `the API returns ${
          formatCount(count, "record")
        } per page although ${paging.size} were requested: write size: ${count}`,
  );
}

async function secondOf(
  client: StreamClient,
  unit: Unit,
  step: PageStep,
  judge: (facts: PageFacts) => string | null,
): Promise<SecondPage> {
  const { job, dependencies } = client.api;
  try {
    const request = renderRequest(job, client.stream, unit, step);
    const response = await client.send(request, dependencies.signal);
    const read = await yieldingToEventLoop(readResponse(client.stream, response));
    const origin = { request, url: response.url, unit, timeZone: job.time_zone };
    const facts = pageFacts(client.stream, read, origin);
    return { records: read.records.length, problem: judge(facts) };
  } catch (error) {
    if (dependencies.signal.aborted || !(error instanceof Failure)) throw error;
    return { records: null, problem: `the second page: ${error.message}` };
  }
}

/** What the second page shows to be wrong. */
function problemOf(verdict: Verdict): string | null {
  return verdict.kind === "failed" && !verdict.tooFull || verdict.kind === "restart"
    ? verdict.reason
    : null;
}

function factsOf(
  client: StreamClient,
  unit: Unit,
  { read, response: { url } }: FirstPage,
): PageFacts {
  const { job } = client.api;
  const first = openPaginator(client.stream, job.source.url).first();
  const request = renderRequest(job, client.stream, unit, first);
  return pageFacts(client.stream, read, { request, url, unit, timeZone: job.time_zone });
}

function lineOf(client: StreamClient, unit: Unit, step: PageStep): string {
  return client.line(renderRequest(client.api.job, client.stream, unit, step));
}
