// Owns the types of the rows of a stream that was parsed: which tables a record goes to and where each value comes
// from. Kept in step with the schema by tests/config/schema/job_types_test.ts.
import type { Condition, Scalar } from "./condition.ts";
import type { MergePolicy } from "./table.ts";

/** Steps that are added to a date. */
export interface Plus {
  /** Path of the number of steps. */
  count: string;
  /**
   * Length of a step: `15min`, `1h`, `day`, `month`, or the path of one, which may also be ISO 8601
   * (`PT15M`) or a number of seconds.
   */
  of: string;
  /** The number of the step at the start. */
  first: number;
}

/** Where the value of one column comes from. */
export interface ValueSpec {
  /**
   * Path of the value; if there are several, the first whose value is not null. If `path`, `value`,
   * `template` and `hash` are all omitted, the field with the name of the column.
   */
  path?: string[] | undefined;
  /** A constant. */
  value?: Scalar | undefined;
  /** String with `{path}` placeholders; null if one of them is null. */
  template?: string | undefined;
  /** Hash of the values at these paths, for records without a key. */
  hash?: string[] | undefined;
  /** Strings read as null, instead of the job's `nulls`. */
  nulls?: string[] | undefined;
  /**
   * Separator of a list that is written as one string, for array types; empty elements are dropped.
   */
  split?: string | undefined;
  /** Separator by which an array is written as one string, for `text`. */
  join?: string | undefined;
  /** Whether leading and trailing whitespace is removed. */
  trim: boolean;
  /**
   * Regular expression. The value is its first group, or the whole match if there is no group; null
   * if it does not match.
   */
  capture?: string | undefined;
  /** Converts letters to lower or upper case. */
  case?: "lower" | "upper" | undefined;
  /** Replacements by string; a value that is not listed is unchanged. */
  map?: Record<string, Scalar> | undefined;
  /**
   * Format of a date or number: `epoch`, `epoch_ms`, `clock` ("2:19.97" to seconds) or a pattern
   * such as `%d/%m/%Y`.
   */
  format?: string | string[] | undefined;
  /**
   * Time zone of local times and dates of this value, instead of the job's. A `date` column then
   * takes the date of every instant in it; otherwise an instant at midnight UTC is the date it is
   * written with.
   */
  time_zone?: string | undefined;
  /**
   * The instant of a local time that a clock change repeats or skips. If omitted, the order of the
   * records decides, or the row is rejected.
   */
  ambiguous?: "earlier" | "later" | undefined;
  /** For dates and times: steps to add to the value, where records are numbered from a start. */
  plus?: Plus | undefined;
  /**
   * For numbers: the factor that the value is multiplied by, exactly, such as 0.01 from cents to
   * units.
   */
  scale?: string | undefined;
  /** Decimal separator of numbers. */
  decimal: "." | ",";
  /** Value used instead of null. */
  default?: Scalar | undefined;
  /** What happens if a value cannot be cast: `reject` the row, or store `null`. */
  invalid: "reject" | "null";
  /** Merge policy of this value; overrides that of the column. */
  merge?: MergePolicy | undefined;
}

/** One entry of `rows`: the rows that a record produces for one table. */
export interface RowsSpec {
  /** Table that the rows are written to. */
  table: string;
  /**
   * Path of an array in the record; each element becomes a row. `a[].b[]` reads nested arrays,
   * `a{}` the members of an object (with the name as `$key`), `a{[]}` an object of arrays of equal
   * length. In `columns`, `^` is the parent of the element.
   */
  each?: string | undefined;
  /** Paths that must have a value, or conditions that must hold; otherwise no row is produced. */
  when?: Condition[] | undefined;
  /**
   * Column to path, or to a mapping. If omitted, each column is read from the field with its name.
   */
  columns?: Record<string, ValueSpec> | undefined;
  /** Merge policy of all columns of these rows; overrides that of the table. */
  merge?: MergePolicy | undefined;
}
