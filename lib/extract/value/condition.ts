// Owns the conditions under which an element yields a row. Where a condition does not hold, there is
// neither a row nor a rejection.
import type { RowsSpec } from "../../config/schema/job_schema.ts";
import { canonicalNumber, ExactNumber } from "../cast/exact_number.ts";
import { parsePath, type Path } from "./path.ts";

/** A condition on the value at a path. */
export interface Condition {
  /** The path. */
  readonly path: Path;
  /** Whether the condition holds for the value found there. */
  readonly holds: (found: unknown) => boolean;
  /** Index of the column that is null exactly where the condition does not hold, if any. */
  readonly column?: number;
}

/** A condition, as a job declares it. */
export type ConditionSpec = NonNullable<RowsSpec["when"]>[number];

/**
 * Compiles a condition: a path that must have a value, or values that it must or must not have. Values are
 * compared as strings, so that `1` in the job equals `"1"` in a response.
 *
 * @throws {SyntaxError} where the path cannot be parsed.
 */
export function compileCondition(
  spec: ConditionSpec,
  isNull: (value: unknown) => boolean,
): Condition {
  const path = parsePath(spec.path);
  const { is, not } = spec;
  if (is === undefined && not === undefined) return { path, holds: (found) => !isNull(found) };
  const wanted = is === undefined
    ? undefined
    : new Set(is.map((value) => comparable(value, isNull)));
  const unwanted = new Set(not?.map((value) => comparable(value, isNull)));
  return {
    path,
    holds: (found) => {
      const value = comparable(found, isNull);
      return (wanted === undefined || wanted.has(value)) && !unwanted.has(value);
    },
  };
}

function comparable(value: unknown, isNull: (value: unknown) => boolean): unknown {
  if (isNull(value)) return null;
  if (value instanceof ExactNumber) return canonicalNumber(value);
  return typeof value === "object" ? value : String(value).trim();
}
