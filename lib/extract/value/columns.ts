// Owns columnar data: an object of arrays whose nth elements together are the nth record. Members that
// are not arrays are the same for every record. Arrays of unequal length are a problem, and never cut.
import { kindOf } from "../cast/kind_of.ts";
import { recordOf } from "./named_record.ts";
import { isObject } from "./path.ts";

/** What is found instead of columns where no member is an array. */
export const NO_ARRAY = "no array";

/** What a value is instead of columns; undefined where it is columns. */
export function columnsProblem(found: unknown): string | undefined {
  if (!isObject(found)) return kindOf(found);
  const lists = Object.entries(found).filter(([, member]) => Array.isArray(member));
  const [first] = lists;
  if (first === undefined) return Object.keys(found).length === 0 ? undefined : NO_ARRAY;
  const odd = lists.find(([, list]) => lengthOf(list) !== lengthOf(first[1]));
  if (odd === undefined) return undefined;
  return `${lengthOf(first[1])} elements at "${first[0]}" and ${lengthOf(odd[1])} at "${odd[0]}"`;
}

/** The records of valid columns. */
export function recordsOfColumns(found: unknown): Record<string, unknown>[] {
  const names = Object.keys(found as object);
  const members = Object.values(found as object);
  const length = lengthOf(members.find((member) => Array.isArray(member)));
  return Array.from(
    { length },
    (_, row) =>
      recordOf(names, members.map((member) => Array.isArray(member) ? member[row] : member)),
  );
}

function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}
