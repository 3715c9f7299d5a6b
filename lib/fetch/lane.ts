// Owns the way of one stream's requests through its source: turn, place, ticket, credentials, redirects,
// another try, and what the last answer means. It never reads a body but to quote what a source says is
// wrong. Invariant: every request sent, a retry or a redirect too, has taken a ticket of the gate, and
// nothing is awaited between the ticket and the request.
import type { Stream } from "../config/job_schema.ts";
import { type Credential, withCredentials } from "./auth.ts";
import type { FetchEvent } from "./fetch_event.ts";
import type { Gate, Ticket } from "./gate.ts";
import type { HttpAnswer, HttpHead } from "./http.ts";
import { HttpTrouble } from "./http_trouble.ts";
import { noAnswer } from "./no_answer.ts";
import { readRateLimit } from "./rate_headers.ts";
import { isRedirect, MAX_REDIRECTS, redirected } from "./redirect.ts";
import { requestLine, type WireRequest } from "./request.ts";
import { isThrottled } from "./retry.ts";
import { Slots } from "./slots.ts";
import type { SourceDoor } from "./source.ts";
import { outcomeOf, type Tried, tryAgain } from "./try_again.ts";

/** An answer that says yes. */
export interface GoodAnswer extends HttpAnswer {
  /** Address that answered, after redirects; without credentials, not masked. */
  readonly url: string;
  /** Whether the stream takes the status for "nothing there". */
  readonly isEmpty: boolean;
}

type Hop = HttpAnswer & { readonly url: string };

/** The way of one stream's requests. */
export class Lane {
  /** Name of the stream. */
  readonly name: string;
  /** What the job says about it. */
  readonly stream: Stream;
  /** The source it asks. */
  readonly source: SourceDoor;
  /** Pages of one window that are asked ahead; learnt by read_ahead.ts, over all windows. */
  readonly ahead = { pages: 4 };
  readonly #gate: Gate;
  /** One request of the stream at a time waits for its ticket, so that others get places too. */
  readonly #turn = new Slots(1);

  /** The way of a stream of the source's job. */
  constructor(source: SourceDoor, name: string) {
    const stream = source.job.streams[name];
    if (stream === undefined) throw new RangeError(`Cannot ask stream "${name}": the job has none`);
    this.name = name;
    this.stream = stream;
    this.source = source;
    this.#gate = source.limiter.stream(name, stream.limits);
  }

  /**
   * Asks until there is an answer that says yes.
   *
   * @throws Failure("refused") for 401 and 403, Failure("window") for every other no.
   * @throws the signal's reason where it aborts.
   */
  async ask(request: WireRequest, signal: AbortSignal): Promise<GoodAnswer> {
    let tried = await this.#try(request, signal);
    if (isUnauthorized(tried) && this.source.keyring.renew(tried.credentials)) {
      tried = await this.#try(request, signal);
    }
    const { result, then } = tried;
    if (result instanceof HttpTrouble || then === "fail" || then === "refused") {
      throw noAnswer(this.line(request), tried, this.source);
    }
    return { ...result, isEmpty: then === "empty" || result.status === 204 };
  }

  async #try(
    request: WireRequest,
    signal: AbortSignal,
  ): Promise<Tried<Hop> & { credentials: readonly Credential[] }> {
    const { job, surroundings: { clock, wallNow, random } } = this.source;
    let credentials: readonly Credential[] = [];
    const once = async (attempt: number) => {
      credentials = await this.source.keyring.take();
      return await this.#follow(request, credentials, attempt, signal);
    };
    const tried = await tryAgain(once, {
      policy: job.source.retry,
      emptyOn: this.stream.empty_on,
      ...{ clock, wallNow, random, signal },
      onRetry: ({ attempt, ...retry }) =>
        this.#emit({ kind: "retrying", ...retry }, request, attempt),
    });
    return { ...tried, credentials };
  }

  /** One try: the request, and those that redirects make of it. */
  async #follow(
    request: WireRequest,
    credentials: readonly Credential[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<Hop> {
    const { source } = this.source.job;
    let hop = request;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const answer = await this.#send(hop, credentials, attempt, signal);
      const location = answer.headers.get("location");
      if (!isRedirect(answer.status, location)) return { ...answer, url: hop.url };
      hop = redirected(hop, answer.status, location, source);
    }
    throw new HttpTrouble("request", `it was redirected more than ${MAX_REDIRECTS} times`);
  }

  async #send(
    request: WireRequest,
    credentials: readonly Credential[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const wire = withCredentials(request, credentials, this.source.job.source.url);
    const { place, ticket } = await this.#admit(signal);
    using _place = place;
    this.#emit({ kind: "requested" }, request, attempt);
    const answer = await this.source.http.exchange(
      wire,
      signal,
      (head) => this.#learn(head, ticket, request, attempt),
    );
    const { status, ms, body } = answer;
    this.#emit({ kind: "answered", status, ms, bytes: body.byteLength }, request, attempt);
    return answer;
  }

  /** Waits for everything a request needs to leave; a place is taken only when the own limit allows. */
  async #admit(signal: AbortSignal): Promise<{ place: Disposable; ticket: Ticket }> {
    const { slots, surroundings: { clock } } = this.source;
    using _turn = await this.#turn.take(signal);
    await clock.sleep(this.#gate.due() - clock.now(), signal);
    const place = await slots.take(signal);
    try {
      return { place, ticket: await this.#gate.take(signal) };
    } catch (error) {
      place[Symbol.dispose]();
      throw error;
    }
  }

  /** Tells the gate what the head of an answer says about limits. */
  #learn(head: HttpHead, ticket: Ticket, request: WireRequest, attempt: number): void {
    const { job, surroundings: { wallNow } } = this.source;
    const outcome = outcomeOf(head, job.source.retry, wallNow());
    const { status, retryAfterMs } = outcome;
    if (isThrottled(outcome, job.source.retry) && !this.stream.empty_on.includes(status)) {
      this.#gate.refused(ticket, retryAfterMs ?? undefined);
      this.#emit({ kind: "refused", status, retryAfterMs }, request, attempt);
    } else {
      this.#gate.answered(ticket);
    }
    const state = readRateLimit(head.headers, wallNow());
    if (state !== undefined) this.#gate.heed(state);
  }

  /** Method and address for people: masked and not too long. */
  line(request: WireRequest): string {
    const line = this.source.mask(requestLine(request));
    return line.length <= 300 ? line : `${line.slice(0, 297)}...`;
  }

  #emit(event: Details<FetchEvent>, request: WireRequest, attempt: number): void {
    const about = { stream: this.name, request: this.line(request), attempt };
    this.source.surroundings.onEvent({ ...event, ...about } as FetchEvent);
  }
}

/** An event without what all events say. */
type Details<E> = E extends unknown ? Omit<E, "stream" | "request" | "attempt"> : never;

function isUnauthorized({ result, then }: Tried): boolean {
  return then === "refused" && !(result instanceof HttpTrouble) && result.status === 401;
}
