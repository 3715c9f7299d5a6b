// Owns the question whether a source means "no value": null, nothing at all, or a text that the job says
// means so. Blanks around a text do not count, unless the job says that they matter.
import type { ValueSpec } from "../../config/schema/job_schema.ts";
import { isBare } from "../cast/fast_path.ts";

/** Whether a value is none. */
export type NoneTest = (value: unknown) => boolean;

/** What to make of null markers and blanks. */
export interface Markers {
  /** Whether a value is none. */
  readonly isNone: NoneTest;
  /** The value, a text without blanks around it, or null for none. */
  readonly strip: (value: unknown) => unknown;
}

/** Compiles the markers of a value: its own, or those of the job. */
export function markersOf(
  { nulls, trim = true }: Pick<Partial<ValueSpec>, "nulls" | "trim">,
  jobNulls: readonly string[],
): Markers {
  const markers = new Set(nulls ?? jobNulls);
  const longest = Math.max(0, ...[...markers].map((marker) => marker.length));
  const numbers = [...markers].some((marker) => marker !== "" && Number.isFinite(Number(marker)));
  const isMarker = (text: string) => text.length <= longest && markers.has(text);
  const strip = (value: unknown) => {
    if (typeof value === "string") {
      const text = !trim || isBare(value) ? value : value.trim();
      return isMarker(text) ? null : text;
    }
    if (value === undefined || value === null) return null;
    return numbers && typeof value === "number" && markers.has(String(value)) ? null : value;
  };
  return { strip, isNone: (value) => strip(value) === null };
}
