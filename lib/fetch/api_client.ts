// Owns one open source: its connections, limits, places and credentials, shared by all of its streams.
// It never reads pages; fetch_pages.ts does, through `lane`. Invariant: whatever is sent to the source
// goes through one door, one limiter and one bound on requests in flight.
import type { Job } from "../config/schema/job.ts";
import { Failure } from "../failure.ts";
import { AbortBranch } from "./http/abort_branch.ts";
import { Backlog } from "./backlog.ts";
import { HttpClient, type HttpResponse } from "./http/http.ts";
import { hostOf, HttpError } from "./http/http_error.ts";
import { Credentials } from "./http/credentials.ts";
import { StreamClient } from "./stream_client.ts";
import { Limiter } from "./rate/limiter.ts";
import { boundTogether } from "../plan/time/rate.ts";
import type { WireRequest } from "./http/request.ts";
import { Semaphore } from "./rate/semaphore.ts";
import { sendWithRetries } from "./http/send_with_retries.ts";
import type { ApiDependencies } from "./stream_client.ts";
import type { ApiConnection } from "./stream_client.ts";

/**
 * Opens the source of a job; nothing is sent yet. Close it with `await using`.
 *
 * @throws Failure("configuration") where its address or a secret cannot be used.
 */
export function openApi(job: Job, dependencies: ApiDependencies): ApiClient {
  refuseUserInfo(job.source.url);
  return new ApiClient(job, dependencies);
}

/** An open source; made by `openApi`. */
export class ApiClient implements ApiConnection, AsyncDisposable {
  /** The job whose source it is. */
  readonly job: Job;
  /** What it was opened with. */
  readonly dependencies: ApiDependencies;
  /** Where requests leave. */
  readonly http: HttpClient;
  /** When requests leave. */
  readonly limiter: Limiter;
  /** How many requests are under way. */
  readonly semaphore: Semaphore;
  /** What has come and is not read yet. */
  readonly backlog: Backlog = new Backlog();
  /** Where answers are read, one at a time: what is read takes memory until the next station has it. */
  readonly parseSlot: Semaphore = new Semaphore(1);
  /** With which credentials they leave. */
  readonly credentials: Credentials;
  readonly #open: AbortBranch;
  readonly #lanes = new Map<string, StreamClient>();

  /** Reads secrets and limits; sends nothing. */
  constructor(job: Job, dependencies: ApiDependencies) {
    const { source } = job;
    const { clock, env } = dependencies;
    this.job = job;
    this.dependencies = dependencies;
    const rates = boundTogether(source.limits, source.burst);
    this.limiter = new Limiter({ source: rates, clock });
    this.semaphore = new Semaphore(source.concurrency);
    this.credentials = new Credentials(job, {
      env,
      now: clock.now,
      send: (r) => this.#sendForToken(r),
    });
    this.#open = new AbortBranch(dependencies.signal);
    this.http = new HttpClient({
      timeoutMs: source.timeout,
      maxBodyBytes: source.max_body,
      now: clock.now,
    });
  }

  /** The way of one stream's requests; asked again, the same. */
  client(streamName: string): StreamClient {
    const known = this.#lanes.get(streamName);
    if (known !== undefined) return known;
    const client = new StreamClient(this, streamName);
    this.#lanes.set(streamName, client);
    return client;
  }

  /** The text without the secrets of this source. */
  mask(text: string): string {
    return this.credentials.mask(text);
  }

  /** Ends what is under way and closes the connections. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#open.abort(new Failure("interrupted", "Cannot ask the source: it was closed"));
    this.#open[Symbol.dispose]();
    this.http[Symbol.dispose]();
    return Promise.resolve();
  }

  /** Tokens come from another server than the records: they are tried again, and not paced. */
  async #sendForToken(request: WireRequest): Promise<HttpResponse> {
    const { clock, wallNow, random } = this.dependencies;
    const signal = this.#open.signal;
    const { result } = await sendWithRetries(() => this.http.exchange(request, signal), {
      ...{ policy: this.job.source.retry, emptyOn: [], clock, wallNow, random, signal },
      onRetry: () => {},
    });
    if (!(result instanceof HttpError)) return result;
    const message = `Cannot get a token from ${hostOf(request.url)}: ${result.message}`;
    throw new Failure("window", message, { hint: result.hint });
  }
}

/** Credentials in an address would be printed with it, and `fetch` takes none. */
function refuseUserInfo(text: string): void {
  const problem = !URL.canParse(text)
    ? "it is not a URL"
    : !/^https?:$/.test(new URL(text).protocol)
    ? "it is no address of the web"
    : new URL(text).username + new URL(text).password !== ""
    ? "it holds a user name or a password"
    : undefined;
  if (problem === undefined) return;
  throw new Failure("configuration", `Cannot open the source of the job: ${problem}`, {
    hint: 'Correct "url" of "source"; credentials belong into "auth"',
  });
}
