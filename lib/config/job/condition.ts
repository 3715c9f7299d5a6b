// Owns the types of plain values and of conditions in a job that was parsed. Kept in step with the schema by
// tests/config/schema/job_types_test.ts.

/** A string, number, boolean or null. */
export type Scalar = string | number | boolean | null;

/** A string with placeholders, or a value without any. */
export type Template = string | number | boolean;

/** A condition on the value at a path. */
export interface Condition {
  /** Path of the value to test. */
  path: string;
  /** The value must be one of these. */
  is?: Scalar[] | undefined;
  /** The value must not be any of these. */
  not?: Scalar[] | undefined;
}
