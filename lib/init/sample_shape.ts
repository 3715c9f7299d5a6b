// Owns the step from a sample of an answer to its shape: what all elements of a list have in common, and
// of texts whether all are dates, times or uuids. Pure. Invariant: a type is proposed only where every
// value of the sample would be taken by it.
import type { ColumnType } from "../config/schema/job_schema.ts";
import { castOf } from "../extract/cast/cast.ts";
import { isObject } from "../extract/value/path.ts";
import { ANY, type Shape } from "./shape.ts";

/** Elements of a list that are looked at. */
const MOST_ELEMENTS = 1000;
/** An object with more members than this, all objects of one shape, is keyed by data. */
const MOST_NAMED_MEMBERS = 3;

/** The shape that all of these values have; null and nothing are of every shape. */
export function shapeOfValues(values: readonly unknown[]): Shape {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length === 0) return ANY;
  if (known.every(Array.isArray)) {
    return { kind: "list", of: shapeOfValues(known.flat().slice(0, MOST_ELEMENTS)) };
  }
  if (known.every(isObject)) return objectShape(known as Record<string, unknown>[]);
  return known.some((value) => typeof value === "object") ? ANY : scalarShape(known);
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

/** Numbers under the name of a time that, as seconds or milliseconds, are times of this age. */
function epochShape(name: string, values: readonly unknown[]): Shape | undefined {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (known.length === 0 || !TIME.test(name)) return undefined;
  if (known.every(Array.isArray)) {
    const of = epochShape(name, known.flat().slice(0, MOST_ELEMENTS));
    return of && { kind: "list", of };
  }
  const areBetween = (least: number, most: number) =>
    known.every((value) => typeof value === "number" && value >= least && value < most);
  const format = areBetween(3e8, 5e9) ? "epoch" : areBetween(3e11, 5e12) ? "epoch_ms" : undefined;
  return format && { kind: "scalar", type: "timestamptz", format };
}

const TIME = /(time|date|timestamp|ts|at|created|updated|modified|since|until)$/i;

/** A name that is rather a value: a date, a number, an id. */
function isData(name: string): boolean {
  return /\d/.test(name);
}

function scalarShape(values: readonly unknown[]): Shape {
  const kinds = new Set(values.map((value) => typeof value));
  if (kinds.size > 1) return { kind: "scalar", type: "text" };
  const candidates: ColumnType[] = kinds.has("boolean")
    ? ["boolean"]
    : kinds.has("string")
    ? ["date", "timestamptz", "uuid"]
    : ["bigint", "numeric"];
  const type = candidates.find((type) => values.every((value) => fits(type, value)));
  return { kind: "scalar", type: type ?? "text" };
}

function fits(type: ColumnType, value: unknown): boolean {
  // A date would be taken for a time at midnight.
  if (type === "date" && !/^\d{4}-\d{2}-\d{2}$/.test(String(value))) return false;
  if (type === "timestamptz" && !/T|:/.test(String(value))) return false;
  const cast = castOf(type, { decimal: ".", timeZone: "UTC", inKey: false });
  return typeof cast(value) === "string";
}
