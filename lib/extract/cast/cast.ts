// Chooses a cast: the function that turns a value into PostgreSQL's text form of a column's
// type. PostgreSQL accepts every text that a cast returns. Text forms are canonical: equal keys are equal
// strings, and dates and times sort in chronological order.
import type { ColumnType } from "../../config/schema/job_schema.ts";
import { arrayCast } from "./array_cast.ts";
import { jsonbCast } from "./jsonb_cast.ts";
import { momentCast, momentFormatProblem } from "./moment_cast.ts";
import {
  clockCast,
  doubleCast,
  integerCast,
  moneyCast,
  numericCast,
  scaledCast,
} from "./number_cast.ts";
import { type Cast, type CastOptions, Invalid } from "./invalid.ts";
import { booleanCast, textCast, uuidCast } from "./scalar_cast.ts";

/**
 * The cast to a type.
 *
 * @throws {RangeError} where `formatProblem` returns a problem.
 */
export function castOf(type: ColumnType, options: CastOptions): Cast {
  const problem = formatProblem(type, options.format);
  if (problem !== undefined) throw new RangeError(problem);
  const cast = options.scale === undefined
    ? typeCast(type, options)
    : scaledTypeCast(type, options, options.scale);
  return options.maxBytes === undefined ? cast : boundedCast(cast, options.maxBytes);
}

/** Why a format cannot be used with a type; undefined where it can. */
export function formatProblem(
  type: ColumnType,
  format: CastOptions["format"],
): string | undefined {
  if (format === undefined) return undefined;
  const element = elementType(type);
  if (["integer", "bigint", "numeric", "double"].includes(element)) {
    return format === "clock" ? undefined : `"${type}" supports only the format "clock"`;
  }
  if (["date", "time", "timestamp", "timestamptz"].includes(element)) {
    return [format].flat().map(momentFormatProblem).find((problem) => problem !== undefined);
  }
  return `"${type}" does not take a format`;
}

function typeCast(type: ColumnType, options: CastOptions): Cast {
  const element = elementType(type);
  if (element !== type) return arrayCast(element, typeCast(element, options));
  switch (type) {
    case "text":
      return textCast;
    case "integer":
    case "bigint":
      return clockOr(options, integerCast(type, options));
    case "numeric":
      return clockOr(options, numericCast(options));
    case "double":
      return clockOr(options, doubleCast(options));
    case "money":
      return moneyCast(options);
    case "boolean":
      return booleanCast;
    case "uuid":
      return uuidCast;
    case "jsonb":
      return jsonbCast;
    default:
      return momentCast(type as "date" | "time" | "timestamp" | "timestamptz", options);
  }
}

/** Why a factor cannot be used with a type; undefined where it can. */
export function scaleProblem(type: ColumnType): string | undefined {
  const element = elementType(type);
  return ["integer", "bigint", "numeric", "double", "money"].includes(element)
    ? undefined
    : `"scale" is for numbers, but the column has type ${type}`;
}

function scaledTypeCast(type: ColumnType, options: CastOptions, scale: string): Cast {
  const element = elementType(type);
  const number = typeCast(element === "money" ? "money" : "numeric", { ...options, inKey: false });
  const finish = typeCast(element === "money" ? "numeric" : element, {
    ...options,
    decimal: ".",
    format: undefined,
  });
  const cast = scaledCast(number, scale, finish);
  return element === type ? cast : arrayCast(element, cast);
}

function clockOr(options: CastOptions, cast: Cast): Cast {
  return options.format === "clock" ? clockCast(cast) : cast;
}

function elementType(type: ColumnType): ColumnType {
  return (type.endsWith("[]") ? type.slice(0, -2) : type) as ColumnType;
}

/** Rejects what does not fit into an index entry: PostgreSQL would fail the whole statement. */
function boundedCast(cast: Cast, maxBytes: number): Cast {
  return (value) => {
    const text = cast(value);
    if (typeof text !== "string" || text.length * 3 <= maxBytes) return text;
    if (new TextEncoder().encode(text).length <= maxBytes) return text;
    return new Invalid(`is longer than the ${maxBytes} bytes that an indexed column can hold`);
  };
}
