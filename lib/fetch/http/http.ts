// The only door to the network: every request goes through `exchange`. It follows no redirect, adds no
// credentials, retries nothing and paces nothing; its callers do. Invariant: an exchange ends within its
// timeout, holds at most its byte limit, and returns a complete response or throws.
//
// Connections are not opened before the first request: the runtime cannot do so without sending one, and
// an API may charge for it.
import { Deadline } from "./abort_branch.ts";
import { type BodyReader, BodyRest } from "./body_rest.ts";
import { HttpError, readError, sendError } from "./http_error.ts";
import type { WireRequest } from "./request.ts";

/** The part of a response before its body. */
export interface HttpHead {
  /** HTTP status. */
  readonly status: number;
  /** Headers of the response. */
  readonly headers: Headers;
}

/** A response whose body was read to its end, or up to 64 KiB for statuses from 300 on. */
export interface HttpResponse extends HttpHead {
  /** The body after decompression. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Milliseconds from sending the request to the end of the body. */
  readonly ms: number;
  /** The rest of a long body, not decompressed, if the caller reads those piece by piece. */
  readonly rest?: BodyReader | undefined;
}

/** How a response is received. */
export interface ExchangeOptions {
  /** Receives status and headers as soon as they arrive. */
  readonly onHead?: (head: HttpHead) => void;
  /**
   * Bytes of a successful body after which its rest is left to the caller, who also decompresses gzip files;
   * by default it is read whole.
   */
  readonly wholeBytes?: number | undefined;
}

/** A request as it is sent. */
export interface SentRequest extends Omit<WireRequest, "method" | "body"> {
  /** HTTP method. */
  readonly method: string;
  /** The body, if there is one. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** Limits of an exchange. */
interface HttpOptions {
  /** Longest time of an exchange, including its body. */
  readonly timeoutMs: number;
  /** Most bytes of a body after decompression. */
  readonly maxBodyBytes: number;
  /** Returns monotonic milliseconds. */
  readonly now: () => number;
  /** Whether a body that is a gzip file stays compressed. Defaults to false. */
  readonly keepsGzip?: boolean;
  /** Names the proxy of a URL, if there is one, for errors. */
  readonly proxyOf?: (url: string) => string | undefined;
}

/** Most bytes read of an error response, which is only quoted. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Initial size of a body's buffer if the response declares none. */
const FIRST_BYTES = 64 * 1024;
/** Largest declared size for which memory is allocated before any byte arrives. */
const MOST_TRUSTED_BYTES = 1 << 20;

/** The User-Agent header of every request. */
const USER_AGENT = "hindcast/1.0";

/** The connections to one API; close it with `using`. */
export class HttpClient implements Disposable {
  readonly #options: HttpOptions;
  readonly #client = Deno.createHttpClient({ poolMaxIdlePerHost: 64 });

  /** Creates the client; sends nothing. */
  constructor(options: HttpOptions) {
    this.#options = options;
    // Fetching a data: URL loads the runtime's fetch code, which would delay the first paced request by 7
    // to 13 ms. Measured: 1 to 2 ms with it.
    fetch("data:,", { client: this.#client }).then((response) => response.body?.cancel(), () => {});
  }

  /**
   * Sends a request and reads its response. The rest of a long body, where the caller reads it, must be disposed.
   *
   * @throws {HttpError} if there is no complete response.
   * @throws the signal's reason if it aborts.
   */
  async exchange(
    request: SentRequest,
    signal: AbortSignal,
    { onHead = () => {}, wholeBytes = Infinity }: ExchangeOptions = {},
  ): Promise<HttpResponse> {
    signal.throwIfAborted();
    const { timeoutMs, maxBodyBytes, now, keepsGzip = false } = this.#options;
    using stack = new DisposableStack();
    const deadline = stack.use(new Deadline(timeoutMs, signal));
    const sentAt = now();
    try {
      const response = await this.#send(request, deadline.signal);
      onHead(response);
      const limit = response.ok ? maxBodyBytes : Math.min(maxBodyBytes, MAX_ERROR_BYTES);
      const { url } = request;
      const { status, headers } = response;
      const { bytes, reader } = await readBody(response, { limit, wholeBytes, url });
      signal.throwIfAborted();
      if (reader !== undefined) {
        const rest = new BodyRest(reader, { deadline, signal, timeoutMs, url });
        stack.move();
        return { status, headers, body: bytes, ms: now() - sentAt, rest };
      }
      const isKept = keepsGzip || wholeBytes < Infinity;
      const body = isGzip(bytes) && !isKept ? await unzipped(bytes, response, limit, url) : bytes;
      signal.throwIfAborted();
      return { status, headers, body, ms: now() - sentAt };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (deadline.isOver) {
        throw new HttpError("timeout", `no complete response within ${timeoutMs / 1000} s`);
      }
      throw error;
    }
  }

  async #send(request: SentRequest, signal: AbortSignal): Promise<Response> {
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
      throw sendError(error, request.url, this.#options.proxyOf?.(request.url));
    }
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** The bytes of a body that were read, and the reader of the rest. */
interface BodyStart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
}

/** Reads a body: completely for a success, or up to `wholeBytes`; up to `limit` bytes for an error response. */
async function readBody(
  response: Response,
  { limit, wholeBytes, url }: { limit: number; wholeBytes: number; url: string },
): Promise<BodyStart> {
  let body = new Uint8Array(firstSize(response, limit));
  let bytes = 0;
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const { done, value: chunk } = await reader?.read() ?? { done: true, value: undefined };
      if (done) break;
      const end = bytes + chunk.byteLength;
      if (end > limit && response.ok && wholeBytes === Infinity) throw tooLarge(limit);
      if (end > body.length) body = resized(body, Math.max(end, 2 * body.length));
      body.set(chunk, bytes);
      bytes = end;
      if (response.ok && bytes >= wholeBytes) return { bytes: resized(body, bytes), reader };
      if (bytes > limit) break;
    }
  } catch (error) {
    await reader?.cancel().catch(() => {});
    if (response.ok) throw readError(error, url);
  }
  await reader?.cancel().catch(() => {});
  return { bytes: resized(body, bytes), reader: undefined };
}

/** Returns the declared size, which may be the size before decompression, or a default. */
function firstSize({ headers }: Response, limit: number): number {
  const declared = Number(headers.get("content-length") ?? FIRST_BYTES);
  return Number.isSafeInteger(declared) && declared > 0
    ? Math.min(declared, limit, MOST_TRUSTED_BYTES)
    : FIRST_BYTES;
}

/** Moves the bytes to a buffer of another size; the memory of the old one is freed at once. */
function resized(body: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(body.buffer.transfer(size));
}

/** Whether the file itself is compressed, not only its transfer; no text begins with these bytes. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function unzipped(
  bytes: Uint8Array<ArrayBuffer>,
  { status }: Response,
  limit: number,
  url: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const unzipped = new Response(text, { status });
  return (await readBody(unzipped, { limit, wholeBytes: Infinity, url })).bytes;
}

function tooLarge(limit: number): HttpError {
  return new HttpError(
    "too_large",
    `the response is larger than ${limit} bytes`,
    'Make the windows or the pages smaller, or raise "max_body" of the source',
  );
}
