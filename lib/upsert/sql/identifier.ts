// Quotes identifiers and literals in SQL. Names come from job files and strings from anywhere,
// so everything reaches a statement through this file or as a bound parameter. It knows no table.
import { createHash } from "node:crypto";

/** The most bytes of an identifier; PostgreSQL truncates longer ones silently. */
export const MAX_IDENTIFIER_BYTES = 63;

const encoder = new TextEncoder();

/**
 * An identifier, always quoted.
 *
 * @throws {RangeError} if PostgreSQL cannot store the name unchanged.
 */
export function quoteIdentifier(name: string): string {
  const bytes = encoder.encode(name).length;
  if (bytes === 0 || bytes > MAX_IDENTIFIER_BYTES || name.includes("\0")) {
    throw new RangeError(
      `Cannot quote name ${JSON.stringify(name.slice(0, 100))}: ` +
        `a name has 1 to ${MAX_IDENTIFIER_BYTES} bytes and no NUL`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** A comma-separated list of quoted identifiers. */
export function quoteIdentifiers(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(", ");
}

/**
 * A string literal that has the same value regardless of `standard_conforming_strings`.
 *
 * @throws {RangeError} if the string contains a NUL, which PostgreSQL cannot store.
 */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) throw new RangeError("Cannot quote a string: it contains a NUL");
  const quoted = text.replaceAll("'", "''");
  return quoted.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

/** A name joined from parts, shortened with a hash if it is too long: the same parts give the same name. */
export function derivedName(parts: readonly string[]): string {
  const name = parts.join("_");
  if (encoder.encode(name).length <= MAX_IDENTIFIER_BYTES) return name;
  return `${parts[0]?.slice(0, 10)}_${digest(parts)}_${parts.at(-1)?.slice(0, 5)}`;
}

/** A hash of the parts in sixteen hexadecimal digits. */
export function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
