// Owns the cast of lists to PostgreSQL's array literals. One dimension; an element that is null stays
// null, one that cannot be cast refuses the whole list.
import type { ColumnType } from "../../config/schema/job_schema.ts";
import { type Cast, Invalid } from "./invalid.ts";
import { kindOf } from "./kind_of.ts";

/** The cast of a list whose elements are of a type and become text by `cast`. */
export function arrayCast(type: ColumnType, cast: Cast): Cast {
  const quoted = type === "text" || type === "timestamptz";
  return (value) => {
    if (!Array.isArray(value)) return new Invalid(`is ${kindOf(value)}, not a list`);
    const elements: string[] = [];
    for (const item of value) {
      if (item === null || item === undefined) {
        elements.push("NULL");
        continue;
      }
      const text = cast(item);
      if (typeof text !== "string") return new Invalid(`has an element that ${text.reason}`);
      elements.push(quoted ? quote(text) : text);
    }
    return `{${elements.join(",")}}`;
  };
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
