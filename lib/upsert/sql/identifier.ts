// Owns the quoting of names and texts inside SQL. Names come from job files and texts from anywhere, so
// nothing reaches a statement but through here or as a bound value. It knows no table.
import { createHash } from "node:crypto";

/** Bytes of a name that PostgreSQL keeps; it cuts longer ones off without a word. */
export const MAX_IDENTIFIER_BYTES = 63;

const encoder = new TextEncoder();

/**
 * A name as SQL writes it, quoted always.
 *
 * @throws {RangeError} where PostgreSQL could not keep the name as it is.
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

/** Names as SQL writes them in a list. */
export function quoteIdentifiers(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(", ");
}

/**
 * A text as SQL writes it, read the same whatever `standard_conforming_strings` says.
 *
 * @throws {RangeError} where the text has a NUL, which PostgreSQL cannot hold.
 */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) throw new RangeError("Cannot quote a text: it has a NUL");
  const quoted = text.replaceAll("'", "''");
  return quoted.includes("\\") ? `E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`;
}

/** A name made of several, shortened with a hash where it would be too long: the same for the same parts. */
export function derivedName(parts: readonly string[]): string {
  const name = parts.join("_");
  if (encoder.encode(name).length <= MAX_IDENTIFIER_BYTES) return name;
  return `${parts[0]?.slice(0, 10)}_${digest(parts)}_${parts.at(-1)?.slice(0, 5)}`;
}

/** Sixteen hexadecimal digits that stand for the parts. */
export function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}
