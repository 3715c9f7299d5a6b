// Runs the cross-checks of a job: everything that the schema cannot check because it concerns two places
// in the file. Pure. It collects all problems; none stops the others.
import type { ParsedJob } from "../schema/job_schema.ts";
import { resolveParams } from "./params.ts";
import { Scope } from "./scope.ts";
import { resolveSource } from "./source.ts";
import { resolveStreams } from "./stream.ts";
import { resolveTables } from "./tables.ts";
import type { PathProblem } from "../schema/issue_sentence.ts";

/**
 * The problems between the parts of a job.
 *
 * `unread` names the parts (`tables` or `tables.NAME`) that the schema refused and that the job
 * therefore does not contain; they are never reported as missing.
 */
export function resolveJob(job: ParsedJob, unread: ReadonlySet<string> = new Set()): PathProblem[] {
  const scope = new Scope(job, unread);
  const hasUnread = [...unread].some((name) => name.startsWith("streams"));
  if (Object.keys(job.streams).length === 0 && !hasUnread) {
    scope.key(["streams"], "a job requires at least one stream");
  }
  resolveParams(scope);
  if (!unread.has("source")) resolveSource(scope);
  resolveTables(scope);
  resolveStreams(scope);
  return scope.problems;
}
