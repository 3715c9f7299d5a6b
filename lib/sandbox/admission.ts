/**
 * Decides which requests are admitted: unknown paths, wrong methods, missing credentials and requests over the limit
 * are refused, in this order, so that only requests that could succeed count against a limit.
 *
 * @module
 */

import { endpoints, type Route } from "./endpoints.ts";
import type { SandboxOptions } from "./options.ts";
import { type RateLimiter, rateLimiter } from "./rate_limit.ts";
import { refusal, type Reply, tooManyRequests } from "./reply.ts";

/** The parts of a request that admission checks. */
export interface Visitor {
  /** HTTP method. */
  readonly method: string;
  /** The header, or null. */
  readonly authorization: string | null;
  /** The endpoint of its path, if there is one. */
  readonly route: Route | undefined;
  /** Arrival time, by the clock of the limits. */
  readonly atMs: number;
}

/** Returns the refusal of a request, or undefined to admit it. */
export type Admission = (visitor: Visitor) => Reply | undefined;

/** The Basic credentials that a sandbox with these options accepts. The password is long enough to be masked in logs. */
export function sandboxCredentials(
  options: SandboxOptions,
): { username: string; password: string } {
  const { username = "sandbox", password = "sandbox-password-1" } = options;
  return { username, password };
}

/** The admission for the options of a sandbox. It counts what it admits, so each sandbox needs its own. */
export function admission(options: SandboxOptions): Admission {
  const { username, password } = sandboxCredentials(options);
  const credentials = basic(username, password);
  const limits = limitsFor(options);
  return ({ method, authorization, route, atMs }) => {
    if (!route) return refusal(404, "Not Found");
    if (method !== "GET") return refusal(405, "Method Not Allowed", { allow: "GET" });
    if (!authorization) return refusal(401, "Not authenticated", challenge);
    if (authorization !== credentials) {
      return refusal(401, "Invalid authentication credentials", challenge);
    }
    const verdict = limits(route.endpoint.path)?.admit(atMs);
    return !verdict || verdict.ok ? undefined : tooManyRequests(verdict.retryAfterMs);
  };
}

const challenge = { "www-authenticate": "Basic" };

type Limits = (path: string) => RateLimiter | undefined;

function limitsFor({ limit, limitKind = "slidingLog" }: SandboxOptions): Limits {
  if (limit === 0) return () => undefined;
  if (limit !== undefined) {
    const shared = rateLimiter(limitKind, limit);
    return () => shared;
  }
  const byPath = new Map(
    endpoints.map((
      { path, requestsPerSecond },
    ) => [path, rateLimiter(limitKind, requestsPerSecond)]),
  );
  return (path) => byPath.get(path);
}

function basic(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
