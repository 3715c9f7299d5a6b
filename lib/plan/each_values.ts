// Owns the values a stream is repeated for: lists as they stand, queries through the function it is
// given, several of them as a grid. It yields one record of named values at a time, so that a query of
// a hundred thousand rows is never held whole; only the inner dimensions of a grid are.
import type { Stream } from "../config/job_schema.ts";

/** Runs a query on the target and yields its rows as records. */
export type QueryRows = (sql: string) => AsyncIterable<Record<string, unknown>>;

/** The combinations of a stream's `for_each` values, first name outermost; one empty record without any. */
export async function* eachValues(
  stream: Stream,
  query: QueryRows,
): AsyncGenerator<Record<string, unknown>> {
  yield* grid(Object.entries(stream.for_each ?? {}), query);
}

type Dimension = [name: string, source: NonNullable<Stream["for_each"]>[string]];

async function* grid(
  dimensions: readonly Dimension[],
  query: QueryRows,
): AsyncGenerator<Record<string, unknown>> {
  const [outer, ...inner] = dimensions;
  if (outer === undefined) {
    yield {};
    return;
  }
  const [name, source] = outer;
  for await (const value of valuesOf(source, query)) {
    for await (const rest of grid(inner, query)) yield { [name]: value, ...rest };
  }
}

async function* valuesOf(source: Dimension[1], query: QueryRows): AsyncGenerator<unknown> {
  if (source.query === undefined) {
    yield* source.values ?? [];
    return;
  }
  for await (const row of query(source.query)) {
    const columns = Object.keys(row);
    yield columns.length === 1 ? row[columns[0]!] : row;
  }
}

/** Whether the values come from the target, so that the stream has to wait for the others of its group. */
export function isFedByTarget(stream: Stream): boolean {
  return Object.values(stream.for_each ?? {}).some((source) => source.query !== undefined);
}
