// Builds records from names and values that come separately: lines of CSV, columns, arrays.

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
