// Owns the way of one stream's requests through its source: turn, place, ticket, credentials, redirects,
// another try, and what the last answer means. It never reads a body but to quote what a source says is
// wrong. Invariant: every request sent, a retry or a redirect too, has taken a ticket of the gate, and
// leaves at once when it has it.
import type { Stream } from "../config/job_schema.ts";
import { type Credential, withCredentials } from "./auth.ts";
import type { FetchEvent } from "./fetch_event.ts";
import type { Gate, Ticket } from "./gate.ts";
import type { HttpAnswer, HttpHead } from "./http.ts";
import { HttpTrouble } from "./http_trouble.ts";
import { noAnswer } from "./no_answer.ts";
import { readRateLimit } from "./rate_headers.ts";
import { boundTogether } from "./rate.ts";
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

/** One sending of a request. */
interface Sending {
  readonly request: WireRequest;
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly rank: number;
}

/** What one sending came to, and with which credentials. */
interface Hop extends HttpAnswer {
  readonly url: string;
  readonly credentials: readonly Credential[];
}

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
    this.#gate = source.limiter.stream(name, boundTogether(stream.limits));
  }

  /**
   * Asks until there is an answer that says yes. Of requests that wait for their turn those of the lowest
   * rank go first: a window that is finished soon is not lost to a kill.
   *
   * @throws Failure("refused") for 401 and 403, Failure("window") for every other no.
   * @throws the signal's reason where it aborts.
   */
  async ask(request: WireRequest, signal: AbortSignal, rank = 0): Promise<GoodAnswer> {
    let tried = await this.#try(request, signal, rank);
    if (isUnauthorized(tried) && this.source.keyring.renew(tried.result.credentials)) {
      tried = await this.#try(request, signal, rank);
    }
    const { result, then } = tried;
    if (result instanceof HttpTrouble || then === "fail" || then === "refused") {
      throw noAnswer(this.line(request), tried, this.source, this.stream.full_on);
    }
    return { ...result, isEmpty: then === "empty" || result.status === 204 };
  }

  #try(request: WireRequest, signal: AbortSignal, rank: number): Promise<Tried<Hop>> {
    const { job, surroundings: { clock, wallNow, random } } = this.source;
    return tryAgain((attempt) => this.#follow({ request, attempt, signal, rank }), {
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
      request = redirected(request, hop.status, location, this.source.job.source);
    }
    throw new HttpTrouble("request", `it was redirected more than ${MAX_REDIRECTS} times`);
  }

  async #send(sending: Sending): Promise<Hop> {
    const { request, signal, rank } = sending;
    const { keyring, http, job } = this.source;
    await keyring.take(); // A token is fetched before the ticket; after it one is at hand, also when the wait was long.
    const { place, ticket } = await this.#admit(signal, rank);
    using _place = place;
    const credentials = await keyring.take();
    const wire = withCredentials(request, credentials, job.source.url);
    this.#emit({ kind: "requested" }, sending);
    const answer = await http.exchange(wire, signal, (head) => this.#learn(head, ticket, sending));
    const { status, ms, body } = answer;
    this.#emit({ kind: "answered", status, ms, bytes: body.byteLength }, sending);
    return { ...answer, url: request.url, credentials };
  }

  /** Waits for everything a request needs to leave; a place is taken only when the own limit allows. */
  async #admit(
    signal: AbortSignal,
    rank: number,
  ): Promise<{ place: Disposable; ticket: Ticket }> {
    const { slots, surroundings: { clock } } = this.source;
    using _turn = await this.#turn.take(signal, rank);
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
  #learn(head: HttpHead, ticket: Ticket, sending: Sending): void {
    const { job, surroundings: { wallNow } } = this.source;
    const outcome = outcomeOf(head, job.source.retry, wallNow());
    const { status, retryAfterMs } = outcome;
    if (isThrottled(outcome, job.source.retry) && !this.stream.empty_on.includes(status)) {
      this.#gate.refused(ticket, retryAfterMs ?? undefined);
      this.#emit({ kind: "refused", status, retryAfterMs }, sending);
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

  #emit(
    event: Details<FetchEvent>,
    { request, attempt }: Pick<Sending, "request" | "attempt">,
  ): void {
    const about = { stream: this.name, request: this.line(request), attempt };
    this.source.surroundings.onEvent({ ...event, ...about } as FetchEvent);
  }
}

/** An event without what all events say. */
type Details<E> = E extends unknown ? Omit<E, "stream" | "request" | "attempt"> : never;

function isUnauthorized(tried: Tried<Hop>): tried is Tried<Hop> & { result: Hop } {
  const { result, then } = tried;
  return then === "refused" && !(result instanceof HttpTrouble) && result.status === 401;
}
