// Owns the warnings about what other databases have archived in the same place under the same name of a job. Pure.
import { formatCount } from "../report/text/format.ts";

/** A warning of a run. */
export interface ArchiveWarning {
  /** What is the case. */
  readonly message: string;
  /** What can be done. */
  readonly hint: string;
}

/** The warning that windows were read from responses for another database; undefined for none. */
export function readForeign(windows: number): ArchiveWarning | undefined {
  if (windows === 0) return undefined;
  const were = formatCount(windows, "window was", "windows were");
  return {
    message: `${were} read from responses that another database archived`,
    hint: "Give each database its own archive if their rows should differ",
  };
}

/** The warning that expired files were kept because they are those of another database; undefined for none. */
export function keptForeign(files: number): ArchiveWarning | undefined {
  if (files === 0) return undefined;
  const are = formatCount(files, "file of the archive is", "files of the archive are");
  const [their, them] = files === 1 ? ["its", "it"] : ["their", "them"];
  return {
    message: `${are} older than ${their} retention period, but another database archived ${them}`,
    hint: "Delete with deno task archive prune --all if that database no longer exists",
  };
}
