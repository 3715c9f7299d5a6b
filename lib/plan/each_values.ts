// Owns the `for_each` values of a stream: arrays of the job file, parameters, and queries on the target;
// several of them form a grid. It yields one combination of named values at a time, so that the result
// of a large query is never held in memory.
import type { Stream } from "../config/schema/job_schema.ts";
import { flagOf } from "../config/schema/params.ts";
import { Failure } from "../failure.ts";

/** Runs a query on the target and yields its rows as objects. */
export type QueryRows = (sql: string) => AsyncIterable<Record<string, unknown>>;

/**
 * The combinations of a stream's `for_each` values, first name outermost; one empty record without any.
 *
 * @throws {Failure} of kind `configuration` where a parameter it is repeated for has no value.
 */
export async function* eachValues(
  stream: Stream,
  params: Readonly<Record<string, unknown>>,
  query: QueryRows,
): AsyncGenerator<Record<string, unknown>> {
  yield* grid(Object.entries(stream.for_each ?? {}), { params, query });
}

interface Sources {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: QueryRows;
}

type Dimension = [name: string, source: NonNullable<Stream["for_each"]>[string]];

async function* grid(
  dimensions: readonly Dimension[],
  sources: Sources,
): AsyncGenerator<Record<string, unknown>> {
  const [outer, ...inner] = dimensions;
  if (outer === undefined) {
    yield {};
    return;
  }
  const [name, source] = outer;
  for await (const value of valuesOf(source, sources)) {
    for await (const rest of grid(inner, sources)) yield { [name]: value, ...rest };
  }
}

async function* valuesOf(source: Dimension[1], sources: Sources): AsyncGenerator<unknown> {
  if (source.query === undefined) {
    yield* source.values ?? valuesOfParam(source.param, sources.params);
    return;
  }
  for await (const row of sources.query(source.query)) {
    const columns = Object.keys(row);
    yield columns.length === 1 ? row[columns[0]!] : row;
  }
}

function valuesOfParam(name: string, params: Sources["params"]): unknown[] {
  const values = [params[name] ?? []].flat();
  if (values.length > 0) return values;
  throw new Failure(
    "configuration",
    `Cannot repeat requests for each of "${name}": the parameter has no value`,
    { hint: `Give --${flagOf(name)}, or a default in the job file` },
  );
}

/** Whether the values come from a query on the target, so that the stream waits for those that fill it. */
export function isFedByTarget(stream: Stream): boolean {
  return Object.values(stream.for_each ?? {}).some((source) => source.query !== undefined);
}
