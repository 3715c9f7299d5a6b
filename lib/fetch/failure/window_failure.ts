// Decides what the failure of a window means for the run: whether it concerns that window only, and what the user can do
// about it. It fetches nothing. Pure.
import { Failure } from "../../failure.ts";
import { MISSHAPEN } from "./failure_streak.ts";
import type { Unit } from "../../plan/unit.ts";

/** Whether a failure may concern one window only: a 403 may concern one value of `for_each`. */
export function isOfWindow({ kind, status }: Failure, unit: Unit): boolean {
  return kind === "window" || kind === "refused" && status === 403 && unit.each !== "";
}

/** The failure, with what to do about the windows that were set aside because of it. */
export function advised(failure: Failure, isAside: boolean): Failure {
  if (!isAside) return failure;
  const { kind, message, hint, status } = failure;
  const advice = `The other windows of this value are set aside; run again with --resume${
    status === 404
      ? ', or write "empty_statuses: [404]" if that status means that there is no data'
      : ""
  }`;
  const hints = hint === undefined ? advice : `${hint}. ${advice}`;
  return new Failure(kind, message, { hint: hints, cause: failure, status });
}

/** The failure of a run in which so many windows failed in a row, the last one with this failure. */
export function tooMany(count: number, last: Failure): Failure {
  if (last.kind === "refused") return last;
  if (last.wrongShape !== undefined && count <= MISSHAPEN) {
    const first = count === 1 ? "the first response does" : "the first responses do";
    const message = `Cannot continue: ${first} not have the declared shape: ${last.message}`;
    return new Failure("window", message, { hint: last.hint, cause: last });
  }
  return new Failure(
    "window",
    `Cannot continue: ${count} windows in a row failed, the last one with: ${last.message}`,
    {
      hint: last.hint ?? "See the errors with deno task errors, then run again with --resume",
      cause: last,
    },
  );
}
