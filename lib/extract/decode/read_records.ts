// Finds the records in a decoded response. A response whose shape is not the declared one fails the
// window: treating it as empty would mark dates as done that were never read. A single record of
// another shape passes, and the extractor rejects it.
import type { RecordsSpec } from "../../config/schema/job_schema.ts";
import { Failure } from "../../failure.ts";
import { columnsProblem, NO_ARRAY, recordsOfColumns } from "../value/columns.ts";
import { recordsOfDimensions } from "../value/dimensions.ts";
import { kindOf } from "../cast/kind_of.ts";
import { recordOf } from "../value/named_record.ts";
import { isObject, responseReader } from "../value/path.ts";

export { decodeBody } from "./read_body.ts";

/** A record that is a member of an object: `$key` in paths reads its name. */
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
 * The records of a response.
 *
 * @throws {Failure} of kind `window` where the response does not have the declared shape.
 */
export function readRecords(spec: RecordsSpec, body: unknown): unknown[] {
  const found = at(spec.path, body);
  // Some APIs write null for an empty array, and some omit it.
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
    case "dimensions":
      return ofDataset(found, spec.path);
    case "arrays":
      return recordsOfArrays(listOf(found, spec.path), namesOf(spec, body));
  }
}

function at(path: string, body: unknown): unknown {
  return responseReader(path)({ body, header: () => null });
}

function listOf(found: unknown, path: string): unknown[] {
  return mustBe(Array.isArray(found), "an array", path, found) as unknown[];
}

function objectOf(found: unknown, path: string): Record<string, unknown> {
  return mustBe(isObject(found), "an object", path, found) as Record<string, unknown>;
}

function mustBe(fits: boolean, expected: string, path: string, found: unknown): unknown {
  if (fits) return found;
  const where = path === "" ? "as the response body" : `at "${path}"`;
  const what = `expected ${expected} ${where}, found ${kindOf(found)}`;
  throw wrongShape(what, found === undefined ? `, or write ${OPTIONAL} if it may be absent` : "");
}

/** The object of arrays, gathered from the paths in `names`. */
function columnsOf({ names }: RecordsSpec, found: unknown): unknown {
  if (names === undefined || Array.isArray(names)) return found;
  return recordOf(Object.keys(names), Object.values(names).map((path) => at(path, found)));
}

function rowsOfColumns(found: unknown, { path, optional }: RecordsSpec): unknown[] {
  const problem = columnsProblem(found);
  if (problem === NO_ARRAY && optional) return [];
  if (problem === undefined) return recordsOfColumns(found);
  const where = path === "" ? "" : ` at "${path}"`;
  throw wrongShape(`expected arrays of equal length${where}, found ${problem}`);
}

function ofDataset(found: unknown, path: string): unknown[] {
  const records = recordsOfDimensions(found);
  if (typeof records !== "string") return records;
  const where = path === "" ? "" : ` at "${path}"`;
  throw wrongShape(`expected statistics by dimension${where}, found ${records}`);
}

/** The records of arrays whose values follow the names; an array of another length stays an array, which is not a record. */
function recordsOfArrays(rows: unknown[], names: readonly string[]): unknown[] {
  return rows.map((row) =>
    Array.isArray(row) && row.length === names.length ? recordOf(names, row) : row
  );
}

function namesOf(spec: RecordsSpec, body: unknown): string[] {
  if (spec.names_path === undefined) return Array.isArray(spec.names) ? spec.names : [];
  const names = listOf(at(spec.names_path, body), spec.names_path);
  const odd = names.findIndex((name) => typeof name !== "string");
  if (odd < 0) return names as string[];
  throw wrongShape(`expected names at "${spec.names_path}", found ${kindOf(names[odd])}`);
}

const OPTIONAL = '"records: { path: ..., optional: true }"';

function wrongShape(what: string, otherwise = ""): Failure {
  return new Failure("window", `Cannot read records: ${what}`, {
    hint: `See the response with deno task probe; correct "records" of the stream${otherwise}`,
  });
}
