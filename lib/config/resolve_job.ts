// Owns the cross-checks of a job, in one call: whatever the schema cannot know because it takes two
// places of the file to see it. Pure; every problem is found, none stops the search.
import type { ParsedJob } from "./job_schema.ts";
import { resolveParams } from "./resolve_params.ts";
import { Scope } from "./resolve_scope.ts";
import { resolveSource } from "./resolve_source.ts";
import { resolveStreams } from "./resolve_stream.ts";
import { resolveTables } from "./resolve_tables.ts";
import type { PathProblem } from "./schema_problem.ts";

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
