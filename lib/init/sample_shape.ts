// Derives the shape of a response from a sample: what all elements of an array have in common, and whether all
// strings are dates, times or UUIDs. Pure. Invariant: a type is proposed only where every value of the sample can be
// cast to it.
import type { ColumnType } from "../config/schema/job_schema.ts";
import { castOf } from "../extract/cast/cast.ts";
import { isNumber, isScalar } from "../extract/cast/exact_number.ts";
import { isObject, stepTo } from "../extract/value/path.ts";
import { lastWord, proposeRecords, type RecordsProposal } from "./propose_records.ts";
import { recordsIn, type Sample } from "./read_sample.ts";
import { responseSigns } from "./response_sign.ts";
import { ANY, type Shape } from "./shape.ts";

/** Elements of an array that are examined. */
const MOST_ELEMENTS = 10_000;
/** An object with more members than this, all of them objects with data as names, is keyed by data. */
const MOST_NAMED_MEMBERS = 3;

/** The shape of all these values; null and absent values have every shape. */
function shapeOfValues(values: readonly unknown[]): Shape {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length === 0) return ANY;
  if (known.every(Array.isArray)) {
    return { kind: "list", of: shapeOfValues(known.flat().slice(0, MOST_ELEMENTS)) };
  }
  if (known.every(isObject)) return objectShape(known as Record<string, unknown>[]);
  return known.some((value) => !isScalar(value)) ? ANY : scalarShape(known);
}

function objectShape(values: Record<string, unknown>[]): Shape {
  const names = [...new Set(values.flatMap((value) => Object.keys(value)))];
  const members = (name: string) => values.map((value) => value[name]);
  const all = values.flatMap((value) => Object.values(value));
  if (names.length > MOST_NAMED_MEMBERS && names.every(isData) && all.every(isObject)) {
    const areDates = names.every((name) => /^\d{4}-\d{2}-\d{2}$/.test(name));
    return { kind: "map", of: shapeOfValues(all), ...areDates ? { keys: "date" } : {} };
  }
  return {
    kind: "object",
    members: new Map(
      names.map((name) => [name, epochShape(name, members(name)) ?? shapeOfValues(members(name))]),
    ),
  };
}

/** Numbers with the name of a time that are plausible as epoch seconds or milliseconds. */
function epochShape(name: string, values: readonly unknown[]): Shape | undefined {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length === 0 || !TIME.test(name)) return undefined;
  if (known.every(Array.isArray)) {
    const of = epochShape(name, known.flat().slice(0, MOST_ELEMENTS));
    return of && { kind: "list", of };
  }
  const areBetween = (least: number, most: number) =>
    known.every((value) => isNumber(value) && Number(value) >= least && Number(value) < most);
  const format = areBetween(3e8, 5e9) ? "epoch" : areBetween(3e11, 5e12) ? "epoch_ms" : undefined;
  return format && { kind: "scalar", type: "timestamptz", format };
}

const TIME = /(time|date|timestamp|ts|at|created|updated|modified|since|until)$/i;

/** Whether a name looks like a value: a date, a number, an id. */
function isData(name: string): boolean {
  return /\d/.test(name);
}

/** Whether a number is written with a point, as `1.0` is: others may have a fraction. */
function isFraction(value: unknown): boolean {
  return isNumber(value) && String(value).includes(".");
}

function scalarShape(values: readonly unknown[]): Shape {
  const kinds = new Set(values.map((value) => isNumber(value) ? "number" : typeof value));
  if (kinds.size > 1) return { kind: "scalar", type: "text" };
  const candidates: ColumnType[] = kinds.has("boolean")
    ? ["boolean"]
    : kinds.has("string")
    ? ["date", "timestamptz", "uuid"]
    : values.some(isFraction)
    ? ["numeric"]
    : ["bigint", "numeric"];
  const type = candidates.find((type) => values.every((value) => fits(type, value)));
  return type === undefined ? localShape(values) : { kind: "scalar", type };
}

