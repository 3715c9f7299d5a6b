// Casts JSON arrays to PostgreSQL's array literals. Arrays have one dimension; a null element
// stays null, and an element that cannot be cast rejects the whole array.
import type { ColumnType } from "../../config/schema/job_schema.ts";
import { type Cast, Invalid } from "./invalid.ts";
import { kindOf } from "./kind_of.ts";

/** The cast to an array type, given the type of its elements and their cast. */
export function arrayCast(type: ColumnType, cast: Cast): Cast {
  const quoted = type === "text" || type === "timestamptz";
  return (value) => {
    if (!Array.isArray(value)) return new Invalid(`is ${kindOf(value)}, not an array`);
    const elements: string[] = [];
    for (const item of value) {
      if (item === null || item === undefined) {
        elements.push("NULL");
        continue;
      }
      const text = cast(item);
      if (typeof text !== "string") return new Invalid(`contains an element that ${text.reason}`);
      elements.push(quoted ? quote(text) : text);
    }
    return `{${elements.join(",")}}`;
  };
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
