// Owns the question whether columns tell the records of a sample apart. Pure. Invariant: without a sample
// nothing speaks against a key.
import type { RecordsSpec } from "../config/schema/job_schema.ts";
import { parsePath, walk } from "../extract/value/path.ts";
import { KeyedRecord, readRecords } from "../extract/decode/read_records.ts";
import type { KeyHints } from "./propose_key.ts";
import type { RecordsProposal } from "./propose_records.ts";

/** A test whether every record of a sample has these columns, and no two have the same. */
export function areUnique(sample: unknown, { records }: RecordsProposal): KeyHints["isUnique"] {
  const found = sample === undefined ? [] : recordsOf(sample, records);
  return (columns) => {
    const paths = columns.flatMap(({ value }) =>
      typeof value === "string"
        ? [parsePath(value)]
        : "path" in value
        ? [parsePath(value.path)]
        : []
    ).filter(({ root }) => root === "element");
    const keys = found.map((record) => paths.map(({ steps }) => walk(record, steps)));
    const isWhole = keys.every((key) =>
      key.every((value) => value !== null && value !== undefined)
    );
    return isWhole && new Set(keys.map((key) => JSON.stringify(key))).size === found.length;
  };
}

function recordsOf(sample: unknown, records: RecordsProposal["records"]): unknown[] {
  const spec = typeof records === "string" ? { path: records } : records;
  const whole = { path: "", as: "list", optional: true, ...spec } as RecordsSpec;
  return readRecords(whole, sample).map((record) =>
    record instanceof KeyedRecord ? record.record : record
  );
}
