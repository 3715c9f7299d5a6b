// Owns which streams feed which: a stream whose `for_each` query reads a table is fed by the streams that
// write rows to it. The tables of a query are read from its text; a view hides the tables behind it, so
// every stream with a query also runs after all streams of its group without one. Pure.
import type { Stream } from "../config/schema/job_schema.ts";
import { isFedByTarget } from "./each_values.ts";

/** The streams of a job by name. */
export type Streams = Readonly<Record<string, Stream>>;

/**
 * The streams in levels: each level runs after all levels before it, so that every stream finds the rows
 * of the streams that feed it. Streams without a query are the first level.
 */
export function feedingLevels(streams: Streams): string[][] {
  const unfed = Object.keys(streams).filter((name) => !isFedByTarget(streams[name]!));
  const fed = Object.keys(streams).filter((name) => isFedByTarget(streams[name]!));
  // A stream that reads the table it writes only adds rows to it, so its edges are dropped first in a cycle.
  const { levels, rest } = levelsOf(fed, feedersOf(streams, true));
  if (rest.length === 0) return [unfed, ...levels];
  const strict = levelsOf(fed, feedersOf(streams, false));
  return [unfed, ...strict.levels, strict.rest];
}

/** Streams that depend on each other in a cycle; empty if there are none. */
export function circleOf(streams: Streams): string[] {
  const feeders = feedersOf(streams, false);
  let { rest } = levelsOf(Object.keys(streams), feeders);
  for (let count = -1; count !== rest.length;) {
    count = rest.length;
    // What only follows a circle is not part of it.
    rest = rest.filter((name) => rest.some((other) => feeders.get(other)!.has(name)));
  }
  return rest;
}

function levelsOf(
  names: readonly string[],
  feeders: ReadonlyMap<string, ReadonlySet<string>>,
): { levels: string[][]; rest: string[] } {
  const levels: string[][] = [];
  let rest = [...names];
  for (;;) {
    const waiting = new Set(rest);
    const level = rest.filter((name) => waiting.isDisjointFrom(feeders.get(name)!));
    if (level.length === 0) return { levels, rest };
    levels.push(level);
    rest = rest.filter((name) => !level.includes(name));
  }
}

/** The feeders of each stream; `withOwn` includes streams that read the table they write. */
function feedersOf(streams: Streams, withOwn: boolean): Map<string, Set<string>> {
  const reads = new Map(Object.entries(streams).map(([name, stream]) => [name, readBy(stream)]));
  return new Map(
    Object.keys(streams).map((name) => {
      const feeders = Object.keys(streams).filter((other) =>
        other !== name &&
        streams[other]!.rows.some(({ table }) =>
          reads.get(name)!.has(table) && (withOwn || !reads.get(other)!.has(table))
        )
      );
      return [name, new Set(feeders)];
    }),
  );
}

/** Whether a query of a stream's `for_each` reads a table. */
export function readsTable(stream: Stream, table: string): boolean {
  return readBy(stream).has(table);
}

/** The names in the FROM clauses of a stream's queries. */
function readBy(stream: Stream): Set<string> {
  const queries = Object.values(stream.for_each ?? {}).flatMap(({ query }) => query ?? []);
  return new Set(queries.flatMap(tablesIn));
}

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)|[(),.;]/g;
const BEFORE_TABLE = new Set(["from", "join", "table"]);
const MODIFIERS = new Set(["only", "lateral"]);
const AFTER_TABLES = new Set(
  "where group order having limit offset fetch window on using union intersect except select for"
    .split(" "),
);

/** The names in the FROM clauses of a query, without their schemas; also those of subqueries. */
export function tablesIn(sql: string): string[] {
  const tables: string[] = [];
  // Of each open parenthesis, whether a comma in it is followed by a table.
  const clauses = [false];
  let [expected, isName] = [false, false];
  for (const [token, quoted, word] of sql.matchAll(TOKEN)) {
    const keyword = word?.toLowerCase() ?? "";
    const wasName = isName;
    isName = false;
    if (token === "(") clauses.push(expected);
    else if (token === ")") [expected] = [false, clauses.pop()];
    else if (token === ",") expected = clauses.at(-1) ?? false;
    else if (token === "." && wasName) [expected] = [true, tables.pop()];
    else if (BEFORE_TABLE.has(keyword)) clauses[clauses.length - 1] = expected = true;
    else if (AFTER_TABLES.has(keyword)) clauses[clauses.length - 1] = expected = false;
    else if (expected && (quoted ?? word) !== undefined && !MODIFIERS.has(keyword)) {
      tables.push(quoted?.replaceAll('""', '"') ?? keyword);
      [expected, isName] = [false, true];
    }
  }
  return tables;
}