/** Strings of dates and numbers in the notation of much of Europe; a month is never read as a day. */
function localShape(values: readonly unknown[]): Shape {
  const areAll = (form: RegExp) => values.every((value) => form.test(String(value).trim()));
  if (areAll(/^\d{1,2}\.\d{1,2}\.\d{4}$/)) return writtenShape(values, "date", "%d.%m.%Y");
  if (areAll(/^\d{1,2}\/\d{1,2}\/\d{4}$/)) {
    const first = values.map((value) => Number(String(value).trim().split("/")[0]));
    if (first.some((number) => number > 12)) return writtenShape(values, "date", "%d/%m/%Y");
  }
  if (
    areAll(/^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} ([A-Z]{1,5}|[+-]\d{4})$/)
  ) {
    const isOffset = values.every((value) => /\d{4}$/.test(String(value).trim()));
    return writtenShape(values, "timestamptz", `%a, %d %b %Y %H:%M:%S ${isOffset ? "%z" : "%Z"}`);
  }
  const areDecimals = areAll(/^[+-]?(0|[1-9]\d*)(,\d+)?$/) &&
    values.some((value) => String(value).includes(","));
  return areDecimals
    ? { kind: "scalar", type: "numeric", decimal: "," }
    : { kind: "scalar", type: "text" };
}

/** Strings in a format, if all of them are. */
function writtenShape(
  values: readonly unknown[],
  type: "date" | "timestamptz",
  format: string,
): Shape {
  const cast = castOf(type, { format, decimal: ".", timeZone: "UTC", inKey: false });
  const fits = values.every((value) => typeof cast(String(value).trim()) === "string");
  return fits ? { kind: "scalar", type, format } : { kind: "scalar", type: "text" };
}

function fits(type: ColumnType, value: unknown): boolean {
  // A date can also be cast to a time at midnight.
  if (type === "date" && !/^\d{4}-\d{2}-\d{2}$/.test(String(value))) return false;
  if (type === "timestamptz" && !/T|:/.test(String(value))) return false;
  const cast = castOf(type, { decimal: ".", timeZone: "UTC", inKey: false });
  return typeof cast(value) === "string";
}

/** Where the records of a sample are; arrays of arrays are converted to records. */
export function recordsOfSample(
  sample: Sample | undefined,
  path: string,
): RecordsProposal & { readonly header?: string } {
  if (sample?.form.format === "xml") return recordsOfXml(sample.body, path);
  const pair = pairIn(sample?.body, path);
  if (pair !== undefined) return pair;
  const arrays = sample === undefined ? undefined : arraysIn(sample.body);
  const found = proposeRecords(sample === undefined ? ANY : shapeOfValues([sample.body]), path);
  const isFound = found.record.kind === "object" && typeof found.records === "string" &&
    sample !== undefined &&
    recordsIn(sample.body, found.records).length > (arrays?.rows.length ?? 0);
  if (arrays === undefined || isFound || found.keys !== undefined) return found;
  return {
    ...found,
    records: arrays.records,
    path: arrays.path,
    word: lastWord(path),
    record: shapeOfValues(arrays.rows),
    ...arrays.header === undefined ? {} : { header: arrays.header },
  };
}

/** The records of a document; it omits the element where there are none. */
function recordsOfXml(body: unknown, path: string): RecordsProposal {
  const found = proposeRecords(wrapped(shapeOfValues([body])), path);
  if (typeof found.records !== "string") return found;
  return { ...found, records: { path: found.records, optional: true } };
}

/** A shape all of whose lists may be written as their one element. */
function wrapped(shape: Shape): Shape {
  if (shape.kind === "list") return { kind: "list", of: wrapped(shape.of), isWrapped: true };
  if (shape.kind !== "object") return shape;
  const members = [...shape.members].map(([name, member]) => [name, wrapped(member)] as const);
  return { kind: "object", members: new Map(members) };
}

