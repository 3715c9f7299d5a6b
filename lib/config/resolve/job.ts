// Owns the cross-checks of a job, in one call: whatever the schema cannot know because it takes two
// places of the file to see it. Pure; every problem is found, none stops the search.
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
 * `unread` names the parts, as `tables` or `tables.NAME`, that the schema refused and that the job
 * lacks for that reason: nobody is told that they do not exist.
 */
export function resolveJob(job: ParsedJob, unread: ReadonlySet<string> = new Set()): PathProblem[] {
  const scope = new Scope(job, unread);
  const hasUnread = [...unread].some((name) => name.startsWith("streams"));
  if (Object.keys(job.streams).length === 0 && !hasUnread) {
    scope.key(["streams"], "a job needs at least one stream");
  }
  resolveParams(scope);
  if (!unread.has("source")) resolveSource(scope);
  resolveTables(scope);
  resolveStreams(scope);
  return scope.problems;
}
