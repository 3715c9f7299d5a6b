// Finds requests whose windows end with an inclusive second, which lose the fractions of the last second if
// the API's instants have any. Pure. Invariant: an end in days or in milliseconds is never reported.
import type { Job } from "./schema/job.ts";
import type { Stream } from "./schema/job_schema.ts";

/** An end of windows that includes a whole second. */
export interface InclusiveEnd {
  /** The placeholder, as the job writes it. */
  readonly placeholder: string;
  /** What to write instead. */
  readonly instead: string;
}

/** The inclusive second that ends the windows of a stream's request; undefined if there is none. */
export function inclusiveEnd({ request }: Stream): InclusiveEnd | undefined {
  const [placeholder] = /\{last\|(instant|epoch)\}(?!\.)/.exec(JSON.stringify(request ?? {})) ?? [];
  if (placeholder === undefined) return undefined;
  const instead = placeholder.includes("instant")
    ? "{to|instant} or {last|instant_ms}"
    : "{to|epoch}";
  return { placeholder, instead };
}

/** A sentence for each stream with such an end whose rows have instants. */
export function inclusiveEndNotes(job: Job): string[] {
  return Object.entries(job.streams).flatMap(([name, stream]) => {
    const end = inclusiveEnd(stream);
    if (end === undefined || !stream.rows.some(({ table }) => hasInstants(job, table))) return [];
    return [
      `Stream "${name}" ends its windows with "${end.placeholder}": ` +
      `if its instants have fractions of a second, write ${end.instead}`,
    ];
  });
}

function hasInstants(job: Job, table: string): boolean {
  return Object.values(job.tables[table]?.columns ?? {})
    .some(({ type }) => type.startsWith("timestamp"));
}
