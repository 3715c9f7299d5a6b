// Owns the words for a request that got no good answer, and what it means for the run. Pure. Invariant:
// what a source says is quoted short and masked.
import type { Job } from "../../config/schema/job.ts";
import { Failure } from "../../failure.ts";
import { credentialsHint } from "./auth.ts";
import { errorExcerpt } from "./error_excerpt.ts";
import { HttpError } from "./http_error.ts";
import { reasonOf, type SendResult } from "./send_with_retries.ts";

/**
 * The failure that a request's last try means; `line` says which request, masked. A status of `fullOn` means that
 * the window holds more than the source answers.
 */
export function requestFailure(
  line: string,
  { result, then, attempts }: SendResult,
  source: { readonly job: Job; mask(text: string): string },
  fullOn: readonly number[] = [],
): Failure {
  const tries = attempts === 1 ? "" : ` in ${attempts} attempts`;
  const trouble = result instanceof HttpError ? result : undefined;
  const excerpt = result instanceof HttpError
    ? ""
    : errorExcerpt(result.body, result.headers.get("content-type"));
  const said = excerpt === "" ? "" : `, "${source.mask(excerpt)}"`;
  const message = `Cannot fetch ${line}: ${reasonOf(result)}${said}${tries}`;
  if (then === "refused") {
    return new Failure("refused", message, { hint: credentialsHint(source.job.source.auth) });
  }
  if (!(result instanceof HttpError) && fullOn.includes(result.status)) {
    const hint = "Make the windows shorter: the source says that this one holds too much";
    return new Failure("window", message, { hint, tooFull: true });
  }
  const kind = trouble?.kind === "forbidden" ? "configuration" : "window";
  return new Failure(kind, message, { hint: trouble?.hint });
}
