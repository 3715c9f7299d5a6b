// Owns writing JSON that keeps whole numbers beyond 2^53, which answers are read into as bigint. Pure.

/** The types of the compiler do not know it yet; ECMAScript and V8 do. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON of a value; a bigint is written as the number that it is. */
export function jsonText(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item: unknown) => typeof item === "bigint" ? rawJSON(String(item)) : item,
  );
}
