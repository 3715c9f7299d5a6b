// Decides what the last response to a request means: records, no records, or the failure of its window. It reads a
// body only to quote an error, and sends nothing.
import type { Stream } from "../config/schema/job_schema.ts";
import { Failure } from "../failure.ts";
import type { ApiConnection } from "./api_connection.ts";
import type { Credential } from "./http/auth.ts";
import type { HttpResponse } from "./http/http.ts";
import { HttpError } from "./http/http_error.ts";
import type { WireRequest } from "./http/request.ts";
import { requestFailure } from "./http/request_failure.ts";
import type { SendResult } from "./http/send_with_retries.ts";
import { refuseErrorBody } from "./response/response_error.ts";

/** A successful response. */
export interface OkResponse extends HttpResponse {
  /** URL that responded, after redirects; without credentials, not masked. */
  readonly url: string;
  /** Whether the status means that there are no records. */
  readonly isEmpty: boolean;
}

/** The response to one attempt or redirect. */
export interface SentResponse extends HttpResponse {
  /** URL that responded; without credentials, not masked. */
  readonly url: string;
  /** The credentials that were sent. */
  readonly credentials: readonly Credential[];
}

/** Whose requests they are. */
export interface Requester {
  /** The stream. */
  readonly stream: Stream;
  /** The API. */
  readonly api: Pick<ApiConnection, "job" | "mask">;
  /** Method and URL for display. */
  line(request: WireRequest): string;
  /** The failure of a response, with the request that it answers and without secrets. */
  described(failure: Failure, request: WireRequest): Failure;
}

/** Statuses by which APIs refuse a page beyond the last. */
const BEYOND_LAST: ReadonlySet<number> = new Set([400, 404, 410, 416, 422]);

/**
 * The successful response of a request; with `mayFail` a refused page is an empty one.
 *
 * @throws Failure("refused") for 401 and 403, Failure("window") for every other error.
 */
export function meaningOf(
  requester: Requester,
  request: WireRequest,
  tried: SendResult<SentResponse>,
  mayFail: boolean,
): OkResponse {
  const { result, then } = tried;
  if (mayFail && !(result instanceof HttpError) && BEYOND_LAST.has(result.status)) {
    return { ...result, isEmpty: true };
  }
  if (result instanceof HttpError || then === "fail" || then === "refused") {
    if (isEmptyError(requester, request, result)) return { ...result, isEmpty: true };
    const { api, stream } = requester;
    throw requestFailure(requester.line(request), tried, api, stream.full_statuses);
  }
  return { ...result, isEmpty: then === "empty" || result.status === 204 };
}

/** Whether the body of an error response means that there are no records. */
function isEmptyError(
  requester: Requester,
  request: WireRequest,
  result: SentResponse | HttpError,
): result is SentResponse {
  if (result instanceof HttpError) return false;
  try {
    return refuseErrorBody(requester.stream, result);
  } catch (error) {
    throw error instanceof Failure ? requester.described(error, request) : error;
  }
}
