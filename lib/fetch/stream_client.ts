// Sends the requests of one stream: credentials, redirects and retries; admission.ts decides when, ok_response.ts
// what the last response means. It reads no body. Invariant: every request sent, including a retry or a
// redirect, holds a permit of the limiter and is sent as soon as it has it.
import { Admission } from "./admission.ts";
import type { ApiConnection } from "./api_connection.ts";
import type { Stream } from "../config/schema/job_schema.ts";
import { withCredentials } from "./http/auth.ts";
import type { FetchEvent } from "./fetch_event.ts";
import type { Permit, StreamLimiter } from "./rate/stream_limiter.ts";
import type { HttpHead } from "./http/http.ts";
import { Failure } from "../failure.ts";
import type { ArchivedResponse } from "./page_archive.ts";
import { oneLine } from "../report/text/format.ts";
import { RetryFailure } from "./response/response_error.ts";
import { asSent, notArchived, wholeOf } from "./archived_response.ts";
import { meaningOf, type OkResponse, type Requester, type SentResponse } from "./ok_response.ts";
import { HttpError, type HttpErrorKind } from "./http/http_error.ts";
import { readRateLimit, readUsedWeight } from "./rate/rate_headers.ts";
import { boundTogether } from "../plan/time/rate.ts";
import { PageSize, type Place } from "./rate/page_budget.ts";
import { isRedirect, MAX_REDIRECTS, redirected } from "./http/redirect.ts";
import { requestLine, type WireRequest } from "./http/request.ts";
import { isThrottled } from "./http/retry.ts";
import { PageEnds } from "./paging/page_ends.ts";
import { Semaphore } from "./rate/semaphore.ts";
import { outcomeOf, reasonOf, type SendResult, sendWithRetries } from "./http/send_with_retries.ts";

/** Wait for a limit above which another request probes the API. */
const LONGEST_REPLAY_WAIT_MS = 10_000;

/** Errors for which the job, not an outage, may be to blame until the API has responded once. */
const MAY_BE_MISTAKE: ReadonlySet<HttpErrorKind> = new Set([
  "certificate",
  "unknown_host",
  "malformed",
]);

/** One attempt at a request. */
interface Attempt {
  readonly request: WireRequest;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly rank: number;
  readonly place: Place | undefined;
  readonly wholeBytes?: number | undefined;
}

/** How a request is sent. */
export interface RequestOptions {
  /** Of the waiting requests, the one with the lowest rank is sent first. Defaults to 0. */
  readonly rank?: number;
  /** Whether it may go beyond the last page, so that a refusal is an empty response. Defaults to false. */
  readonly mayFail?: boolean;
  /** Its place in the budget of pages. Defaults to one that is taken before the first attempt. */
  readonly place?: Place;
  /** Bytes after which the rest of a successful response is left to the caller; by default it is read whole. */
  readonly wholeBytes?: number | undefined;
}

/** Sends the requests of one stream. */
export class StreamClient implements Requester {
  /** Name of the stream. */
  readonly name: string;
  /** Its declaration in the job. */
  readonly stream: Stream;
  /** The API it sends requests to. */
  readonly api: ApiConnection;
  /** What the windows of the stream have taught about their last pages. */
  readonly ends: PageEnds = new PageEnds();
  /** Lets one window at a time prove its end: what it teaches may spare the others the request. */
  readonly proving: Semaphore = new Semaphore(1);
  /** Pages of one window that are fetched ahead; read_ahead.ts learns it over all windows. */
  readonly ahead = { pages: 4 };
  readonly #streamLimiter: StreamLimiter;
  readonly #admission: Admission;
  readonly #pageSize = new PageSize();

  /** Creates the client of a stream of the API's job. */
  constructor(api: ApiConnection, name: string) {
    const stream = api.job.streams[name];
    if (stream === undefined) {
      throw new RangeError(`Cannot fetch stream "${name}": the job has no such stream`);
    }
    this.name = name;
    this.stream = stream;
    this.api = api;
    this.#streamLimiter = api.limiter.stream(name, boundTogether(stream.limits));
    this.#admission = new Admission(api, this.#streamLimiter, stream.weight);
  }

