// Sends signed requests to an object store that speaks the protocol of Amazon S3, and retries temporary errors. It
// knows nothing of archives. Invariant: every request is signed with the digest of its body.
import { AwsV4Signer } from "aws4fetch";
import type { Env } from "../../config/yaml/env.ts";
import { Failure } from "../../failure.ts";
import { s3Address } from "./s3_address.ts";
import { HttpClient, type HttpResponse } from "../../fetch/http/http.ts";
import { HttpError } from "../../fetch/http/http_error.ts";
import { proxyOf } from "../../fetch/http/proxy.ts";
import { reasonOf, sendWithRetries } from "../../fetch/http/send_with_retries.ts";
import type { Clock } from "../../fetch/rate/clock.ts";

/** What a client needs from outside. */
export interface S3Dependencies {
  /** Looks up the variables of `S3_VARIABLES`. */
  readonly env: Env;
  /** Monotonic clock for waiting. */
  readonly clock: Clock;
  /** Epoch milliseconds. */
  readonly wallNow: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/** A request for an object, or for the list of a bucket where the key is empty. */
export interface S3Request {
  /** HTTP method. */
  readonly method: "GET" | "PUT" | "DELETE";
  /** Key of the object. */
  readonly key: string;
  /** Parameters of the URL. */
  readonly query?: Readonly<Record<string, string>>;
  /** Content of the object. */
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A minute on average. 409 says that an earlier attempt, whose response was lost, is still being written. */
const POLICY = { attempts: 11, initial_wait: 200, max_wait: 10_000, statuses: [409] };
const TIMEOUT_MS = 120_000;
/** Longest object that is read; a new file begins after a quarter of it. */
const MOST_BYTES = 1 << 30;
const NO_SIGNAL = new AbortController().signal;

/** A client of one bucket; close it with `using`. */
export class S3Client implements Disposable {
  /** Host and port that requests go to. */
  readonly host: string;
  readonly #base: string;
  readonly #access: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly #region: string;
  readonly #dependencies: S3Dependencies;
  readonly #http: HttpClient;

  /**
   * Reads the credentials; sends nothing.
   *
   * @throws {Failure} of kind `configuration` if a variable is not set or cannot be used.
   */
  constructor(bucket: string, dependencies: S3Dependencies) {
    const { env, clock } = dependencies;
    const { url, region } = s3Address(bucket, env);
    const sessionToken = env("AWS_SESSION_TOKEN") || undefined;
    this.#access = {
      accessKeyId: required("AWS_ACCESS_KEY_ID", env),
      secretAccessKey: required("AWS_SECRET_ACCESS_KEY", env),
      ...sessionToken === undefined ? {} : { sessionToken },
    };
    [this.#base, this.#region, this.host] = [url, region, new URL(url).host];
    this.#dependencies = dependencies;
    this.#http = new HttpClient({
      ...{ timeoutMs: TIMEOUT_MS, maxBodyBytes: MOST_BYTES, now: clock.now, keepsGzip: true },
      proxyOf: (url) => proxyOf(url, env),
    });
  }

  /**
   * Sends a request until the response is successful or has one of the statuses that the caller handles.
   *
   * @throws {Error} that says why there is none; it contains no secret.
   */
  async send(request: S3Request, handled: readonly number[] = []): Promise<HttpResponse> {
    const { clock, wallNow, random } = this.#dependencies;
    const { result } = await sendWithRetries(() => this.#once(request), {
      ...{ policy: POLICY, emptyStatuses: handled, clock, wallNow, random, signal: NO_SIGNAL },
      onRetry: () => {},
    });
    if (result instanceof HttpError) throw new Error(`${this.host}: ${result.message}`);
    const { status, body } = result;
    if (status < 300 || handled.includes(status)) return result;
    const code = /<Code>([\w.]{1,60})<\/Code>/.exec(new TextDecoder().decode(body))?.[1];
    const reason = reasonOf(result).replace("the API", this.host);
    throw new Error(code === undefined ? reason : `${reason} (${code})`);
  }

  /** Closes the connections. */
  [Symbol.dispose](): void {
    this.#http[Symbol.dispose]();
  }

  async #once({ method, key, query = {}, body, headers = {} }: S3Request): Promise<HttpResponse> {
    const path = key.split("/").map(encodeURIComponent).join("/");
    const url = new URL(`${this.#base}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const content = body ?? new Uint8Array();
    const signed = await new AwsV4Signer({
      ...{ ...this.#access, method, url: url.href, service: "s3", region: this.#region },
      headers: { ...headers, "x-amz-content-sha256": await sha256(content) },
      datetime: new Date(this.#dependencies.wallNow()).toISOString().replace(/[-:]|\.\d+/g, ""),
    }).sign();
    const sent = Object.fromEntries([...signed.headers].filter(([name]) => name !== "host"));
    return await this.#http.exchange({
      ...{ method, url: signed.url.href, headers: sent },
      ...body === undefined ? {} : { body },
    }, NO_SIGNAL);
  }
}

function required(name: string, env: Env): string {
  const value = env(name);
  if (value) return value;
  throw new Failure(
    "configuration",
    `Cannot open the archive: the variable "${name}" is not set`,
    {
      hint: `Set ${name} in the environment or in .env.local`,
    },
  );
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
