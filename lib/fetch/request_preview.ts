// Renders requests for display before they are sent (`--dry-run`, `probe`). It sends nothing and
// works without credentials. Invariant: its result contains no secret.
import type { Env } from "../config/yaml/env.ts";
import type { Job } from "../config/schema/job.ts";
import { readSecret, secretValues } from "../config/schema/secret.ts";
import { Failure } from "../failure.ts";
import { maskSecrets } from "../report/text/mask.ts";
import {
  bearer,
  credentialsOf,
  headerCredential,
  maskedCredentials,
  withCredentials,
} from "./http/auth.ts";
import { renderFirst, type WireRequest } from "./http/request.ts";
import type { Unit } from "./http/unit.ts";
import { openPaginator } from "./paging/open_paginator.ts";

/**
 * Renders the first request of a unit as it would be sent, with secrets masked. A secret whose variable is
 * not set is shown as if it were set; one that is empty by default is left out, as it is when sent.
 *
 * @throws Failure("window") if a placeholder of the path has no value, or its value would change the path.
 */
export function maskedRequest(job: Job, streamName: string, unit: Unit, env: Env): WireRequest {
  const stream = job.streams[streamName];
  if (stream === undefined) {
    throw new RangeError(`Cannot show stream "${streamName}": the job has no such stream`);
  }
  const { auth, url } = job.source;
  const first = openPaginator(stream, url).first();
  const credentials = credentialsOf(auth, (text) => secretOr(text, env, "unset"));
  if (auth?.oauth2 !== undefined || auth?.jwt !== undefined) credentials.push(bearer("token"));
  for (const name of Object.keys(auth?.login?.send ?? {})) {
    credentials.push(headerCredential(name, "token", "token"));
  }
  for (const name of Object.keys(auth?.hmac?.headers ?? {})) {
    credentials.push(headerCredential(name, "signature", "signature"));
  }
  const bare = renderFirst(job, stream, unit, first);
  const mask = maskSecrets(secretValues(job, env));
  const request = withCredentials(
    { ...bare, url: mask(bare.url), headers: maskedValues(bare.headers, mask) },
    maskedCredentials(credentials),
    url,
  );
  return request.body === undefined ? request : { ...request, body: mask(request.body) };
}

function secretOr(text: string, env: Env, otherwise: string): string {
  try {
    return readSecret(text, env);
  } catch (error) {
    if (error instanceof Failure) return otherwise;
    throw error;
  }
}

function maskedValues(
  headers: WireRequest["headers"],
  mask: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, mask(value)]));
}
