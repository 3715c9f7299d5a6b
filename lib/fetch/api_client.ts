// Owns the connection to one API: its sockets, limits, concurrency and credentials, which all streams of
// the job share. It never reads pages; fetch_pages.ts does. Invariant: every request to the API goes
// through one HTTP client, one limiter and one bound on requests in flight.
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import { accountKey } from "./account_key.ts";
import { AbortBranch } from "./http/abort_branch.ts";
import { Availability } from "./rate/availability.ts";
import { HttpClient, type HttpResponse } from "./http/http.ts";
import { hostOf, HttpError } from "./http/http_error.ts";
import { PageBudget } from "./rate/page_budget.ts";
import { proxyOf } from "./http/proxy.ts";
import { readSecret } from "../config/schema/secret.ts";
import { jwtIssuer } from "./sign/jwt.ts";
import type { SignerDependencies } from "./sign/sign.ts";
import { Signer } from "./sign/signer.ts";
import { type ExportStore, memoryExportStore } from "./export_store.ts";
import { Credentials } from "./http/credentials.ts";
import { refreshTokenOf } from "./http/oauth2.ts";
import { StreamClient } from "./stream_client.ts";
import { Limiter } from "./rate/limiter.ts";
import type { Sharing } from "./rate/shared_pacer.ts";
import { boundTogether, withoutReserve } from "../plan/time/rate.ts";
import type { WireRequest } from "./http/request.ts";
import { Semaphore } from "./rate/semaphore.ts";
import { sendWithRetries } from "./http/send_with_retries.ts";
import type { ApiConnection, ApiDependencies } from "./api_connection.ts";

/**
 * Opens the API of a job without sending anything. Close it with `await using`.
 *
 * @throws Failure("configuration") if its URL or a secret cannot be used.
 */
export function openApi(job: Job, dependencies: ApiDependencies): ApiClient {
  refuseUserInfo(job.source.url);
  return new ApiClient(job, dependencies);
}

/** An open API; created by `openApi`. */
export class ApiClient implements ApiConnection, AsyncDisposable {
  /** The job whose API it is. */
  readonly job: Job;
  /** What it was opened with. */
  readonly dependencies: ApiDependencies;
  /** Sends requests. */
  readonly http: HttpClient;
  /** Paces requests. */
  readonly limiter: Limiter;
  /** Bounds the requests in flight. */
  readonly semaphore: Semaphore;
  /** Bounds the bytes of responses that are in flight or not parsed yet. */
  readonly budget: PageBudget = new PageBudget();
  /** Lets one response be parsed at a time: a parsed page takes memory until the next station has it. */
  readonly parseSlot: Semaphore = new Semaphore(1);
  /** The credentials that requests carry. */
  readonly credentials: Credentials;
  /** The exports that were ordered. */
  readonly exports: ExportStore;
  /** Signs requests. */
  readonly signer: Signer;
  /** Whether the API is reachable. */
  readonly availability: Availability;
  readonly #open: AbortBranch;
  readonly #clients = new Map<string, StreamClient>();

