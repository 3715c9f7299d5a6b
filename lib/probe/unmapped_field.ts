// Finds the fields of records, and whether a column, condition or hash reads them. Pure.
// Invariant: however large the records are, few of them are examined, and the report is short.
import type { Job } from "../config/schema/job.ts";
import type { RowsSpec } from "../config/schema/job_schema.ts";
import { parseEach } from "../extract/value/each.ts";
import { compileEntry } from "../extract/entry.ts";
import { isObject, parsePath, type Path, stepTo } from "../extract/value/path.ts";
import { KeyedRecord } from "../extract/decode/read_records.ts";
import { type RowShape, shapesOf } from "../extract/row_shape.ts";
import { preview } from "../extract/value/preview.ts";

/** A field that no column maps. */
export interface UnmappedField {
  /** Its path in the record; `[]` stands for each element of an array, `{}` for each member of an object. */
  readonly path: string;
  /** Number of records that have a value there. */
  readonly records: number;
  /** The first such value as JSON, truncated. */
  readonly value: string;
}

const RECORDS_LOOKED_AT = 200;
const MOST_FIELDS = 200;
/** Unmapped objects are reported member by member down to this depth, and up to this many members. */
const DEEPEST = 2;
const MOST_MEMBERS = 25;
const VALUE_BYTES = 80;

/** Any element or member. */
const ANY = Symbol("any");
type Trail = readonly (string | typeof ANY)[];

/** A value in a record, and whether the job reads it. */
export interface FoundField {
  /** The first value at its path. */
  readonly value: unknown;
  /** Whether a column, condition or hash reads it. */
  readonly mapped: boolean;
}

/** Compiles the search for the fields of a record of a stream, by path; values that are nothing are left out. */
export function fieldFinder(
  job: Job,
  stream: string,
): (record: unknown) => Map<string, FoundField> {
  const trails = treeOf(trailsOf(job, stream));
  return (record) => {
    const found = new Map<string, FoundField>();
    const element = record instanceof KeyedRecord ? record.record : record;
    // Anything else is rejected as a whole, unless a column maps the record itself.
    if (isObject(element)) collect(element, [trails], "", 0, found);
    return found;
  };
}

/** The fields of a stream's records that none of its columns maps, in the order in which they appear. */
export function unmappedFields(
  job: Job,
  stream: string,
  records: readonly unknown[],
): UnmappedField[] {
  const fieldsOf = fieldFinder(job, stream);
  const fields = new Map<string, { -readonly [K in keyof UnmappedField]: UnmappedField[K] }>();
  for (const record of records.slice(0, RECORDS_LOOKED_AT)) {
    for (const [path, { value, mapped }] of fieldsOf(record)) {
      if (mapped) continue;
      const field = fields.get(path);
      if (field !== undefined) field.records++;
      else if (fields.size < MOST_FIELDS) {
        fields.set(path, { path, records: 1, value: preview(value, VALUE_BYTES) });
      }
    }
  }
  return [...fields.values()];
}

/** The changes of fields without new fields that the job maps by now. */
export function withoutMapped<C extends ChangeOfField>(job: Job, changes: readonly C[]): C[] {
  return changes.filter(({ stream, field: { path, change } }) =>
    change !== "new" || !isMapped(job, stream, path)
  );
}

/** A field of a stream's responses that changed. */
export interface ChangeOfField {
  /** Name of the stream. */
  readonly stream: string;
  /** Its path, and how it changed. */
  readonly field: { readonly path: string; readonly change: string | null };
}

/** Whether a job maps the member at a path such as `odds.price`; false for other paths. */
function isMapped(job: Job, stream: string, path: string): boolean {
  if (job.streams[stream] === undefined || !/^\w+(\.\w+)*$/.test(path)) return false;
  const record = path.split(".").reduceRight<unknown>((value, name) => ({ [name]: value }), 1);
  return fieldFinder(job, stream)(record).values().some(({ mapped }) => mapped);
}

