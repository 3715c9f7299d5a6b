// Owns reading a count that a source states about its own answer. Sources write "350" as often as 350,
// and in the header Content-Range "0-99/350" or "items 0-99/350" (RFC 9110, 14.4).

const TEXT = /^\s*(?:(?:[\w-]+ )?(?:\*|\d+-\d+)\/)?(\d+)\s*$/;

/** A whole number of zero or more, also where it is written as text; null for anything else. */
export function wholeNumber(stated: unknown): number | null {
  const digits = typeof stated === "string" ? TEXT.exec(stated)?.[1] : undefined;
  const value = digits === undefined ? stated : Number(digits);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
