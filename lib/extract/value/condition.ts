// Owns the conditions on which a row is made at all. A row whose condition does not hold is no row and
// no rejection.
import type { RowsSpec } from "../../config/schema/job_schema.ts";
import { parsePath, type Path } from "./path.ts";

/** A condition on what a path finds. */
export interface Condition {
  /** Where to look. */
  readonly path: Path;
  /** Whether what is found there lets the row be made. */
  readonly holds: (found: unknown) => boolean;
  /** Index of the column that is null exactly where the condition does not hold, if there is one. */
  readonly column?: number;
}

/** A condition as a job says it. */
export type ConditionSpec = NonNullable<RowsSpec["when"]>[number];

/**
 * Compiles a condition: a path that must hold a value, or values it must or must not have. Values are
 * compared as texts, so that `1` in the job and `"1"` in an answer are the same.
 *
 * @throws {SyntaxError} where the path cannot be read.
 */
export function compileCondition(
  spec: ConditionSpec,
  isNone: (value: unknown) => boolean,
): Condition {
  const path = parsePath(spec.path);
  const { is, not } = spec;
  if (is === undefined && not === undefined) return { path, holds: (found) => !isNone(found) };
  const wanted = is === undefined
    ? undefined
    : new Set(is.map((value) => comparable(value, isNone)));
  const unwanted = new Set(not?.map((value) => comparable(value, isNone)));
  return {
    path,
    holds: (found) => {
      const value = comparable(found, isNone);
      return (wanted === undefined || wanted.has(value)) && !unwanted.has(value);
    },
  };
}

function comparable(value: unknown, isNone: (value: unknown) => boolean): unknown {
  if (isNone(value)) return null;
  return typeof value === "object" ? value : String(value).trim();
}
