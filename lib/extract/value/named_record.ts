// Builds records from names and values that come separately: lines of CSV, columns, arrays. The code of a maker
// contains names only as JSON strings, which are JavaScript string literals.

/** Builds a record from values in the order of its names. */
export type RecordMaker = (values: readonly unknown[]) => Record<string, unknown>;

/** Most names that are compiled; V8 keeps larger objects as hash tables. */
const MOST_NAMES = 500;
const MOST_CHARS = 32 * 1024;

/**
 * Compiles the maker of records with these names; `__proto__` is skipped. A literal has its size from the
 * beginning, while an object that grows is copied every few properties.
 */
export function recordMaker(names: readonly string[]): RecordMaker {
  const chars = names.reduce((sum, { length }) => sum + length, 0);
  if (names.length > MOST_NAMES || chars > MOST_CHARS) return (values) => recordOf(names, values);
  const members = names.flatMap((name, at) =>
    name === "__proto__" ? [] : `${JSON.stringify(name)}: values[${at}]`
  );
  return new Function("values", `"use strict"; return { ${members.join(", ")} };`) as RecordMaker;
}

/** The object with these names and values; `__proto__` is skipped. */
export function recordOf(
  names: readonly string[],
  values: readonly unknown[],
): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    if (name !== "__proto__") record[name] = values[at];
  }
  return record;
}
