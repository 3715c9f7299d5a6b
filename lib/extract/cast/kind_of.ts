// Owns the names of kinds of values in messages.

/** The kind of a value, as messages name it: "an object", "an array", "a string", "a number", "a boolean", "nothing". */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "an array";
  switch (typeof value) {
    case "string":
      return "a string";
    case "number":
    case "bigint":
      return "a number";
    case "boolean":
      return "a boolean";
    default:
      return "an object";
  }
}
