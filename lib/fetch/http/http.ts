// The door of the network: everything the program says to a source goes through `exchange`. One request,
// one answer: it follows no redirect, adds no credentials, tries nothing again and paces nothing; the
// callers do. Invariant: an exchange ends within its time, holds at most its bytes, and its answer is
// either whole or a trouble.
//
// Connections are not opened ahead of the first request: the runtime has no way to do so without sending
// one, and a source may charge for it.
import { Deadline } from "./abort_branch.ts";
import { HttpError, readingTrouble, sendingTrouble } from "./http_error.ts";
import type { WireRequest } from "./request.ts";

/** What comes before the body of an answer. */
export interface HttpHead {
  /** HTTP status. */
  readonly status: number;
  /** Headers of the answer. */
  readonly headers: Headers;
}

/** An answer whose body was read to its end, or for statuses from 300 on to 64 KiB. */
export interface HttpResponse extends HttpHead {
  /** Body after decompression. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Time from sending the request to the end of the body, in milliseconds. */
  readonly ms: number;
}

/** Bounds of an exchange. */
export interface HttpOptions {
  /** Longest time of an exchange, its body included. */
  readonly timeoutMs: number;
  /** Most bytes of a body after decompression. */
  readonly maxBodyBytes: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Most bytes that are read of an answer that is no success; it is only quoted. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Size that the buffer of a body begins with where none is stated. */
const FIRST_BYTES = 64 * 1024;
/** Largest stated size for which memory is taken before anything has come. */
const MOST_TRUSTED_BYTES = 1 << 20;

/** What requests say that they come from. */
export const USER_AGENT = "hindcast/1.0";

/** The connections to one source; close it with `using`. */
export class HttpClient implements Disposable {
  readonly #options: HttpOptions;
  readonly #client = Deno.createHttpClient({ poolMaxIdlePerHost: 64 });

  /** Opens the door; nothing is sent yet. */
  constructor(options: HttpOptions) {
    this.#options = options;
    // Fetching what is in the address itself loads what fetching needs: 7 to 13 ms that the first
    // request, which is paced like any other, would leave late. Measured: 1 to 2 ms instead.
    fetch("data:,", { client: this.#client }).then((response) => response.body?.cancel(), () => {});
  }

  /**
   * Sends a request and reads its answer. `onHead` hears of status and headers as soon as they are there.
   *
   * @throws {HttpError} where there is no whole answer.
   * @throws the signal's reason where it aborts.
   */
  async exchange(
    request: WireRequest,
    signal: AbortSignal,
    onHead: (head: HttpHead) => void = () => {},
  ): Promise<HttpResponse> {
    signal.throwIfAborted();
    const { timeoutMs, maxBodyBytes, now } = this.#options;
    using deadline = new Deadline(timeoutMs, signal);
    const sentAt = now();
    try {
      const response = await this.#send(request, deadline.signal);
      onHead(response);
      const limit = response.ok ? maxBodyBytes : Math.min(maxBodyBytes, MAX_ERROR_BYTES);
      const read = await readBody(response, limit, request.url);
      const body = isGzip(read) ? await unzipped(read, response, limit, request.url) : read;
      signal.throwIfAborted();
      return { status: response.status, headers: response.headers, body, ms: now() - sentAt };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (deadline.isOver) {
        throw new HttpError("timeout", `there was no whole answer within ${timeoutMs / 1000} s`);
      }
      throw error;
    }
  }

  async #send(request: WireRequest, signal: AbortSignal): Promise<Response> {
    const { method, headers, body = null } = request;
    try {
      return await fetch(request.url, {
        method,
        headers: { "user-agent": USER_AGENT, ...headers },
        body,
        redirect: "manual",
        signal,
        client: this.#client,
      });
    } catch (error) {
      throw sendingTrouble(error, request.url);
    }
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** The bytes of a body; of an answer that is no success as many as are allowed, else all or a trouble. */
async function readBody(
  response: Response,
  limit: number,
  url: string,
): Promise<Uint8Array<ArrayBuffer>> {
  let body = new Uint8Array(firstSize(response, limit));
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      const end = bytes + chunk.byteLength;
      if (end > limit && response.ok) throw tooLarge(limit);
      if (end > body.length) body = resized(body, Math.max(end, 2 * body.length));
      body.set(chunk, bytes);
      bytes = end;
      if (bytes > limit) break;
    }
  } catch (error) {
    if (response.ok) throw readingTrouble(error, url);
  }
  return resized(body, bytes);
}

/** The size that the answer states, which may be that before decompression, or a guess. */
function firstSize({ headers }: Response, limit: number): number {
  const stated = Number(headers.get("content-length") ?? FIRST_BYTES);
  return Number.isSafeInteger(stated) && stated > 0
    ? Math.min(stated, limit, MOST_TRUSTED_BYTES)
    : FIRST_BYTES;
}

/** The same bytes in a buffer of another size; the memory of the one before is free at once. */
function resized(body: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(body.buffer.transfer(size));
}

/** No text begins so: the source gives out files that are packed themselves, not only their transfer. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function unzipped(
  bytes: Uint8Array<ArrayBuffer>,
  { status }: Response,
  limit: number,
  url: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return readBody(new Response(text, { status }), limit, url);
}

function tooLarge(limit: number): HttpError {
  return new HttpError(
    "too_large",
    `the answer is larger than ${limit} bytes`,
    'Make the windows or the pages smaller, or raise "max_body" of the source',
  );
}