/** The records of `[{"total": 9}, [{...}]]`, whose first element shows the paging. */
function pairIn(body: unknown, path: string): RecordsProposal | undefined {
  if (!Array.isArray(body) || body.length !== 2 || !isObject(body[0])) return undefined;
  const [head, list] = body as [unknown, unknown];
  if (!Array.isArray(list) || !list.every(isObject)) return undefined;
  const found = proposeRecords(shapeOfValues([list]), path);
  const signs = responseSigns(shapeOfValues([head]));
  const below = (one: string | undefined) => one === undefined ? undefined : `[0].${one}`;
  return {
    ...found,
    ...{
      records: "[1]",
      path: "[1]",
      word: lastWord(path),
      all: signs.all.map((one) => `[0].${one}`),
    },
    ...{ total: below(signs.total), pages: below(signs.pages), cursor: below(signs.cursor) },
    ...{ more: below(signs.more), link: below(signs.link) },
  };
}

/** Records of a sample that are arrays. */
interface Arrays {
  /** What to write as "records". */
  readonly records: {
    readonly path?: string;
    readonly as: "arrays";
    readonly names?: readonly string[];
    readonly names_path?: string;
  };
  /** Path of the array. */
  readonly path: string;
  /** The records as objects. */
  readonly rows: Record<string, unknown>[];
  /** The first name, where the first array contains the names. */
  readonly header: string | undefined;
}

/** The longest array of equally long arrays of scalars in a sample, with the names of their elements. */
function arraysIn(body: unknown): Arrays | undefined {
  const [longest] = listsIn(body, "", 0).filter(([, list]) => areArrays(list))
    .toSorted(([, a], [, b]) => b.length - a.length);
  if (longest === undefined) return undefined;
  const [path, list] = longest as [string, unknown[][]];
  const [first] = list as [unknown[]];
  const at = path === "" ? {} : { path };
  const isHeader = list.length > 1 && first.every((cell) => typeof cell === "string") &&
    new Set(first).size === first.length &&
    first.every((cell) => !/^[\d.,:TZ+-]*$/.test(cell as string));
  const beside = isHeader ? undefined : namesBeside(body, first.length);
  const names = isHeader ? first as string[] : beside?.names ?? generic(list);
  const records = isHeader || beside !== undefined
    ? { ...at, as: "arrays" as const, names_path: isHeader ? `${path}[0]` : beside!.path }
    : { ...at, as: "arrays" as const, names };
  const rows = list.slice(isHeader ? 1 : 0).map((row) =>
    Object.fromEntries(names.map((name, i) => [name, row[i]]))
  );
  return { records, path, rows, header: isHeader ? names[0] : undefined };
}

function areArrays(list: readonly unknown[]): boolean {
  const [first] = list;
  return Array.isArray(first) && first.length > 0 &&
    list.every((row) =>
      Array.isArray(row) && row.length === first.length &&
      row.every((cell) => typeof cell !== "object" || cell === null)
    );
}

/** Arrays in objects, with their paths. */
function listsIn(value: unknown, path: string, depth: number): [string, unknown[]][] {
  if (Array.isArray(value)) return [[path, value]];
  if (!isObject(value) || depth === 4) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    listsIn(member, stepTo(path, name), depth + 1)
  );
}

/** An array of so many names next to the records: strings, or objects with a name. */
function namesBeside(body: unknown, count: number): { path: string; names: string[] } | undefined {
  for (const [path, list] of listsIn(body, "", 0)) {
    if (list.length !== count) continue;
    if (list.every((item) => typeof item === "string")) return { path, names: list as string[] };
    const field = ["name", "fieldName", "id"].find((field) =>
      list.every((item) => isObject(item) && typeof item[field] === "string")
    );
    if (field !== undefined) {
      const names = list.map((item) => (item as Record<string, string>)[field]!);
      return { path: `${path}[].${field}`, names };
    }
  }
  return undefined;
}

/** Names for elements that nothing names: the first is `time` where it looks like one. */
function generic(list: readonly unknown[][]): string[] {
  const isTime = list.every(([cell]) =>
    typeof cell === "number" && cell > 3e8 && cell < 5e12 ||
    typeof cell === "string" && /^\d{4}-\d\d-\d\d/.test(cell)
  );
  return (list[0] ?? []).map((_, at) => at === 0 && isTime ? "time" : `value_${at + 1}`);
}
