// Owns the words for a request that got no good answer, and what it means for the run. Pure. Invariant:
// what a source says is quoted short and masked.
import type { Job } from "../config/job.ts";
import { Failure } from "../report/failure.ts";
import { credentialsHint } from "./auth.ts";
import { errorExcerpt } from "./error_excerpt.ts";
import { HttpTrouble } from "./http_trouble.ts";
import { reasonOf, type Tried } from "./try_again.ts";

/**
 * The failure that a request's last try means; `line` says which request, masked. A status of `fullOn` means that
 * the window holds more than the source answers.
 */
export function noAnswer(
  line: string,
  { result, then, attempts }: Tried,
  source: { readonly job: Job; mask(text: string): string },
  fullOn: readonly number[] = [],
): Failure {
  const tries = attempts === 1 ? "" : ` in ${attempts} attempts`;
  const trouble = result instanceof HttpTrouble ? result : undefined;
  const excerpt = result instanceof HttpTrouble
    ? ""
    : errorExcerpt(result.body, result.headers.get("content-type"));
  const said = excerpt === "" ? "" : `, "${source.mask(excerpt)}"`;
  const message = `Cannot fetch ${line}: ${reasonOf(result)}${said}${tries}`;
  if (then === "refused") {
    return new Failure("refused", message, { hint: credentialsHint(source.job.source.auth) });
  }
  if (!(result instanceof HttpTrouble) && fullOn.includes(result.status)) {
    const hint = "Make the windows shorter: the source says that this one holds too much";
    return new Failure("window", message, { hint, tooFull: true });
  }
  const kind = trouble?.kind === "forbidden" ? "configuration" : "window";
  return new Failure(kind, message, { hint: trouble?.hint });
}
