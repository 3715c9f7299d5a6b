// Owns making a record of names and values that came separately: lines of CSV, columns, lists.

/** An object of names and values; `__proto__` becomes a member like any other. */
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
