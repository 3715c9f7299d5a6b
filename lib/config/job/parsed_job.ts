// Owns the type of a job file that was parsed: defaults filled, strings converted, references between its parts
// not yet checked. Kept in step with the schema by tests/config/schema/job_types_test.ts.
import type { Scalar } from "./condition.ts";
import type { ArchiveSpec } from "./archive.ts";
import type { Notify, Source } from "./source.ts";
import type { Stream } from "./stream.ts";
import type { Table } from "./table.ts";

/** A parameter of a job. */
export interface Param {
  /** Whether the parameter accepts several values. */
  list: boolean;
  /** Value if the flag is not given. */
  default: Scalar | Scalar[] | undefined;
  /** Regular expression that each value must match as a whole. */
  pattern?: string | undefined;
  /** Allowed values. */
  choices?: string[] | undefined;
  /** Description shown by --help. */
  about?: string | undefined;
}

/** A check on the target. */
export interface Check {
  /** Description of the check. */
  about?: string | undefined;
  /** SQL query on the target. */
  sql: string;
  /**
   * `rows`, `no_rows`, or a mapping of columns of the first row to comparisons, such as `readings:
   * "> 0"` or `a: "= b"`. If omitted, the result is printed and the check passes.
   */
  expect?: "rows" | "no_rows" | Record<string, string> | undefined;
}

/** A job file after parsing. */
export interface ParsedJob {
  /** Name of the job; checkpoints are stored under it. */
  job: string;
  /** Description of the job. */
  about?: string | undefined;
  /**
   * Files in the folder of this file or below it. Keys of this file take precedence over theirs.
   */
  include?: string[] | undefined;
  /**
   * Environment variables that the job may use outside `source.auth` although they are neither in
   * .env.local or .env nor prefixed with the name of the job.
   */
  variables?: string[] | undefined;
  /** Time zone of the dates. */
  time_zone: string;
  /** Default start date of a run. */
  start?: number | undefined;
  /** Strings read as null, in every column. */
  nulls: string[];
  /** The API: its URL, or a mapping. */
  source: Source;
  /**
   * Where runs report that they failed, are done, or wait for more than an hour: a webhook's URL,
   * or a mapping.
   */
  notify?: Notify | undefined;
  /**
   * What happens if the fields of responses change: `report` it, or `fail` the run, after its rows are
   * written.
   */
  drift: "report" | "fail";
  /** Where every response is kept, so that it never has to be fetched again. */
  archive?: ArchiveSpec | undefined;
  /**
   * Parameters of the job. Each is a command-line flag and available as `{params.NAME}` in
   * requests.
   */
  params: Record<string, Param>;
  /** Tables by name. */
  tables: Record<string, Table>;
  /** Streams by name, in the order they run. */
  streams: Record<string, Stream>;
  /** Queries that `verify` runs on the target. */
  checks: Record<string, Check>;
}
