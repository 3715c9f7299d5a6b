/**
 * Who is let in: unknown paths, wrong methods, strangers and the hasty are turned away, in this order, so that only
 * requests that could be answered use up a limit.
 *
 * @module
 */

import { endpoints, type Route } from "./endpoints.ts";
import type { SandboxOptions } from "./options.ts";
import { type RateLimiter, rateLimiter } from "./rate_limit.ts";
import { refusal, type Reply, tooManyRequests } from "./reply.ts";

/** What admission looks at of a request. */
export interface Visitor {
  /** HTTP method. */
  readonly method: string;
  /** The header, or null. */
  readonly authorization: string | null;
  /** What its path means, if anything. */
  readonly route: Route | undefined;
  /** When it came, by the clock of the limits. */
  readonly atMs: number;
}

/** Turns requests away, or not. */
export type Admission = (visitor: Visitor) => Reply | undefined;

/** The admission that a sandbox's options ask for. It remembers whom it let in, so each sandbox needs its own. */
export function admission(options: SandboxOptions): Admission {
  const { username = "sandbox", password = "sandbox" } = options;
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
