// Owns the step from a paging step to a parsed response: a page is requested, or found in the archive, holds
// its place in the budget, and is parsed.
import { yieldingToEventLoop } from "../yield_to_event_loop.ts";
import { Failure } from "../failure.ts";
import { pageRequest } from "./http/page_request.ts";
import type { PageStep } from "./http/page_step.ts";
import type { WireRequest } from "./http/request.ts";
import { mayBeLong, WHOLE_BYTES } from "./long_response.ts";
import type { Unit } from "./page.ts";
import type { ArchivedResponse, KeptResponse, LongKept } from "./page_archive.ts";
import type { Place } from "./rate/page_budget.ts";
import type { Verdict } from "./paging/paginator.ts";
import { type ParsedResponse, readResponse } from "./response/read_response.ts";
import { notArchived } from "./archived_response.ts";
import { refuseUndeclaredError } from "./response/undeclared_error.ts";
import type { OkResponse } from "./ok_response.ts";
import type { StreamClient } from "./stream_client.ts";

/** A response that is not parsed yet. */
export interface Received extends Disposable {
  /** The request. */
  readonly request: WireRequest;
  /** The response. */
  readonly response: OkResponse;
  /** The response in the archive; undefined where it is not archived, or while it arrives. */
  readonly kept: readonly KeptResponse[] | undefined;
  /** Keeps a long response while it arrives; undefined for others. */
  readonly keeper: LongKept | undefined;
  /** Whether it comes from the archive. */
  readonly isArchived: boolean;
  /** The step that it was requested for. */
  readonly step: PageStep;
}

/** A parsed page and its measures. */
export interface Parsed {
  /** What was read. */
  readonly read: ParsedResponse;
  /** Bytes of the body after decompression. */
  readonly bytes: number;
  /** Milliseconds from sending the request to the end of its response. */
  readonly ms: number;
  /** URL that responded, not masked. */
  readonly url: string;
  /** The response in the archive; undefined where it is not archived. */
  readonly kept: readonly KeptResponse[] | undefined;
}

/**
 * Requests a page and holds its bytes until the result is disposed. Nothing is awaited before the request
 * waits for room, so that the pages of a window get room in their order. A page that others wait for takes
 * room at once: one that is requested again (`isAgain`), and the proof of an end, which other windows wait
 * for.
 */
export async function requestPage(
  client: StreamClient,
  unit: Unit,
  step: PageStep,
  signal: AbortSignal,
  { isAgain = false }: { readonly isAgain?: boolean } = {},
): Promise<Received> {
  const { job } = client.api;
  using stack = new DisposableStack();
  const place = stack.use(client.place());
  if (isAgain || step.isProof === true) place.takeNow();
  const request = pageRequest(job, client.name, unit, step);
  const archived = await findArchived(client, unit, request, place, signal);
  const response = archived === undefined
    ? await sendRequest(client, unit, request, { step, signal, place })
    : client.replay(request, archived, step.isProof === true);
  place.arrived(response.body.byteLength);
  const isLong = archived === undefined && response.rest !== undefined;
  const keeper = isLong ? unit.archive?.keepLong(request, response) : undefined;
  const kept = isLong ? undefined : archived?.kept ?? keptBy(unit, request, response);
  // Until then it counts as in flight, so that a kill costs only the pages in flight.
  await kept?.at(-1)?.written;
  const held = stack.move();
  return {
    request,
    response,
    ...{ kept, keeper },
    isArchived: archived !== undefined,
    step,
    [Symbol.dispose]: () => {
      held.dispose();
      response.rest?.[Symbol.dispose]();
      // Left to the garbage collector, megabytes of parsed responses would pile up.
      if (!response.body.buffer.detached) response.body.buffer.transfer(0);
    },
  };
}

function keptBy(
  { archive }: Unit,
  request: WireRequest,
  response: OkResponse,
): KeptResponse[] | undefined {
  return archive && [archive.keep(request, response)];
}

/**
 * The archived response to a request; it takes its place in the budget like any other.
 *
 * @throws Failure("window") if the archive is damaged there.
 */
async function findArchived(
  client: StreamClient,
  { archive }: Unit,
  request: WireRequest,
  place: Place,
  signal: AbortSignal,
): Promise<ArchivedResponse | undefined> {
  const load = archive?.find(request);
  if (load === undefined) return undefined;
  if (!place.isTaken) await place.take(signal);
  const archived = await load();
  if (archived === undefined) throw notArchived(client.line(request));
  return archived;
}

function sendRequest(
  client: StreamClient,
  unit: Unit,
  request: WireRequest,
  { step, signal, place }: {
    readonly step: PageStep;
    readonly signal: AbortSignal;
    readonly place: Place;
  },
): Promise<OkResponse> {
  if (unit.archive?.isOnly) throw notArchived(client.line(request));
  const mayFail = step.isProof === true;
  const wholeBytes = mayBeLong(client.stream) ? WHOLE_BYTES : undefined;
  return client.send(request, signal, { rank: unit.window?.from ?? 0, mayFail, place, wholeBytes });
}

/** Parses a response and frees its bytes. */
export async function parsePage(client: StreamClient, received: Received): Promise<Parsed> {
  using _ = received;
  const { request, response, step, kept } = received;
  const { stream } = client;
  const records = { ...stream.records, optional: true };
  try {
    // A page beyond the last need not hold records.
    const declared = step.isProof ? { ...stream, records } : stream;
    const read = await yieldingToEventLoop(readResponse(declared, response));
    if (!step.isProof) refuseUndeclaredError(stream, read);
    return { read, bytes: response.body.byteLength, ms: response.ms, url: response.url, kept };
  } catch (error) {
    throw error instanceof Failure ? client.described(error, request) : error;
  }
}

/** The archived responses that end with a page; the first page comes after the order of its export. */
export function keptWith(
  { exportKept = [] }: Unit,
  index: number,
  kept: Received["kept"],
): Received["kept"] {
  return index > 0 || exportKept.length === 0 ? kept : [...exportKept, ...kept ?? []];
}

/** Whether the first page of an interrupted run may not fit the pages that are fetched now. */
export function mayChange({ stream }: StreamClient, { archive }: Unit): boolean {
  return archive?.isOnly === false && !archive.isWhole && stream.paging.by !== "none";
}

/** The verdict then. */
export const UNKNOWN_TOTAL: Verdict = {
  kind: "restart",
  reason: "without a total, it is unknown whether the data have changed",
};
