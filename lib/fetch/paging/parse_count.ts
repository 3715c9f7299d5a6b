// Parses a count that an API declares: 350, "350", or "0-99/350" and "items 0-99/350" of the header
// Content-Range (RFC 9110, section 14.4). Pure.
import { isNumber } from "../../extract/cast/exact_number.ts";

const TEXT = /^\s*(?:(?:[\w-]+ )?(?:\*|\d+-\d+)\/)?(\d+)\s*$/;

/** Returns an integer of zero or more, also from a string; null for anything else. */
export function parseCount(declared: unknown): number | null {
  const digits = typeof declared === "string" ? TEXT.exec(declared)?.[1] : undefined;
  if (digits === undefined && !isNumber(declared)) return null;
  const value = Number(digits ?? declared);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}
