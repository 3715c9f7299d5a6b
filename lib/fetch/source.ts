// Owns one open source: its connections, limits, places and credentials, shared by all of its streams.
// It never reads pages; fetch_pages.ts does, through `lane`. Invariant: whatever is sent to the source
// goes through one door, one limiter and one bound on requests in flight.
import type { Env } from "../config/env.ts";
import type { Job } from "../config/job.ts";
import { Failure } from "../report/failure.ts";
import { AbortBranch } from "./abort_branch.ts";
import { Backlog } from "./backlog.ts";
import type { Clock } from "./clock.ts";
import type { FetchListener } from "./fetch_event.ts";
import { type HttpAnswer, HttpDoor } from "./http.ts";
import { hostOf, HttpTrouble } from "./http_trouble.ts";
import { Keyring } from "./keyring.ts";
import { Lane } from "./lane.ts";
import { Limiter } from "./limiter.ts";
import { boundTogether } from "./rate.ts";
import type { WireRequest } from "./request.ts";
import { Slots } from "./slots.ts";
import { tryAgain } from "./try_again.ts";

/** What a source needs of the outside. */
export interface Surroundings {
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

/**
 * Opens the source of a job; nothing is sent yet. Close it with `await using`.
 *
 * @throws Failure("configuration") where its address or a secret cannot be used.
 */
export function openSource(job: Job, surroundings: Surroundings): SourceDoor {
  refuseUserInfo(job.source.url);
  return new SourceDoor(job, surroundings);
}

/** An open source; made by `openSource`. */
export class SourceDoor implements AsyncDisposable {
  /** The job whose source it is. */
  readonly job: Job;
  /** What it was opened with. */
  readonly surroundings: Surroundings;
  /** Where requests leave. */
  readonly http: HttpDoor;
  /** When requests leave. */
  readonly limiter: Limiter;
  /** How many requests are under way. */
  readonly slots: Slots;
  /** What has come and is not read yet. */
  readonly backlog: Backlog = new Backlog();
  /** Where answers are read, one at a time: what is read takes memory until the next station has it. */
  readonly desk: Slots = new Slots(1);
  /** With which credentials they leave. */
  readonly keyring: Keyring;
  readonly #open: AbortBranch;
  readonly #lanes = new Map<string, Lane>();

  /** Reads secrets and limits; sends nothing. */
  constructor(job: Job, surroundings: Surroundings) {
    const { source } = job;
    const { clock, env } = surroundings;
    this.job = job;
    this.surroundings = surroundings;
    const rates = boundTogether(source.limits, source.burst);
    this.limiter = new Limiter({ source: rates, clock });
    this.slots = new Slots(source.concurrency);
    this.keyring = new Keyring(job, { env, now: clock.now, send: (r) => this.#sendForToken(r) });
    this.#open = new AbortBranch(surroundings.signal);
    this.http = new HttpDoor({
      timeoutMs: source.timeout,
      maxBodyBytes: source.max_body,
      now: clock.now,
    });
  }

  /** The way of one stream's requests; asked again, the same. */
  lane(streamName: string): Lane {
    const known = this.#lanes.get(streamName);
    if (known !== undefined) return known;
    const lane = new Lane(this, streamName);
    this.#lanes.set(streamName, lane);
    return lane;
  }

  /** The text without the secrets of this source. */
  mask(text: string): string {
    return this.keyring.mask(text);
  }

  /** Ends what is under way and closes the connections. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#open.abort(new Failure("interrupted", "Cannot ask the source: it was closed"));
    this.#open[Symbol.dispose]();
    this.http[Symbol.dispose]();
    return Promise.resolve();
  }

  /** Tokens come from another server than the records: they are tried again, and not paced. */
  async #sendForToken(request: WireRequest): Promise<HttpAnswer> {
    const { clock, wallNow, random } = this.surroundings;
    const signal = this.#open.signal;
    const { result } = await tryAgain(() => this.http.exchange(request, signal), {
      ...{ policy: this.job.source.retry, emptyOn: [], clock, wallNow, random, signal },
      onRetry: () => {},
    });
    if (!(result instanceof HttpTrouble)) return result;
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
