// Buffers the rows of a query between the database and a slow consumer: they are read at once, in one
// transaction, and kept as JSON in UTF-8, a fraction of the memory of values. So no transaction and no cursor
// stays open while requests are sent for each row. It contains no SQL.
import type { QueryResult } from "./query.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Reads all rows, which `read` yields in parts, and returns them as records. */
export async function spool(
  read: (take: (result: QueryResult) => void) => Promise<void>,
): Promise<Iterable<Record<string, unknown>>> {
  let columns: readonly string[] = [];
  const parts: Uint8Array[] = [];
  await read((result) => {
    columns = result.columns;
    if (result.rows.length > 0) parts.push(encoder.encode(JSON.stringify(result.rows)));
  });
  return records(columns, parts);
}

function* records(
  columns: readonly string[],
  parts: Uint8Array[],
): Generator<Record<string, unknown>> {
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    for (const row of JSON.parse(decoder.decode(part)) as unknown[][]) {
      yield Object.fromEntries(columns.map((name, at) => [name, row[at]]));
    }
  }
}
