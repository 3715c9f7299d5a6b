// Owns the way of one stream's requests through its source: turn, place, ticket, credentials, redirects,
// another try, and what the last answer means. It never reads a body but to quote what a source says is
// wrong. Invariant: every request sent, a retry or a redirect too, has taken a ticket of the gate, and
// leaves at once when it has it.
import type { Stream } from "../config/schema/job_schema.ts";
import { type Credential, withCredentials } from "./http/auth.ts";
import type { FetchEvent } from "./fetch_event.ts";
import type { Permit, StreamLimiter } from "./rate/stream_limiter.ts";
import type { HttpHead, HttpResponse } from "./http/http.ts";
import { HttpError } from "./http/http_error.ts";
import { requestFailure } from "./http/request_failure.ts";
import { readRateLimit } from "./rate/rate_headers.ts";
import { boundTogether } from "../plan/time/rate.ts";
import { isRedirect, MAX_REDIRECTS, redirected } from "./http/redirect.ts";
import { requestLine, type WireRequest } from "./http/request.ts";
import { isThrottled } from "./http/retry.ts";
import { Semaphore } from "./rate/semaphore.ts";
import { outcomeOf, type SendResult, sendWithRetries } from "./http/send_with_retries.ts";
import type { Env } from "../config/yaml/env.ts";
import type { Clock } from "./rate/clock.ts";
import type { FetchListener } from "./fetch_event.ts";
import type { Job } from "../config/schema/job.ts";
import { HttpClient } from "./http/http.ts";
import { Limiter } from "./rate/limiter.ts";
import { Backlog } from "./backlog.ts";
import { Credentials } from "./http/credentials.ts";

/** What a source needs of the outside. */
export interface ApiDependencies {
  /** Looks up an environment variable, for secrets. */
  readonly env: Env;
  /** Monotonic clock that paces and waits. */
  readonly clock: Clock;
  /** Epoch milliseconds, to read dates in headers. */
  readonly wallNow: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Told what happens. */
  readonly onEvent: FetchListener;
}

/** What the requests of all streams of a job share. */
export interface ApiConnection {
  /** The job whose API it is. */
  readonly job: Job;
  /** What it was opened with. */
  readonly dependencies: ApiDependencies;
  /** Where requests leave. */
  readonly http: HttpClient;
  /** When requests leave. */
  readonly limiter: Limiter;
  /** How many requests are in flight. */
  readonly semaphore: Semaphore;
  /** Responses that arrived and are not parsed yet. */
  readonly backlog: Backlog;
  /** Bounds how many responses are parsed at once to one: a parsed page takes memory until the next station has it. */
  readonly parseSlot: Semaphore;
  /** The credentials requests carry. */
  readonly credentials: Credentials;
  /** The text without the secrets of this API. */
  mask(text: string): string;
}

/** An answer that says yes. */
export interface OkResponse extends HttpResponse {
  /** Address that answered, after redirects; without credentials, not masked. */
  readonly url: string;
  /** Whether the stream takes the status for "nothing there". */
  readonly isEmpty: boolean;
}

/** One sending of a request. */
interface Sending {
  readonly request: WireRequest;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly rank: number;
}

/** What one sending came to, and with which credentials. */
interface Hop extends HttpResponse {
  readonly url: string;
  readonly credentials: readonly Credential[];
}

/** The way of one stream's requests. */
export class StreamClient {
  /** Name of the stream. */
  readonly name: string;
  /** What the job says about it. */
  readonly stream: Stream;
  /** The source it asks. */
  readonly api: ApiConnection;
  /** Pages of one window that are asked ahead; learnt by read_ahead.ts, over all windows. */
  readonly ahead = { pages: 4 };
  readonly #streamLimiter: StreamLimiter;
  /** One request of the stream at a time waits for its ticket, so that others get places too. */
  readonly #turn = new Semaphore(1);

  /** The way of a stream of the source's job. */
  constructor(api: ApiConnection, name: string) {
    const stream = api.job.streams[name];
    if (stream === undefined) throw new RangeError(`Cannot ask stream "${name}": the job has none`);
    this.name = name;
    this.stream = stream;
    this.api = api;
    this.#streamLimiter = api.limiter.stream(name, boundTogether(stream.limits));
  }

