// Owns the failure of a request without a successful response, and what it means for the run. Pure.
// Invariant: an error of the API is quoted short and masked.
import type { Job } from "../../config/schema/job.ts";
import { Failure } from "../../failure.ts";
import { credentialsHint } from "./auth.ts";
import { errorExcerpt } from "./error_excerpt.ts";
import { HttpError, type HttpErrorKind } from "./http_error.ts";
import { isPassingStatus, PASSING_ERRORS } from "./retry.ts";
import { reasonOf, type SendResult } from "./send_with_retries.ts";

/** Errors that no later request avoids: the job or the machine must change first. */
const NEVER_REACHED: ReadonlySet<HttpErrorKind> = new Set(["forbidden", "protocol"]);

/** A refusal that mentions a quota rather than credentials. */
const QUOTA = /quota|limit|too many|exceeded/i;
const QUOTA_HINT =
  'If a quota is used up, declare "retry: { statuses: [403] }" under "source": the run then waits';

/**
 * Returns the failure that the last attempt of a request means; `line` is the masked request. A status of
 * `fullStatuses` means that the window holds more than the API returns.
 */
export function requestFailure(
  line: string,
  { result, then, attempts }: SendResult,
  source: { readonly job: Job; mask(text: string): string },
  fullStatuses: readonly number[] = [],
): Failure {
  const attemptsText = attempts === 1 ? "" : ` in ${attempts} attempts`;
  const error = result instanceof HttpError ? result : undefined;
  const status = result instanceof HttpError ? undefined : result.status;
  const excerpt = result instanceof HttpError
    ? ""
    : errorExcerpt(result.body, result.headers.get("content-type"));
  const quoted = excerpt === "" ? "" : `, "${source.mask(excerpt)}"`;
  const message = `Cannot fetch ${line}: ${reasonOf(result)}${quoted}${attemptsText}`;
  if (then === "refused") {
    const isQuota = status === 403 && QUOTA.test(excerpt);
    const hint = isQuota ? QUOTA_HINT : credentialsHint(source.job.source.auth);
    return new Failure("refused", message, { hint, status });
  }
  if (!(result instanceof HttpError) && fullStatuses.includes(result.status)) {
    const hint = "Make the windows shorter: the API reports that this one holds too much";
    return new Failure("window", message, { hint, tooFull: true, status });
  }
  const kind = error !== undefined && NEVER_REACHED.has(error.kind) ? "configuration" : "window";
  const mayPass = result instanceof HttpError
    ? PASSING_ERRORS.has(result.kind)
    : result.status === 429 || isPassingStatus(result.status);
  return new Failure(kind, message, { hint: error?.hint, cause: error, mayPass, status });
}
