// Formats the fields of responses that changed, for `status` and `errors`.
import type { Job } from "../../config/schema/job.ts";
import { changeAdvice, changeText } from "../../probe/drift.ts";
import { withoutMapped } from "../../probe/unmapped_field.ts";
import { oneLine } from "../../report/text/format.ts";
import { changedFields } from "../../upsert/field_table.ts";
import type { Target } from "../../upsert/write/target.ts";

/** A field that changed, as `--json` prints it. */
export interface Drift {
  /** Name of the stream. */
  stream: string;
  /** Path of the field in the record. */
  field: string;
  /** How it changed. */
  change: "new" | "missing" | "type";
  /** When that was noticed, ISO 8601. */
  since: string | null;
  /** A value, shortened. */
  example: string;
  /** What happened, as a sentence. */
  message: string;
  /** What to do about it. */
  hint: string;
}

/** Changes shown; the rest is counted. */
const SHOWN = 10;

/** The fields of a job's responses that changed, without new ones that the job maps by now. */
export async function driftOf(target: Pick<Target, "stream">, job: Job): Promise<Drift[]> {
  const changes = withoutMapped(job, await changedFields(target, job.job));
  return changes.map(({ stream, field }) => {
    const { path, changedAt, example } = field;
    const [message, hint] = [changeText(field), changeAdvice(field)];
    return { stream, field: path, change: field.change!, since: changedAt, example, message, hint };
  });
}

/** The lines of the fields that changed. */
export function driftLines(drift: readonly Drift[]): string[] {
  const lines = drift.slice(0, SHOWN).flatMap(({ stream, message, hint }) => [
    oneLine(`changed  ${stream}: ${message}`),
    oneLine(`         ${hint}`),
  ]);
  const more = drift.length - SHOWN;
  return more > 0 ? [...lines, `         and ${more} more`] : lines;
}
