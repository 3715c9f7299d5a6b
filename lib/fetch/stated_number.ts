// Owns reading a count that a source states about its own answer. Sources write "350" as often as 350.

/** A whole number of zero or more, also where it is written as text; null for anything else. */
export function wholeNumber(stated: unknown): number | null {
  const isText = typeof stated === "string" && /^\s*\d+\s*$/.test(stated);
  const value = isText ? Number(stated) : stated;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
