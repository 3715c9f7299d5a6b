// Owns the PostgreSQL types of a job's column types, and the existing types that hold all of their values.
// Pure.
import type { ColumnType } from "../../config/schema/table_schema.ts";

const SCALARS: Record<string, { sql: string; accepted: readonly string[] }> = {
  text: { sql: "text", accepted: ["text", "character varying"] },
  integer: { sql: "integer", accepted: ["integer", "bigint", "numeric"] },
  bigint: { sql: "bigint", accepted: ["bigint", "numeric"] },
  numeric: { sql: "numeric", accepted: ["numeric"] },
  money: { sql: "numeric", accepted: ["numeric"] },
  double: { sql: "double precision", accepted: ["double precision"] },
  boolean: { sql: "boolean", accepted: ["boolean"] },
  date: { sql: "date", accepted: ["date"] },
  time: { sql: "time", accepted: ["time without time zone"] },
  timestamp: { sql: "timestamp", accepted: ["timestamp without time zone"] },
  timestamptz: { sql: "timestamptz", accepted: ["timestamp with time zone"] },
  uuid: { sql: "uuid", accepted: ["uuid"] },
  jsonb: { sql: "jsonb", accepted: ["jsonb"] },
};

/** The SQL name of the type. */
export function sqlType(type: ColumnType): string {
  return isArray(type) ? `${scalar(type).sql}[]` : scalar(type).sql;
}

/** Whether a column of the existing type, as PostgreSQL's `format_type` names it, holds every value of the job's type unchanged. */
export function holds(existing: string, type: ColumnType): boolean {
  const suffix = isArray(type) ? "[]" : "";
  return scalar(type).accepted.some((accepted) => accepted + suffix === existing);
}

/** Whether a collation orders values of the type. */
export function isText(type: ColumnType): boolean {
  return type === "text" || type === "text[]";
}

function isArray(type: ColumnType): boolean {
  return type.endsWith("[]");
}

function scalar(type: ColumnType): { sql: string; accepted: readonly string[] } {
  return SCALARS[isArray(type) ? type.slice(0, -2) : type]!;
}
