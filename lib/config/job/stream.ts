// Owns the types of a stream that was parsed: its request, windows, response and rows. Durations are milliseconds,
// dates civil minutes. Kept in step with the schema by tests/config/schema/job_types_test.ts.
import type { WindowLength } from "../../plan/time/duration.ts";
import type { Rate } from "../../plan/time/rate.ts";
import type { Condition, Scalar, Template } from "./condition.ts";
import type { Paging } from "./paging.ts";
import type { RowsSpec } from "./rows.ts";
import type { SinceSpec } from "./since.ts";

/** A JSON body of a request. */
export type Body = string | number | boolean | null | Body[] | { [key: string]: Body };

/** The request of a stream. */
export interface RequestSpec {
  /** Path appended to the URL of the API. Values of placeholders are percent-encoded. */
  path: string;
  /** HTTP method. */
  method: "GET" | "POST";
  /**
   * Query parameters. A parameter whose placeholder has no value is omitted; a list repeats the
   * parameter.
   */
  query: Record<string, Template | Template[]>;
  /** Headers of this request. */
  headers: Record<string, Template>;
  /**
   * JSON body of a POST. Strings are templates; a string that is a single placeholder keeps the
   * type of its value.
   */
  body?: Body | undefined;
  /** Form body of a POST. */
  form?: Record<string, Template> | undefined;
  /** XML body of a POST, such as a SOAP envelope. Values of placeholders are escaped. */
  xml?: string | undefined;
}

/** An export that is ordered first and fetched when it is ready. */
export interface ExportSpec {
  /** Request that orders the export. */
  order: RequestSpec;
  /** Path of the ID in the response to the order, or `$header.NAME`. */
  id: string;
  /** Request for the state of the export; `{export.id}` is its ID. */
  status: RequestSpec;
  /** Path of the state in the response to `status`. */
  state: string;
  /** States in which the export is ready. */
  done: string[];
  /** States in which the export has failed. */
  failed?: string[] | undefined;
  /** States that mean that there is no data. */
  empty?: string[] | undefined;
  /**
   * Path of the URL of the file in the response to `status`, or of a list of URLs; they replace
   * `request`.
   */
  files?: string | undefined;
  /**
   * Hosts to which links may lead in addition to that of `source.url`. Requests to them carry no
   * credentials and no headers of the job.
   */
  hosts: string[];
  /**
   * Wait before the state is requested again; it grows to a minute, or to this if it is longer.
   */
  wait: number;
  /** How long an export may take. */
  timeout: number;
}

/** Location and shape of the records in a response. */
export interface RecordsSpec {
  /** Path of the records in the response body; empty for the body itself. */
  path: string;
  /**
   * `list`: an array of objects; `entries`: an object whose member names become `$key`; `columns`:
   * an object of arrays of equal length, whose other members are part of every record; `arrays`: an
   * array of arrays with `names`, or CSV without a header line; `single`: the object itself is the
   * record; `dimensions`: statistics of JSON-stat or SDMX-JSON, a record for each value with the
   * code of each dimension.
   */
  as: "list" | "entries" | "columns" | "arrays" | "single" | "dimensions";
  /**
   * For `arrays`, the names of the elements; for `columns` whose arrays are in different places, a
   * mapping of names to paths.
   */
  names?: string[] | Record<string, string> | undefined;
  /**
   * For `arrays`, the path of the names in the response body; `[]` may select a field of each
   * element.
   */
  names_path?: string | undefined;
  /**
   * Whether a response without records may omit the path (or the arrays of `columns`), or be empty.
   */
  optional: boolean;
}

/** The values that a request is repeated for: a list, the rows of a query, or a parameter. */
export type EachSource =
  | { values: (Scalar | Record<string, Scalar>)[]; query: undefined; param: undefined }
  | { query: string; values: undefined; param: undefined }
  | { param: string; values: undefined; query: undefined };

/** The length of windows: fixed, or chosen between bounds by what responses hold. */
export type WindowSpec =
  | { auto: false; length: WindowLength }
  | { auto: true; min: WindowLength; max: WindowLength | undefined };

/** An error that a response reports, and what it means. */
export interface ErrorCondition extends Condition {
  /**
   * `fail`: the window fails; `retry`: the request is sent again, according to `retry` of the
   * source; `empty`: there are no records; `full`: the window holds too much, and an `auto` window
   * is made shorter; `stop`: the run stops.
   */
  means: "fail" | "retry" | "empty" | "full" | "stop";
  /**
   * For `retry`: how long to wait, as a duration, or as the path of a number of seconds or of a
   * time. The path may be `$header.NAME`.
   */
  wait?: string | undefined;
}