/** The paths that the columns and conditions of a stream read, as steps from the record. */
function trailsOf(job: Job, stream: string): Trail[] {
  const spec = job.streams[stream]!;
  const dates = spec.record_date === undefined ? [] : spec.record_date.path.map(parsePath);
  const shapes = shapesOf(job, stream);
  const trails = spec.rows.flatMap((entry, at) => trailsOfEntry(job, entry, shapes[at]!));
  return [...trails, ...dates.map(({ steps }) => steps.map(anyStep))];
}

function trailsOfEntry(job: Job, entry: RowsSpec, shape: RowShape): Trail[] {
  const starts: Trail[] = [[]];
  for (const { steps, over } of parseEach(entry.each)) {
    // The arrays of columns are members of one object, for every row.
    const below = over === "columns" ? [] : [ANY] as const;
    starts.unshift([...starts[0]!, ...steps.map(anyStep), ...below]);
  }
  const { readers, conditions } = compileEntry(entry, shape, {
    job,
    readers: new Map(),
    onRefusal: () => {},
  });
  const paths = [...readers.flatMap(({ paths }) => paths), ...conditions.map(({ path }) => path)];
  return paths.flatMap((path) => trailOf(path, starts));
}

function trailOf({ root, up, steps }: Path, starts: readonly Trail[]): Trail[] {
  const start = root === "element" ? starts[up] : root === "record" ? starts.at(-1) : undefined;
  return start === undefined ? [] : [[...start, ...steps.map(anyStep)]];
}

function anyStep(step: unknown): string | typeof ANY {
  return typeof step === "string" ? step : ANY;
}

/** The trails that begin alike, as a tree: what follows each of their steps. */
interface Branch {
  /** Whether a trail ends here. */
  isEnd: boolean;
  readonly next: Map<string | typeof ANY, Branch>;
}

function treeOf(trails: readonly Trail[]): Branch {
  const root: Branch = { isEnd: false, next: new Map() };
  for (const trail of trails) {
    let branch = root;
    for (const step of trail) {
      let next = branch.next.get(step);
      if (next === undefined) branch.next.set(step, next = { isEnd: false, next: new Map() });
      branch = next;
    }
    branch.isEnd = true;
  }
  return root;
}

/** Adds the values inside a value, with their paths; the end of a trail is mapped. */
function collect(
  value: unknown,
  branches: readonly Branch[],
  path: string,
  depth: number,
  found: Map<string, FoundField>,
): void {
  if (isNothing(value)) return;
  const add = (mapped: boolean) => {
    if (!found.has(path)) found.set(path, { value, mapped });
  };
  if (branches.some(({ isEnd }) => isEnd)) return add(true);
  const isRead = branches.length > 0;
  if (Array.isArray(value) && isRead) {
    const elements = below(branches, undefined);
    for (const item of value) collect(item, elements, `${path}[]`, depth + 1, found);
    return;
  }
  const members = isObject(value) ? Object.entries(value) : [];
  const isWhole = !isRead && (depth > DEEPEST || members.length > MOST_MEMBERS);
  if (!isObject(value) || isWhole) {
    return add(false);
  }
  const isKeyed = branches.some(({ next }) => next.has(ANY));
  for (const [name, member] of members) {
    const at = isKeyed ? `${path}{}` : stepTo(path, name);
    collect(member, below(branches, name), at, depth + 1, found);
  }
}

/** The branches that lead into a member, or into the elements of an array. */
function below(branches: readonly Branch[], name: string | undefined): Branch[] {
  const found: Branch[] = [];
  for (const { next } of branches) {
    for (const step of name === undefined ? [ANY] as const : [ANY, name] as const) {
      const branch = next.get(step);
      if (branch !== undefined) found.push(branch);
    }
  }
  return found;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" ||
    typeof value === "object" && Object.keys(value).length === 0;
}
