// Finds different rows that share a key within one response: only the last one is stored. It passes over rows
// that the job declares to merge: by policy, by version, by `each`, or by several entries for one table. Pure.
import type { Stream } from "../config/schema/job_schema.ts";
import type { Extraction } from "../extract/extractor.ts";
import { preview } from "../extract/value/preview.ts";
import type { Row, RowSet, RowShape } from "../extract/row_shape.ts";

/** A note for each table of which different rows share a key. */
export function sharedKeys(stream: Stream, { sets }: Pick<Extraction, "sets">): string[] {
  return sets.flatMap((set) => mayMerge(stream, set.shape) ? [] : noteOf(set) ?? []);
}

function mayMerge({ rows }: Stream, { table, version }: RowShape): boolean {
  const entries = rows.filter((entry) => entry.table === table);
  return version.length > 0 || entries.length > 1 || entries.some(({ each }) => each !== undefined);
}

function noteOf({ shape, rows }: RowSet): string | undefined {
  const kept = new Map<string, Row>();
  let [count, example] = [0, ""];
  for (const row of rows) {
    const values = shape.key.map((at) => row[at] ?? null);
    const key = JSON.stringify(values);
    const earlier = kept.get(key);
    kept.set(key, row);
    const at = earlier === undefined ? -1 : replacedColumn(shape, earlier, row);
    if (at < 0) continue;
    const names = shape.key.map((one, index) =>
      `${shape.columns[one]} ${preview(values[index], 40)}`
    );
    const [from, to] = [earlier![at] ?? null, row[at] ?? null].map((value) => preview(value, 40));
    if (count++ === 0) example = `${names.join(", ")}, ${shape.columns[at]} ${from} and ${to}`;
  }
  if (count === 0) return undefined;
  const subject = count === 1 ? "1 row replaces another row" : `${count} rows replace other rows`;
  return `${subject} of ${shape.table} with the same key in this response (${example}); ` +
    `add a column to its "key", or declare how they merge`;
}

/** The first column in which a row replaces the other value of an earlier one, or -1. */
function replacedColumn({ merges, key }: RowShape, earlier: Row, later: Row): number {
  return merges.findIndex((merge, at) =>
    merge === "replace" && !key.includes(at) && (earlier[at] ?? null) !== (later[at] ?? null)
  );
}
