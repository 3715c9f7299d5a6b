// Remembers the header of decoded CSV, which records without a line do not show. It never reads a text.

const headers = new WeakMap<WeakKey, readonly string[]>();

/** Remembers the names in the header that records were decoded with. */
export function noteHeader(records: readonly unknown[], names: readonly string[]): void {
  headers.set(records, names);
}

/** The names in the header of a decoded body; undefined for other formats, and for CSV without a header. */
export function csvHeader(body: unknown): readonly string[] | undefined {
  return typeof body === "object" && body !== null ? headers.get(body) : undefined;
}