  /** Creates a place in the budget for a page of the stream. */
  place(): Place {
    return this.api.budget.place(this.#pageSize);
  }

  /**
   * Sends a request until a response is successful. Windows are ranked by their dates, because a window that is
   * finished early cannot be lost to a kill.
   *
   * @throws Failure("refused") for 401 and 403, Failure("window") for every other error.
   * @throws the signal's reason if it aborts.
   */
  async send(
    request: WireRequest,
    signal: AbortSignal,
    { rank = 0, mayFail = false, place, wholeBytes }: RequestOptions = {},
  ): Promise<OkResponse> {
    const { replay } = this.api.dependencies;
    if (replay !== undefined) {
      const load = replay.find(request);
      const archived = await load?.();
      if (archived === undefined) throw notArchived(this.line(request));
      const limit = this.api.job.source.max_body;
      const taken = wholeBytes === undefined ? await wholeOf(archived, limit) : archived;
      return this.replay(request, taken, mayFail);
    }
    const first: Attempt = { request, attempt: 1, signal, rank, place, wholeBytes };
    let tried = await this.#try(first);
    if (isUnauthorized(tried) && this.#mayBeAccepted(tried.result)) {
      tried = await this.#try(first);
    }
    return meaningOf(this, request, tried, mayFail);
  }

  /**
   * Interprets an archived response as if the API had just sent it.
   *
   * @throws Failure("window") if it is not successful by what the job declares now.
   */
  replay(request: WireRequest, archived: ArchivedResponse, mayFail: boolean): OkResponse {
    return meaningOf(this, request, asSent(archived, request, this.stream), mayFail);
  }

  /** Whether a request that was refused with 401 may be accepted with a new token, or with the response to a challenge. */
  #mayBeAccepted({ credentials, headers }: SentResponse): boolean {
    return this.api.credentials.renew(credentials) || this.api.signer.isChallenge(headers);
  }

  /** The failure of a response, with the request that it answers and without secrets. */
  described(failure: Failure, request: WireRequest): Failure {
    const { kind, hint, tooFull, wrongShape, mayPass } = failure;
    const line = oneLine(`${failure.message}; requested by ${this.line(request)}`);
    const message = this.api.mask(line);
    if (failure instanceof RetryFailure) return new RetryFailure(message, failure.waitMs);
    return new Failure(kind, message, { hint, tooFull, wrongShape, mayPass });
  }

