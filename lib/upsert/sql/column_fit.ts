// Owns how values of a job's column type get into a column of an existing type. A type that holds every
// value needs nothing. A type whose input fails on a value that does not fit is used for staging too. A type
// that would silently round or truncate values is guarded by a check: a value that does not survive the cast
// is refused. Pure.
import type { ColumnType } from "../../config/schema/table_schema.ts";
import type { ExistingColumn } from "./catalog.ts";
import { holds, isText, sqlType } from "./sql_type.ts";

/** How the values of one column are staged. */
export interface ColumnFit {
  /** The type of the column in the staging table. */
  readonly stageType: string;
  /** The cast from the staging table's type to the column's; undefined if none is needed. */
  readonly castTo?: string;
  /** The condition that each value must meet if the cast can lose something; {@link VALUE} stands for the column. */
  readonly check?: string;
  /** Whether `COLLATE "C"` applies to the column. */
  readonly isCollatable: boolean;
}

const INTEGERS = ["smallint", "integer", "bigint"];
const LENGTH = /^character varying\(\d+\)$|^character\(\d+\)$/;
const SCALE = /^numeric\(\d+,-?\d+\)$/;
const PRECISION = /^(timestamp|time)\(\d\) (with|without) time zone$/;

function exactFit(type: ColumnType): ColumnFit {
  return { stageType: sqlType(type), isCollatable: isText(type) };
}

/** How values of the type get into the column; undefined if the column cannot take them. */
export function columnFit(column: ExistingColumn, type: ColumnType): ColumnFit | undefined {
  const isPlain = column.type === column.base;
  if (isPlain && holds(column.type, type)) return exactFit(type);
  const isCollatable = isText(type) && !column.isEnum;
  if (failsOnMisfit(column, type)) {
    return { stageType: column.type, isCollatable };
  }
  if (!losesOnMisfit(column.base, type)) return undefined;
  const stageType = sqlType(type);
  const check = survivesSql(column, stageType);
  return { stageType, castTo: column.type, check, isCollatable };
}

/** Types whose input raises an error for a value that does not fit. */
function failsOnMisfit({ base, isEnum }: ExistingColumn, type: ColumnType): boolean {
  if (holds(base, type)) return true;
  if (type === "text") return isEnum || base === "citext" || /(^|\.)citext$/.test(base);
  return (type === "integer" || type === "bigint") && INTEGERS.includes(base);
}

/** Types that round or truncate a value that does not fit. */
function losesOnMisfit(base: string, type: ColumnType): boolean {
  switch (type) {
    case "text":
      return LENGTH.test(base);
    case "integer":
    case "bigint":
      return SCALE.test(base);
    case "numeric":
    case "money":
      return SCALE.test(base) || base === "real" || base === "double precision";
    case "double":
      return base === "real";
    case "time":
    case "timestamp":
    case "timestamptz":
      return PRECISION.test(base) && holds(base.replace(/\(\d\)/, ""), type);
    default:
      return false;
  }
}

/** The name that stands for the column in a fit's `check`. */
export const VALUE = "value";

/** The condition under which a value survives the cast. */
function survivesSql({ type, base }: ExistingColumn, stageType: string): string {
  const cast = `${VALUE}::${type}`;
  // The shortest digits that identify a float, not its binary value: 0.1 fits into a real.
  if (base === "real" || base === "double precision") {
    return `${cast}::text::${stageType} = ${VALUE}`;
  }
  // Trailing blanks mean nothing in character(n).
  if (base.startsWith("character(")) return `${cast}::text = rtrim(${VALUE}, ' ')`;
  return `${cast}::${stageType} = ${VALUE}`;
}
