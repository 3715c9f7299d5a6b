/**
 * How a sandbox is told to behave. All of it has defaults; nothing here does anything.
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
  /** Time from request to answer, half of it on the way in. Defaults to 0. */
  readonly latencyMs?: number;
  /** Up to so much more on the way in, by chance. Defaults to 0. */
  readonly jitterMs?: number;
  /** Requests per second over all endpoints together; 0 for no limit. Defaults to each endpoint's published limit. */
  readonly limit?: number;
  /** How the limit is counted. Defaults to `slidingLog`, the strictest. */
  readonly limitKind?: LimitKind;
  /** What goes wrong. Defaults to nothing. */
  readonly faults?: readonly Fault[];
  /** Of the data, the faults and the jitter. Defaults to 1. */
  readonly seed?: number;
  /** The clock, in epoch milliseconds: no race after it has a result. Defaults to `Date.now`. */
  readonly now?: () => number;
  /** The clock of the limits, in milliseconds. Defaults to `performance.now`. */
  readonly tick?: () => number;
  /** Results younger than this are provisional: they lack figures. Defaults to 0, so that a date always has the same data. */
  readonly settleDays?: number;
  /** Basic credentials. Both default to `sandbox`. */
  readonly username?: string;
  /** See `username`. */
  readonly password?: string;
  /** Answers from this folder of recordings instead of the generator. */
  readonly recordingsDir?: string;
  /** Answers of its own making, for what the options above cannot express; `undefined` leaves the request to the sandbox. */
  readonly intercept?: (
    request: Stricken,
    reply: () => Reply,
  ) => Reply | Response | undefined | Promise<Reply | Response | undefined>;
  /** Told of each request once its answer is ready to leave. */
  readonly onRequest?: (seen: SeenRequest) => void;
}

/** A request and what became of it. */
export interface SeenRequest {
  /** Counts from 1. */
  readonly number: number;
  /** Path and query. */
  readonly path: string;
  /** Answered status; that of the good answer if a fault spoiled the body. */
  readonly status: number;
  /** By the clock of the limits, when it was admitted or refused. */
  readonly atMs: number;
  /** The fault that hit it. */
  readonly fault: string | undefined;
}