  /**
   * Asks until there is an answer that says yes. Of requests that wait for their turn those of the lowest
   * rank go first: a window that is finished soon is not lost to a kill.
   *
   * @throws Failure("refused") for 401 and 403, Failure("window") for every other no.
   * @throws the signal's reason where it aborts.
   */
  async ask(request: WireRequest, signal: AbortSignal, rank = 0): Promise<OkResponse> {
    let tried = await this.#try(request, signal, rank);
    if (isUnauthorized(tried) && this.api.credentials.renew(tried.result.credentials)) {
      tried = await this.#try(request, signal, rank);
    }
    const { result, then } = tried;
    if (result instanceof HttpError || then === "fail" || then === "refused") {
      throw requestFailure(this.line(request), tried, this.api, this.stream.full_on);
    }
    return { ...result, isEmpty: then === "empty" || result.status === 204 };
  }

  #try(request: WireRequest, signal: AbortSignal, rank: number): Promise<SendResult<Hop>> {
    const { job, dependencies: { clock, wallNow, random } } = this.api;
    return sendWithRetries((attempt) => this.#follow({ request, attempt, signal, rank }), {
      policy: job.source.retry,
      emptyOn: this.stream.empty_on,
      ...{ clock, wallNow, random, signal },
      onRetry: ({ attempt, ...retry }) =>
        this.#emit({ kind: "retrying", ...retry }, { request, attempt }),
    });
  }

  /** One try: the request, and those that redirects make of it. */
  async #follow(sending: Sending): Promise<Hop> {
    let { request } = sending;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const hop = await this.#send({ ...sending, request });
      const location = hop.headers.get("location");
      if (!isRedirect(hop.status, location)) return hop;
      request = redirected(request, hop.status, location, this.api.job.source);
    }
    throw new HttpError("request", `it was redirected more than ${MAX_REDIRECTS} times`);
  }

  async #send(sending: Sending): Promise<Hop> {
    const { request, signal, rank } = sending;
    const { credentials, http, job } = this.api;
    await credentials.take(); // A token is fetched before the permit; after it one is at hand, also when the wait was long.
    const { place, permit } = await this.#admit(signal, rank);
    using _place = place;
    const sent = await credentials.take();
    const wire = withCredentials(request, sent, job.source.url);
    this.#emit({ kind: "requested" }, sending);
    const answer = await http.exchange(wire, signal, (head) => this.#learn(head, permit, sending));
    const { status, ms, body } = answer;
    this.#emit({ kind: "answered", status, ms, bytes: body.byteLength }, sending);
    return { ...answer, url: request.url, credentials: sent };
  }

  /** Waits for everything a request needs to leave; a place is taken only when the own limit allows. */
  async #admit(
    signal: AbortSignal,
    rank: number,
  ): Promise<{ place: Disposable; permit: Permit }> {
    const { semaphore, dependencies: { clock } } = this.api;
    using _turn = await this.#turn.take(signal, rank);
    await clock.sleep(this.#streamLimiter.due() - clock.now(), signal);
    const place = await semaphore.take(signal);
    try {
      return { place, permit: await this.#streamLimiter.take(signal) };
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
  }

  /** Tells the gate what the head of an answer says about limits. */
  #learn(head: HttpHead, permit: Permit, sending: Sending): void {
    const { job, dependencies: { wallNow } } = this.api;
    const outcome = outcomeOf(head, job.source.retry, wallNow());
    const { status, retryAfterMs } = outcome;
    if (isThrottled(outcome, job.source.retry) && !this.stream.empty_on.includes(status)) {
      this.#streamLimiter.refused(permit, retryAfterMs ?? undefined);
      this.#emit({ kind: "refused", status, retryAfterMs }, sending);
    } else {
      this.#streamLimiter.accepted(permit);
    }
    const state = readRateLimit(head.headers, wallNow());
    if (state !== undefined) this.#streamLimiter.applyHeaders(state);
  }

  /** Method and address for people: masked and not too long. */
  line(request: WireRequest): string {
    const line = this.api.mask(requestLine(request));
    return line.length <= 300 ? line : `${line.slice(0, 297)}...`;
  }

  #emit(
    event: Details<FetchEvent>,
    { request, attempt }: Pick<Sending, "request" | "attempt">,
  ): void {
    const about = { stream: this.name, request: this.line(request), attempt };
    this.api.dependencies.onEvent({ ...event, ...about } as FetchEvent);
  }
}

/** An event without what all events say. */
type Details<E> = E extends unknown ? Omit<E, "stream" | "request" | "attempt"> : never;

function isUnauthorized(tried: SendResult<Hop>): tried is SendResult<Hop> & { result: Hop } {
  const { result, then } = tried;
  return then === "refused" && !(result instanceof HttpError) && result.status === 401;
}
