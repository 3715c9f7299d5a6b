// Owns hashes of the values at some paths, as keys of records without a key. A hash must never change
// between releases, or every row would return under another key; a test pins it.
import { canonicalNumber, ExactNumber } from "../cast/exact_number.ts";
import { createHash } from "node:crypto";

/** Bytes of the hash that are kept, in hexadecimal: as many as a uuid has. */
const HASH_BYTES = 16;

/** Hashes the values found and passes the hash to `finish`; without any value, it passes null. */
export function hashReader<T>(
  asBigint: boolean,
  finish: (value: unknown) => T,
): (...found: unknown[]) => T {
  return (...found) => {
    if (found.every((value) => value === undefined || value === null)) return finish(null);
    const hex = createHash("sha256").update(canonicalJson(found)).digest("hex");
    return finish(asBigint ? signed64(hex) : hex.slice(0, 2 * HASH_BYTES));
  };
}

function signed64(hex: string): string {
  return String(BigInt.asIntN(64, BigInt(`0x${hex.slice(0, 16)}`)));
}

/** JSON with the members of objects sorted by name, so that equal values have equal texts. */
function canonicalJson(value: unknown, levels = 100): string {
  if (value instanceof ExactNumber) return canonicalNumber(value);
  if (typeof value !== "object" || value === null || levels === 0) {
    return JSON.stringify(typeof value === "object" ? null : value) ?? "null";
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => canonicalJson(item, levels - 1)).join(",")}]`;
  }
  const members = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${
    members.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item, levels - 1)}`)
      .join(",")
  }}`;
}
