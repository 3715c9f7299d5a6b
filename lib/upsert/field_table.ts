// Owns what the target records of the fields of responses, so that every machine knows how they changed. It
// decides nothing.
import type { Row } from "../extract/row_shape.ts";
import { isMissingTable } from "./history.ts";
import { FIELDS_TABLE, shapeOf } from "./sql/system_tables.ts";
import type { Target } from "./write/target.ts";

/** A database that has, or will have, the table of fields. */
export type FieldTarget = Pick<Target, "stream" | "write" | "query">;

/** What is recorded of one field of a stream; lib/probe/drift.ts explains each. */
export interface RecordedField {
  /** Its path in the record. */
  readonly path: string;
  /** Whether the job reads it. */
  readonly mapped: boolean;
  /** Types of its values. */
  readonly types: readonly string[];
  /** Records examined. */
  readonly records: number;
  /** Records that had it. */
  readonly present: number;
  /** Records examined since it was seen last. */
  readonly missing: number;
  /** End of the newest window examined, in civil minutes. */
  readonly latest: number;
  /** A value, shortened. */
  readonly example: string;
  /** How it changed. */
  readonly change: "new" | "missing" | "type" | null;
  /** When that was noticed, ISO 8601. */
  readonly changedAt: string | null;
  /** When it was seen first, ISO 8601. */
  readonly since: string;
}

/** The fields recorded for a job, by stream; none in a database of an earlier version. */
export async function readFields(
  target: Pick<Target, "stream">,
  job: string,
): Promise<Map<string, RecordedField[]>> {
  const fields = new Map<string, RecordedField[]>();
  const sql = `SELECT * FROM ${FIELDS_TABLE} WHERE job = $1 ORDER BY stream, path`;
  try {
    for await (const record of target.stream(sql, { parameters: [job] })) {
      const stream = String(record.stream);
      const field = fieldOf(record);
      const known = fields.get(stream);
      if (known === undefined) fields.set(stream, [field]);
      else known.push(field);
    }
  } catch (error) {
    if (!isMissingTable(error)) throw error;
  }
  return fields;
}

/** A field whose change was noticed, and its stream. */
export interface ChangedField {
  /** Name of the stream. */
  readonly stream: string;
  /** The field. */
  readonly field: RecordedField;
}

/** The fields of a job's responses that changed, by stream and path. */
export async function changedFields(
  target: Pick<Target, "stream">,
  job: string,
): Promise<ChangedField[]> {
  return [...await readFields(target, job)].flatMap(([stream, fields]) =>
    fields.filter(({ change }) => change !== null).map((field) => ({ stream, field }))
  );
}

function fieldOf(record: Record<string, unknown>): RecordedField {
  const instant = (value: unknown) => value === null ? null : new Date(String(value)).toISOString();
  return {
    path: String(record.path),
    mapped: record.mapped === true,
    types: String(record.types ?? "").split(", ").filter((type) => type !== ""),
    records: Number(record.records),
    present: Number(record.present),
    missing: Number(record.missing),
    latest: Number(record.latest),
    example: String(record.example ?? ""),
    change: record.change as RecordedField["change"],
    changedAt: instant(record.changed_at),
    since: instant(record.since) ?? "",
  };
}

/** Records fields, by stream; the caller holds the job's lock. */
export async function writeFields(
  target: Pick<Target, "write">,
  job: string,
  fields: ReadonlyMap<string, readonly RecordedField[]>,
): Promise<void> {
  const rows = [...fields].flatMap(([stream, list]) =>
    list.map((field): Row => [
      ...[job, stream, field.path.slice(0, 500), String(field.mapped), field.types.join(", ")],
      ...[field.records, field.present, field.missing, field.latest].map(String),
      storable(field.example),
      field.change,
      field.changedAt,
      field.since,
    ])
  );
  await target.write([{ shape: shapeOf(FIELDS_TABLE), rows }], []);
}

/** Accepts the changes of a job's fields. */
export async function acceptFields(target: Pick<Target, "query">, job: string): Promise<void> {
  await target.query(`UPDATE ${FIELDS_TABLE} SET change = NULL, changed_at = NULL WHERE job = $1`, {
    parameters: [job],
  });
}

function storable(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}
