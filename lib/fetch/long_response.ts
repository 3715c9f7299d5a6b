// Owns responses that are read piece by piece: CSV and NDJSON of any size, gzip files, and the members of zip
// archives. A connection that breaks continues where it broke if the server supports ranges; otherwise the
// page is requested again from its start. Invariant: few pieces are in memory, however long the response is.
import { yieldingToEventLoop, yieldToEventLoop } from "../yield_to_event_loop.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { type Chunks, recordSlices, type SliceForm } from "../extract/decode/record_slices.ts";
import { isGzip, isZip, unpack } from "./response/unpack.ts";
import { Failure } from "../failure.ts";
import { HttpError } from "./http/http_error.ts";
import type { WireRequest } from "./http/request.ts";
import { backoffMs } from "./http/retry.ts";
import {
  bodyFormOf,
  type ParsedResponse,
  readPart,
  readResponse,
  refuseMarkup,
} from "./response/read_response.ts";
import { readsOnlyEnds } from "./response/list_ends.ts";
import { refuseReportedError, RetryFailure } from "./response/response_error.ts";
import type { LongKept } from "./page_archive.ts";
import type { OkResponse } from "./ok_response.ts";
import type { StreamClient } from "./stream_client.ts";

/** Bytes after which the rest of a response is read piece by piece. */
export const WHOLE_BYTES: number = 1 << 20;

/** One piece of a response. */
export interface Piece extends ParsedResponse {
  /** Bytes that arrived for it. */
  readonly bytes: number;
}

/** Whether responses of a stream may be read piece by piece. */
export function mayBeLong(stream: Stream): boolean {
  return (stream.format === "csv" || stream.format === "ndjson") && readsOnlyEnds(stream);
}

/** Whether a response has to be read piece by piece. */
export function isLong({ rest, body }: OkResponse): boolean {
  return rest !== undefined || isZip(body) || isGzip(body);
}

/**
 * The pieces of a response, in order; at least one. `keeper` archives its bytes as they arrive.
 *
 * @throws {Failure} of kind `window`; {RetryFailure} if the response broke and has to be requested again.
 */
export async function* readPieces(
  client: StreamClient,
  request: WireRequest,
  response: OkResponse,
  { signal, keeper }: { readonly signal: AbortSignal; readonly keeper: LongKept | undefined },
): AsyncGenerator<Piece> {
  const { stream } = client;
  const arrived = { bytes: 0 };
  const sent = bytesOf(client, request, response, arrived, signal);
  const bytes = keeper === undefined ? sent : keeping(sent, keeper);
  try {
    for await (const { chunks } of unpack(bytes, stream.member)) {
      for await (const read of readFile(client, response, chunks)) {
        const { bytes } = arrived;
        arrived.bytes = 0;
        yield { ...read, bytes };
        await yieldToEventLoop();
      }
    }
  } catch (error) {
    throw error instanceof Failure ? client.described(error, request) : error;
  }
}

/** A response and the request that it responds to. */
export interface Exchanged {
  /** The request. */
  readonly request: WireRequest;
  /** The response. */
  readonly response: OkResponse;
}

/**
 * Reads a response, or the first records of a long one, whose rest is dropped.
 *
 * @throws {Failure} of kind `window` if it does not have the declared shape.
 */
export async function readFirst(
  client: StreamClient,
  { request, response }: Exchanged,
  signal: AbortSignal,
): Promise<ParsedResponse> {
  if (!isLong(response)) return await yieldingToEventLoop(readResponse(client.stream, response));
  using _ = response.rest;
  let read: ParsedResponse | undefined;
  for await (read of readPieces(client, request, response, { signal, keeper: undefined })) {
    if (read.records.length > 0) break;
  }
  return read!;
}

async function* keeping(bytes: Chunks, keeper: LongKept): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    await keeper.add(chunk);
    yield chunk;
  }
}

async function* readFile(
  client: StreamClient,
  response: OkResponse,
  chunks: Chunks,
): AsyncGenerator<ParsedResponse> {
  const { stream } = client;
  const { headers } = response;
  const header = (name: string) => headers.get(name);
  if (!mayBeLong(stream)) {
    const body = await whole(chunks, client.api.job.source.max_body);
    return yield await yieldingToEventLoop(readResponse(stream, { headers, body, isEmpty: false }));
  }
  if (refuseReportedError(stream, { body: null, header })) return;
  const contentType = header("content-type");
  const form: SliceForm = {
    ...bodyFormOf(stream),
    encoding: stream.encoding,
    // An archive has the type of the archive.
    contentType: isZip(response.body) || isGzip(response.body) ? null : contentType,
    onStart: (text) => refuseMarkup(text, contentType, stream.format),
  };
  for await (const slice of recordSlices(chunks, form)) yield readPart(stream, slice, header);
}

async function whole(chunks: Chunks, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > limit) {
      throw new Failure(
        "window",
        `Cannot read the response: a file in it is larger than ${limit} bytes`,
        {
          hint: 'Raise "max_body" of the source',
        },
      );
    }
    parts.push(new Uint8Array(chunk));
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The bytes of a response, and of those that continue it. */
async function* bytesOf(
  client: StreamClient,
  request: WireRequest,
  first: OkResponse,
  arrived: { bytes: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { job: { source: { retry } }, dependencies: { clock, random } } = client.api;
  const validator = validatorOf(first.headers);
  let [response, at, failures] = [first, 0, 0];
  for (;;) {
    try {
      for (let chunk: Uint8Array | undefined = response.body; chunk !== undefined;) {
        at += chunk.byteLength;
        arrived.bytes += chunk.byteLength;
        if (chunk.byteLength > 0) yield chunk;
        chunk = await response.rest?.next();
        failures = 0;
      }
      return;
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      failures++;
      if (validator === undefined || failures >= retry.attempts) throw again(error.message);
      const waitMs = backoffMs(failures, retry, random());
      client.retrying(request, {
        attempt: failures,
        reason: `${error.message}; it continues from byte ${at}`,
        waitMs,
      });
      await clock.sleep(waitMs, signal);
    } finally {
      if (response !== first) response.rest?.[Symbol.dispose]();
    }
    response = await continued(client, request, { at, validator: validator! }, signal);
  }
}

/** The response from a byte on, if the file is still the same. */
async function continued(
  client: StreamClient,
  request: WireRequest,
  { at, validator }: { at: number; validator: string },
  signal: AbortSignal,
): Promise<OkResponse> {
  const headers = { ...request.headers, range: `bytes=${at}-`, "if-range": validator };
  const response = await client.send({ ...request, headers }, signal, { wholeBytes: WHOLE_BYTES });
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (response.status === 206 && Number(start) === at) return response;
  response.rest?.[Symbol.dispose]();
  throw again("the file changed while it was read");
}

/** Identifies the version of a file (ETag or Last-Modified); undefined if the server cannot continue it. */
function validatorOf(headers: Headers): string | undefined {
  // Ranges count the bytes on the wire, before the runtime decompresses them.
  if (headers.has("content-encoding")) return undefined;
  if (headers.get("accept-ranges")?.toLowerCase() !== "bytes") return undefined;
  const tag = headers.get("etag");
  return tag !== null && !tag.startsWith("W/") ? tag : headers.get("last-modified") ?? undefined;
}

function again(reason: string): RetryFailure {
  return new RetryFailure(`Cannot read the response: ${reason}`, () => null);
}
