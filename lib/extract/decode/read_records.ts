// Owns finding the records in a decoded answer. An answer of another shape than the job says is a failed
// window: taking it for an empty one would mark dates as done that were never seen. A single record of
// another shape passes here and is rejected by the extractor.
import type { RecordsSpec } from "../../config/schema/job_schema.ts";
import { Failure } from "../../failure.ts";
import { columnsProblem, NO_LIST, recordsOfColumns } from "../value/columns.ts";
import { kindOf } from "../cast/kind_of.ts";
import { recordOf } from "../value/named_record.ts";
import { isObject, responseReader } from "../value/path.ts";

export { decodeBody } from "./read_body.ts";

/** A record that is a member of an object: `$key` in paths is its name. */
export class KeyedRecord {
  /** The member's name. */
  readonly key: string;
  /** The member. */
  readonly record: unknown;

  /** Joins name and member. */
  constructor(key: string, record: unknown) {
    this.key = key;
    this.record = record;
  }
}

/**
 * The records of an answer.
 *
 * @throws {Failure} of kind `window` where the answer has not the shape that the job says.
 */
export function readRecords(spec: RecordsSpec, body: unknown): unknown[] {
  const found = at(spec.path, body);
  // Some sources write null for a list without elements, and some leave it out.
  if (spec.optional && (found === undefined || found === null)) return [];
  switch (spec.as) {
    case "list":
      return found === null ? [] : listOf(found, spec.path);
    case "single":
      return [mustBe(isObject(found), "an object", spec.path, found) as unknown];
    case "entries":
      return Object.entries(objectOf(found, spec.path))
        .map(([key, record]) => new KeyedRecord(key, record));
    case "columns":
      return rowsOfColumns(columnsOf(spec, found), spec);
    case "arrays":
      return recordsOfArrays(listOf(found, spec.path), namesOf(spec, body));
  }
}

function at(path: string, body: unknown): unknown {
  return responseReader(path)({ body, header: () => null });
}

function listOf(found: unknown, path: string): unknown[] {
  return mustBe(Array.isArray(found), "a list", path, found) as unknown[];
}

function objectOf(found: unknown, path: string): Record<string, unknown> {
  return mustBe(isObject(found), "an object", path, found) as Record<string, unknown>;
}

function mustBe(fits: boolean, expected: string, path: string, found: unknown): unknown {
  if (fits) return found;
  const where = path === "" ? "as the answer" : `at "${path}"`;
  throw wrongShape(`expected ${expected} ${where}, found ${kindOf(found)}`);
}

/** The object of lists, gathered from where `names` says that each of them is. */
function columnsOf({ names }: RecordsSpec, found: unknown): unknown {
  if (names === undefined || Array.isArray(names)) return found;
  return recordOf(Object.keys(names), Object.values(names).map((path) => at(path, found)));
}

function rowsOfColumns(found: unknown, { path, optional }: RecordsSpec): unknown[] {
  const problem = columnsProblem(found);
  if (problem === NO_LIST && optional) return [];
  if (problem === undefined) return recordsOfColumns(found);
  const where = path === "" ? "" : ` at "${path}"`;
  throw wrongShape(`expected lists of one length${where}, found ${problem}`);
}

/** Lists of values in the order of the names; one of another length stays a list, which is no record. */
function recordsOfArrays(rows: unknown[], names: readonly string[]): unknown[] {
  return rows.map((row) =>
    Array.isArray(row) && row.length === names.length ? recordOf(names, row) : row
  );
}

function namesOf(spec: RecordsSpec, body: unknown): string[] {
  if (spec.names_at === undefined) return Array.isArray(spec.names) ? spec.names : [];
  const names = listOf(at(spec.names_at, body), spec.names_at);
  const odd = names.findIndex((name) => typeof name !== "string");
  if (odd < 0) return names as string[];
  throw wrongShape(`expected names at "${spec.names_at}", found ${kindOf(names[odd])}`);
}

function wrongShape(what: string): Failure {
  return new Failure("window", `Cannot read records: ${what}`, {
    hint: 'deno task probe shows the answer; correct "records" of the stream',
  });
}
