// Owns what the clients of all streams of a job share: the connection to one API, and what it needs from outside.
// Types only; api_client.ts opens one.
import type { Env } from "../config/yaml/env.ts";
import type { Clock } from "./rate/clock.ts";
import type { FetchListener } from "./fetch_event.ts";
import type { WaitListener } from "../report/text/wait.ts";
import type { PageArchive } from "./page_archive.ts";
import type { LimitStore } from "./rate/limit_store.ts";
import type { Job } from "../config/schema/job.ts";
import type { ExportStore } from "./export_store.ts";
import type { TokenStore } from "./http/token_store.ts";
import type { HttpClient } from "./http/http.ts";
import type { Limiter } from "./rate/limiter.ts";
import type { Semaphore } from "./rate/semaphore.ts";
import type { PageBudget } from "./rate/page_budget.ts";
import type { Signer } from "./sign/signer.ts";
import type { Credentials } from "./http/credentials.ts";
import type { Availability } from "./rate/availability.ts";

/** What an API client needs from outside. */
export interface ApiDependencies {
  /** Looks up an environment variable, for secrets. */
  readonly env: Env;
  /** Monotonic clock for pacing and waiting. */
  readonly clock: Clock;
  /** Returns epoch milliseconds, for dates in headers. */
  readonly wallNow: () => number;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** Receives each secret that the API issues, such as a token, before it is sent. Defaults to nobody. */
  readonly onSecret?: ((value: string) => void) | undefined;
  /** Where all responses come from instead of the network; undefined for a client that sends requests. */
  readonly replay?: Pick<PageArchive, "find"> | undefined;
  /** Aborts every request. */
  readonly signal: AbortSignal;
  /** Receives every event. */
  readonly onEvent: FetchListener;
  /** Receives waits for the API or for a limit; without it outages are not waited for. */
  readonly onWait?: WaitListener | undefined;
  /** Whether a request fails instead of waiting long. Defaults to false. */
  readonly noWait?: boolean | undefined;
  /** Where the use of limits is kept; undefined where limits are not shared with other processes. */
  readonly limitStore?: LimitStore | undefined;
  /** Where refreshed OAuth2 tokens are kept; without it they live as long as the client. */
  readonly tokenStore?: TokenStore | undefined;
  /** Where the IDs of ordered exports are kept; without it they live as long as the client. */
  readonly exportStore?: ExportStore | undefined;
}

/** What the clients of all streams of a job share. */
export interface ApiConnection {
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
  readonly budget: PageBudget;
  /** Lets one response be parsed at a time: a parsed page takes memory until the next station has it. */
  readonly parseSlot: Semaphore;
  /** The credentials that requests carry. */
  readonly credentials: Credentials;
  /** The exports that were ordered. */
  readonly exports: ExportStore;
  /** Signs requests. */
  readonly signer: Signer;
  /** Whether the API is reachable. */
  readonly availability: Availability;
  /** Replaces the secrets of this API in a text. */
  mask(text: string): string;
}
