/**
 * The options of a sandbox. All have defaults.
 *
 * @module
 */

import type { Fault, Stricken } from "./faults.ts";
import type { LimitKind } from "./rate_limit.ts";
import type { Reply } from "./reply.ts";

/** How a sandbox behaves. Every option has a default. */
export interface SandboxOptions {
  /** Address to listen on. Defaults to `127.0.0.1`. */
  readonly hostname?: string;
  /** Port; 0, the default, takes a free one. */
  readonly port?: number;
  /** Time from request to response, half of it before the request is admitted. Defaults to 0. */
  readonly latencyMs?: number;
  /** Largest random delay in addition, before the request is admitted. Defaults to 0. */
  readonly jitterMs?: number;
  /** Requests per second over all endpoints together; 0 for no limit. Defaults to each endpoint's published limit. */
  readonly limit?: number;
  /** How the limit is counted. Defaults to `slidingLog`, the strictest. */
  readonly limitKind?: LimitKind;
  /** Faults. Defaults to none. */
  readonly faults?: readonly Fault[];
  /** Seed of the data, the faults and the jitter. Defaults to 1. */
  readonly seed?: number;
  /** The clock, in epoch milliseconds: no race after it has a result. Defaults to `Date.now`. */
  readonly now?: () => number;
  /** The clock of the limits, in milliseconds. Defaults to `performance.now`. */
  readonly tick?: () => number;
  /** Results younger than this are provisional: some of their figures are missing. Defaults to 0, so that a date always has the same data. */
  readonly settleDays?: number;
  /** User name for HTTP Basic authentication. Defaults to `sandbox`. */
  readonly username?: string;
  /** Password for HTTP Basic authentication. Defaults to `sandbox-password-1`. */
  readonly password?: string;
  /** Folder of recordings to serve instead of generated data. Defaults to none. */
  readonly recordingsDir?: string;
  /** Returns its own response, for what the options above cannot express; `undefined` leaves the request to the sandbox. */
  readonly intercept?: (
    request: Stricken,
    reply: () => Reply,
  ) => Reply | Response | undefined | Promise<Reply | Response | undefined>;
  /** Called with each request once its response is ready to be sent. Defaults to nothing. */
  readonly onRequest?: (seen: SeenRequest) => void;
}

/** A request and its outcome. */
export interface SeenRequest {
  /** Counts from 1. */
  readonly number: number;
  /** Path and query. */
  readonly path: string;
  /** Status of the response; of the good one if a fault corrupted the body. */
  readonly status: number;
  /** When it was admitted or refused, by the clock of the limits. */
  readonly atMs: number;
  /** The fault that hit it. */
  readonly fault: string | undefined;
}
