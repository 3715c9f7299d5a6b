// Decides whether a value means null: null itself, an absent value, or one of the job's null markers.
// Whitespace around a string is trimmed, unless the job declares that it matters.
import type { ValueSpec } from "../../config/schema/job_schema.ts";
import { canonicalNumber, ExactNumber, isNumber } from "../cast/exact_number.ts";
import { isBare } from "../cast/fast_path.ts";

/** Whether a value means null. */
export type NullTest = (value: unknown) => boolean;

/** Compiled null markers and trimming. */
export interface Markers {
  /** Whether a value means null. */
  readonly isNull: NullTest;
  /** The value, trimmed if it is a string; null if it means null. */
  readonly strip: (value: unknown) => unknown;
}

/** Compiles the null markers of a value: its own, or the job's. A value that `isWhole` keeps the attributes of an XML element. */
export function markersOf(
  { nulls, trim = true }: Pick<Partial<ValueSpec>, "nulls" | "trim">,
  jobNulls: readonly string[],
  isWhole = false,
): Markers {
  const markers = new Set(nulls ?? jobNulls);
  const longest = Math.max(0, ...[...markers].map((marker) => marker.length));
  const numbers = [...markers].some((marker) => marker !== "" && Number.isFinite(Number(marker)));
  const isMarker = (text: string) => text.length <= longest && markers.has(text);
  const isMarkedNumber = (value: number | ExactNumber) =>
    markers.has(value instanceof ExactNumber ? canonicalNumber(value) : String(value));
  const strip = (given: unknown) => {
    const value = isWhole ? given : elementText(given);
    if (typeof value === "string") {
      const text = !trim || isBare(value) ? value : value.trim();
      return isMarker(text) ? null : text;
    }
    if (value === undefined || value === null) return null;
    return numbers && isNumber(value) && isMarkedNumber(value) ? null : value;
  };
  return { strip, isNull: (value) => strip(value) === null };
}

/** The text of an element of XML that has attributes too; any other value as it is. */
export function elementText(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "#text")) return value;
  return (value as Record<string, unknown>)["#text"];
}
