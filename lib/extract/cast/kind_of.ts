// Owns the names of kinds of values in messages.
import { ExactNumber } from "./exact_number.ts";

/** The kind of a value, as messages name it: "an object", "an array", "a string", "a number", "a boolean", "nothing". */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (value instanceof ExactNumber) return "a number";
  switch (typeof value) {
    case "string":
      return "a string";
    case "number":
      return "a number";
    case "boolean":
      return "a boolean";
    default:
      return "an object";
  }
}