/** The date of a record. */
export interface RecordDate {
  /** Path of the date; if there are several, the first whose value is not null. */
  path: string[];
  /** Formats of the date, as for column values, if it is neither ISO 8601 nor an epoch; the first that fits counts. */
  format?: string[] | undefined;
  /**
   * What happens to a record outside its window: `reject` it, or `drop` it, for APIs that return
   * more than was requested.
   */
  outside: "reject" | "drop";
}

/** Estimates until runs have measured a stream. */
export interface ForecastSpec {
  /** Average number of records per day. */
  records_per_day?: number | undefined;
  /** Average number of rows per record, over all tables. */
  rows_per_record?: number | undefined;
}

/** One stream of a job. */
export interface Stream {
  /**
   * Group of the stream. Streams of a group run concurrently; groups run in the order of their
   * first stream.
   */
  group: string;
  /** Description of the stream. */
  about?: string | undefined;
  /** Whether the stream runs only if it is requested with --only or --with. */
  optional: boolean;
  /** Fixed records, instead of a request. */
  values?: Record<string, unknown>[] | undefined;
  /** The request: a path, or a mapping. */
  request?: RequestSpec | undefined;
  /** An export that is ordered first, prepared by the API, and fetched when it is ready. */
  export?: ExportSpec | undefined;
  /**
   * Values to repeat the request for, available as `{each.NAME}`: a list, a query on the target, or
   * a parameter. Several keys are combined.
   */
  for_each?: Record<string, EachSource> | undefined;
  /**
   * Length of the windows: `day`, `7d`, `6h`, `week`, `month`, `year`, ..., `auto`, or bounds for
   * `auto`. If omitted, the stream has no dates.
   */
  window?: WindowSpec | undefined;
  /**
   * For a feed without dates: each run continues at the cursor at which the last one ended. The cursor is
   * committed with the rows.
   */
  since?: SinceSpec | undefined;
  /**
   * Which windows are fetched first; `newest_first` loads recent dates at once when the history
   * takes long.
   */
  order: "oldest_first" | "newest_first";
  /** First date for which the API has data. */
  start?: number | undefined;
  /**
   * How long data may still change: --resume and cron fetch more recent windows again. A list has the
   * ages at which they fetch a window once each; after two fetches in a row that changed nothing, it
   * is final.
   */
  settle?: number | number[] | undefined;
  /** For a stream without windows: how long --resume and cron reuse its last response; a day if omitted. */
  refresh?: number | undefined;
  /** How much one request of the stream counts against the limits, if the API weighs requests. */
  weight: number;
  /** Rate limits of this stream, in addition to those of `source`. */
  limits: Rate[];
  /** How the pages of a response are requested, or `none`. */
  paging: Paging;
  /**
   * Path of the total number of records; a window with a different number fails. `none` if numbers
   * that look like a total mean something else.
   */
  total?: string | undefined;
  /**
   * Largest number of records that the API returns in a response or, with paging, in all pages of a
   * window. A window that reaches it is cut off: an `auto` window is made shorter, based on the
   * total on the first page if there is one, and any other fails.
   */
  max_records?: number | undefined;
  /** Format of the response. */
  format: "json" | "ndjson" | "csv" | "xml";
  /**
   * Character encoding of the response, if it is not UTF-8 and the response does not declare it.
   */
  encoding?: string | undefined;
  /**
   * For a response that is a zip archive: which of its files are read; `*` stands for any
   * characters. By default all are.
   */
  member?: string | undefined;
  /**
   * For XML: prefixes that paths use for the elements and attributes of these namespaces. Other
   * names are written without a prefix.
   */
  namespaces?: Record<string, string> | undefined;
  /** Whether the API writes a list of one element as the element itself. XML always does. */
  single_as_list: boolean;
  /** CSV delimiter. */
  delimiter: string;
  /** Number of CSV lines before the header, such as a title. */
  skip?: number | undefined;
  /** Prefix of CSV lines to ignore, including lines before the header. */
  comment?: string | undefined;
  /** Location of the records: a path, or a mapping. */
  records: RecordsSpec;
  /**
   * Errors that a response reports in its body: a path, a condition, or a list of them; the first
   * that holds decides. A path holds if its value is not null, false, 0 or empty.
   */
  error?: ErrorCondition[] | undefined;
  /** The date of a record: a path, or a mapping. A record outside its window is rejected. */
  record_date?: RecordDate | undefined;
  /** HTTP statuses that mean that the window is empty. */
  empty_statuses: number[];
  /**
   * HTTP statuses that mean that the window has too many records; an `auto` window is then split.
   */
  full_statuses: number[];
  /** Estimates that --check-status uses until runs have measured the stream. */
  forecast?: ForecastSpec | undefined;
  /** Maximum number of pages per window; a window with more fails. */
  max_pages: number;
  /** Rows that a record produces: the name of a table, or one or more entries. */
  rows: RowsSpec[];
}
