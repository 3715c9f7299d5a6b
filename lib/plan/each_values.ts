// Owns the `for_each` values of a stream: arrays of the job file, parameters, and queries on the target;
// several of them form a grid. It yields one combination of named values at a time, so that the result
// of a large query is never held in memory.
import type { Stream } from "../config/schema/job_schema.ts";
import { flagOf } from "../config/schema/params.ts";
import { Failure } from "../failure.ts";
import { canonical } from "./scope.ts";

/** Runs a query on the target and yields its rows as objects. */
export type QueryRows = (sql: string) => AsyncIterable<Record<string, unknown>>;

/** Receives the column of a query that returned NULL, which no request can hold. */
export type OnNull = (name: string, column: string) => void;

/**
 * The combinations of a stream's `for_each` values, first name outermost, each once; one empty object
 * without any. Rows in which a column that the requests use is NULL are passed to `onNull`.
 *
 * @throws {Failure} of kind `configuration` if a parameter that it is repeated for has no value.
 */
export async function* eachValues(
  stream: Stream,
  params: Readonly<Record<string, unknown>>,
  query: QueryRows,
  onNull: OnNull = () => {},
): AsyncGenerator<Record<string, unknown>> {
  const dimensions = Object.entries(stream.for_each ?? {});
  const used = JSON.stringify([stream.request ?? null, stream.export ?? null, stream.rows]);
  // A million values take about 100 MB here; the checkpoint holds more of each.
  const seen = new Set<string>();
  for await (const values of grid(dimensions, { params, query, used, onNull })) {
    const id = canonical(values);
    if (seen.has(id)) continue;
    seen.add(id);
    yield values;
  }
}

interface Sources {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: QueryRows;
  /** What the stream's requests and rows refer to, as JSON. */
  readonly used: string;
  readonly onNull: OnNull;
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
  const [name] = outer;
  for await (const value of valuesOf(outer, sources)) {
    for await (const rest of grid(inner, sources)) yield { [name]: value, ...rest };
  }
}

async function* valuesOf([name, source]: Dimension, sources: Sources): AsyncGenerator<unknown> {
  if (source.query === undefined) {
    yield* source.values ?? valuesOfParam(source.param, sources.params);
    return;
  }
  const used = columnsUsed(sources.used, name);
  for await (const row of sources.query(source.query)) {
    const columns = Object.keys(row);
    const isSingle = columns.length === 1;
    refuseMissing(name, used, row);
    const empty = columns.find((column) => row[column] === null && (isSingle || used.has(column)));
    if (empty !== undefined) sources.onNull(name, empty);
    else yield isSingle ? row[columns[0]!] : row;
  }
}

/** The columns of a value that requests or rows refer to, as `each.NAME.COLUMN`. */
function columnsUsed(used: string, name: string): Set<string> {
  const references = used.matchAll(/(?<!\w)each\.(\w+)\.(\w+)/g);
  return new Set([...references].flatMap(([, value, column]) => value === name ? [column!] : []));
}

/** Refuses references to columns that a query does not return: parameters would be omitted. */
function refuseMissing(
  name: string,
  used: ReadonlySet<string>,
  row: Readonly<Record<string, unknown>>,
): void {
  const columns = Object.keys(row);
  const isSingle = columns.length === 1;
  // A value of JSON has members.
  if (isSingle && typeof row[columns[0]!] === "object") return;
  const missing = [...used].find((column) => isSingle || !columns.includes(column));
  if (missing === undefined) return;
  const problem = `Cannot use {each.${name}.${missing}}`;
  throw isSingle
    ? new Failure("configuration", `${problem}: the query returns one column, which is the value`, {
      hint: `Write {each.${name}}, or return several columns`,
    })
    : new Failure("configuration", `${problem}: the query returns no column "${missing}"`, {
      hint: `Use one of ${columns.join(", ")}, or add the column to the query`,
    });
}

function valuesOfParam(name: string, params: Sources["params"]): unknown[] {
  const values = [params[name] ?? []].flat();
  if (values.length > 0) return values;
  throw new Failure(
    "configuration",
    `Cannot repeat requests for each value of "${name}": the parameter has no value`,
    { hint: `Pass --${flagOf(name)}, or declare a default in the job file` },
  );
}

/** Whether the values come from a query on the target, so that the stream waits for those that fill it. */
export function isFedByTarget(stream: Stream): boolean {
  return Object.values(stream.for_each ?? {}).some((source) => source.query !== undefined);
}