  #try(first: Attempt): Promise<SendResult<SentResponse>> {
    const { request, signal, rank } = first;
    const { job, availability, dependencies: { clock, wallNow, random } } = this.api;
    const responsesBefore = availability.responses;
    let hasWaited = false;
    return sendWithRetries((attempt) => {
      // After an outage was noticed by this request, others probe the API first.
      return this.#follow({ ...first, attempt, rank: hasWaited ? Infinity : rank });
    }, {
      policy: job.source.retry,
      emptyStatuses: this.stream.empty_statuses,
      ...{ clock, wallNow, random, signal, paced: true },
      isOutage: async ({ result, isFinal, retryAfterMs }) => {
        const status = result instanceof HttpError ? undefined : result.status;
        const reason = reasonOf(result);
        const isRefusal = status !== undefined && job.source.retry.statuses.includes(status);
        const mayBeMistake = result instanceof HttpError && MAY_BE_MISTAKE.has(result.kind);
        const facts = { reason, status, isRefusal, mayBeMistake, isFinal };
        const failed = { ...facts, responsesBefore, retryAfterMs };
        return hasWaited = await availability.failed(failed);
      },
      onRetry: ({ attempt, ...retry }) =>
        this.#emit({ kind: "retrying", ...retry }, { request, attempt }),
    });
  }

  /** Sends one attempt and follows its redirects. */
  async #follow(current: Attempt): Promise<SentResponse> {
    let { request } = current;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const hop = await this.#sendOnce({ ...current, request });
      const location = hop.headers.get("location");
      if (!isRedirect(hop.status, location)) return hop;
      request = redirected(request, hop.status, location, this.api.job.source);
    }
    throw new HttpError("request", `the request was redirected more than ${MAX_REDIRECTS} times`);
  }

  async #sendOnce(current: Attempt): Promise<SentResponse> {
    using admission = await this.#admission.admit(current);
    return await this.#exchange(current, admission.permits);
  }

  async #exchange(current: Attempt, permits: readonly Permit[]): Promise<SentResponse> {
    const { request, signal } = current;
    const { credentials, signer, http, job } = this.api;
    const sent = await credentials.take();
    const wire = await signer.sign(withCredentials(request, sent, job.source.url));
    this.#emit({ kind: "requested" }, current);
    const response = await http.exchange(wire, signal, {
      onHead: (head) => this.#learn(head, permits.at(-1)!, current),
      wholeBytes: current.wholeBytes,
    }).catch((error) => {
      if (error instanceof HttpError && error.isUnsent) {
        for (const permit of permits) this.#streamLimiter.unsent(permit);
      }
      throw error;
    });
    const { status, ms, body } = response;
    this.#emit({ kind: "answered", status, ms, bytes: body.byteLength }, current);
    return { ...response, url: request.url, credentials: sent };
  }

  /** Sends a request again to find out whether the API is reachable; its response is discarded. */
  async #replay(request: WireRequest, signal: AbortSignal): Promise<void> {
    const { clock } = this.api.dependencies;
    if (this.#streamLimiter.due() - clock.now() > LONGEST_REPLAY_WAIT_MS) return;
    const permit = await this.#streamLimiter.take(signal);
    await this.#exchange({ request, attempt: 1, signal, rank: 0, place: undefined }, [
      permit,
    ]);
  }

  /** Passes the limits that the head of a response declares to the limiter. */
  #learn(head: HttpHead, permit: Permit, current: Attempt): void {
    const { job, dependencies: { wallNow } } = this.api;
    const outcome = outcomeOf(head, wallNow());
    const { status, retryAfterMs } = outcome;
    if (isThrottled(outcome, job.source.retry) && !this.stream.empty_statuses.includes(status)) {
      this.#streamLimiter.refused(permit, retryAfterMs || undefined);
      this.#emit({ kind: "refused", status, retryAfterMs }, current);
    } else {
      this.#streamLimiter.accepted(permit);
    }
    const isRefusal = job.source.retry.statuses.includes(status);
    if ((status < 500 && !isRefusal) || this.stream.empty_statuses.includes(status)) {
      this.api.availability.responded((signal) => this.#replay(current.request, signal));
    }
    const state = readRateLimit(head.headers, wallNow());
    if (state !== undefined) this.#streamLimiter.applyHeaders(state);
    const weight = readUsedWeight(head.headers);
    if (weight !== undefined) this.#streamLimiter.applyUsedWeight(weight, wallNow());
  }

  /** Method and URL for display: masked, at most 300 characters. */
  line(request: WireRequest): string {
    const line = this.api.mask(requestLine(request));
    return line.length <= 300 ? line : `${line.slice(0, 297)}...`;
  }

  /** Sends no request to the API for a time that a response requested, in milliseconds. */
  pause(ms: number): void {
    this.#streamLimiter.pauseUntil(this.api.dependencies.clock.now() + ms);
  }

  /** Reports that a request is sent again because of its response. */
  retrying(
    request: WireRequest,
    { attempt, ...retry }: { attempt: number; reason: string; waitMs: number },
  ): void {
    this.#emit({ kind: "retrying", ...retry }, { request, attempt });
  }

  #emit(
    event: Details<FetchEvent>,
    { request, attempt }: Pick<Attempt, "request" | "attempt">,
  ): void {
    const about = { stream: this.name, request: this.line(request), attempt };
    this.api.dependencies.onEvent({ ...event, ...about } as FetchEvent);
  }
}

/** An event without the fields that all events share. */
type Details<E> = E extends unknown ? Omit<E, "stream" | "request" | "attempt"> : never;

function isUnauthorized(
  tried: SendResult<SentResponse>,
): tried is SendResult<SentResponse> & { result: SentResponse } {
  const { result, then } = tried;
  return then === "refused" && !(result instanceof HttpError) && result.status === 401;
}
