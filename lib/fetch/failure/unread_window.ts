// Creates the failures of windows that cannot be read to their end, and decides when a window is restarted instead.
// Pure.
import { Failure } from "../../failure.ts";
import type { Mask } from "../../report/text/mask.ts";
import type { Verdict } from "../paging/paginator.ts";

/** The failure of a window that its paginator gives up. */
export function incomplete(verdict: Extract<Verdict, { kind: "failed" }>, mask: Mask): Failure {
  const { reason, hint, tooFull, held } = verdict;
  const message = `Cannot read the complete window: ${mask(reason)}`;
  return new Failure("window", message, { hint, tooFull, held });
}

/** The failure of a window that was restarted so often, the last time for this reason. */
export function unstable(reason: string, restarts: number): Failure {
  return new Failure(
    "window",
    `Cannot read the complete window: in each of ${restarts + 1} attempts ${reason}`,
    {
      hint: "The API's data changes while it is read: try again later, or make the windows shorter",
    },
  );
}

/**
 * Restarts a reading that cannot be continued where an interrupted run has left it.
 *
 * @throws the error if it may pass, or concerns more than this window.
 */
export function restartAfter(error: unknown): Extract<Verdict, { kind: "restart" }> {
  if (!(error instanceof Failure) || error.kind !== "window" || error.mayPass) throw error;
  return { kind: "restart", reason: error.message };
}