  /** Reads secrets and limits; sends nothing. */
  constructor(job: Job, dependencies: ApiDependencies) {
    const { source } = job;
    const { clock, env } = dependencies;
    this.job = job;
    this.dependencies = dependencies;
    this.semaphore = new Semaphore(source.concurrency);
    this.#open = new AbortBranch(dependencies.signal);
    const signing = this.#signing();
    this.exports = dependencies.exportStore ?? memoryExportStore();
    this.signer = new Signer(source.auth, source.url, signing);
    const assertion = source.auth?.jwt === undefined
      ? () => Promise.reject(new RangeError("Cannot sign a token: the job declares none"))
      : jwtIssuer(source.auth.jwt, signing);
    this.credentials = new Credentials(job, {
      ...{ env, clock, tokenStore: dependencies.tokenStore, signal: this.#open.signal },
      send: (r) => this.#sendForToken(r),
      assertion: () => assertion(),
      onSecret: dependencies.onSecret ?? (() => {}),
    });
    this.limiter = new Limiter({
      source: boundTogether(withoutReserve(source.limits, source.reserve), source.burst),
      sharing: sharingOf(this),
      ...dependencies,
    });
    this.availability = availabilityOf(source, dependencies, this.#open.signal);
    this.http = new HttpClient({
      timeoutMs: source.timeout,
      maxBodyBytes: source.max_body,
      now: clock.now,
      proxyOf: (url) => proxyOf(url, env),
    });
  }

  #signing(): SignerDependencies {
    const { env, wallNow } = this.dependencies;
    return {
      secret: (text) => readSecret(text, env),
      wallNow,
      nonce: () => crypto.randomUUID().replaceAll("-", ""),
      onSecret: (token) => this.credentials.hide(token),
    };
  }

  /** The client of one stream; every call returns the same one. */
  client(streamName: string): StreamClient {
    const known = this.#clients.get(streamName);
    if (known !== undefined) return known;
    const client = new StreamClient(this, streamName);
    this.#clients.set(streamName, client);
    return client;
  }

  /** Replaces the secrets of this API in a text. */
  mask(text: string): string {
    return this.credentials.mask(text);
  }

  /** Aborts requests in flight and closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#open.abort(new Failure("interrupted", "Cannot send a request: the API client is closed"));
    this.#open[Symbol.dispose]();
    await this.credentials.settled();
    this.http[Symbol.dispose]();
    // Requests that stay reserved would only be missed; that the target is unavailable is known already.
    await this.limiter[Symbol.asyncDispose]().catch(() => {});
  }

  /**
   * Token requests go to another server than those for records, so they are retried but not paced. One that may
   * use up a refresh token is not aborted.
   *
   * @throws {HttpError} where the server is unreachable: the request that needs the token waits for it.
   */
  async #sendForToken(request: WireRequest): Promise<HttpResponse> {
    const { clock, wallNow, random } = this.dependencies;
    const { signal } = this.#open;
    const isRefresh = refreshTokenOf(this.job.source.auth?.oauth2) !== undefined;
    const { result } = await sendWithRetries(
      () => this.http.exchange(request, isRefresh ? new AbortController().signal : signal),
      {
        ...{ policy: this.job.source.retry, emptyStatuses: [], clock, wallNow, random, signal },
        isOutage: ({ result }) => Promise.reject(tokenError(request, result)),
        onRetry: () => {},
      },
    );
    if (!(result instanceof HttpError)) return result;
    throw tokenError(request, result);
  }
}

function availabilityOf(
  { retry, max_outage: longestMs }: Job["source"],
  { clock, wallNow, onWait, noWait }: ApiDependencies,
  signal: AbortSignal,
): Availability {
  const outageMs = noWait ? retry.max_wait : longestMs;
  return new Availability({
    ...{ clock, wallNow, signal },
    giveUpAfterMs: onWait === undefined ? undefined : outageMs,
    onWait: onWait ?? (() => {}),
    firstWaitMs: Math.min(retry.initial_wait, retry.max_wait),
  });
}

/** The error of a token server without a useful response. */
function tokenError({ url }: WireRequest, result: HttpResponse | HttpError): HttpError {
  const host = hostOf(url);
  return result instanceof HttpError
    ? new HttpError(result.kind, `no token from ${host}: ${result.message}`, result.hint)
    : new HttpError(
      "connection",
      `no token from ${host}: the server responded with status ${result.status}`,
    );
}

/** Where and as whom limits are shared. */
function sharingOf(
  { job, dependencies: { limitStore: store, env } }: ApiClient,
): Sharing | undefined {
  if (store === undefined) return undefined;
  return { store, apiKey: accountKey(job, env), holder: crypto.randomUUID() };
}

/** Credentials in a URL would be printed with it, and `fetch` refuses them. */
function refuseUserInfo(text: string): void {
  const problem = !URL.canParse(text)
    ? '"url" is not a URL'
    : !/^https?:$/.test(new URL(text).protocol)
    ? '"url" is not an http or https URL'
    : new URL(text).username + new URL(text).password !== ""
    ? '"url" contains a user name or a password'
    : undefined;
  if (problem === undefined) return;
  throw new Failure("configuration", `Cannot open the API: ${problem}`, {
    hint: 'Correct "url" of "source"; credentials go under "auth"',
  });
}
