// Extracts rows from the records of a page: for every element that an entry of the stream's
// `rows` reads, a row of its table, or a rejection with the reason. Compiled once per stream; pure after
// that. No record makes it throw: a bad record loses only its own rows.
import { atOnce } from "../yield_to_event_loop.ts";
import type { Job } from "../config/schema/job.ts";
import { type CivilMinute, MINUTES_PER_DAY } from "../plan/time/civil.ts";
import type { Window } from "../plan/time/window.ts";
import { Failure } from "../failure.ts";
import { csvHeader } from "./decode/csv_header.ts";
import { isClean } from "./decode/clean_body.ts";
import type { Frame } from "./value/each.ts";
import { type CompiledGroup, compileGroup, groupEntries, notAnObject } from "./entry_group.ts";
import { compileEntry } from "./entry.ts";
import { pageValues } from "./value/page_value.ts";
import { isObject, type Path } from "./value/path.ts";
import { KeyedRecord } from "./decode/read_records.ts";
import { DROPPED, recordDateTest, recordDays } from "./value/record_date.ts";
import { headerCheck } from "./header_check.ts";
import type { Rejection } from "./rejection.ts";
import { type Row, type RowSet, type RowShape, shapesOf, streamOf } from "./row_shape.ts";
import { type SharedKeys, sharedKeys } from "./shared_keys.ts";
import { Sink } from "./sink.ts";

export type { Rejection } from "./rejection.ts";

/** A page, as the extractor reads it. */
export interface ExtractedPage {
  /** The records, as readRecords finds them. */
  readonly records: readonly unknown[];
  /** The decoded body. */
  readonly body: unknown;
  /** The header of that name, or null. */
  header(name: string): string | null;
  /** The requested window; null for a stream without dates. */
  readonly window: { readonly from: CivilMinute; readonly to: CivilMinute } | null;
  /** The requested values of `for_each`. */
  readonly each: Readonly<Record<string, unknown>>;
  /** The job's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** The rows and rejections of a page. */
export interface Extraction {
  /** The rows, by shape; shapes without rows are omitted. */
  sets: RowSet[];
  /** The rejected rows and records. */
  rejected: Rejection[];
  /** Different rows with the same key, of which only the last is stored. */
  shared: SharedKeys[];
  /** The dates of the rows of watched tables; undefined where the window is not longer than a day. */
  dates?: ReadonlyMap<Row, Window> | undefined;
}

/** The compiled mapping of one stream. */
export interface Extractor {
  /** The shapes of its rows, one for each entry of `rows`. */
  readonly shapes: RowShape[];
  /**
   * Extracts the rows of a page.
   *
   * @throws {Failure} of kind `window` where so many records are rejected that the response has another shape.
   */
  extract(page: ExtractedPage): Extraction;
  /** The same, with a yield after every `recordsPerSlice` records; an extractor takes one page at a time. */
  extractBySlices(page: ExtractedPage, recordsPerSlice: number): Generator<void, Extraction>;
}

/**
 * Compiles the mapping of a stream; `watched` are the tables whose rows can vanish.
 *
 * @throws {Failure} of kind `configuration` naming the stream, table and column that cannot be compiled.
 */
export function compileExtractor(
  job: Job,
  stream: string,
  watched: ReadonlySet<string> = new Set(),
): Extractor {
  const mapping = compileMapping(job, stream, watched);
  const extractBySlices = (page: ExtractedPage, recordsPerSlice: number) =>
    extractRows(mapping, page, recordsPerSlice);
  const extract = (page: ExtractedPage) => atOnce(extractRows(mapping, page, Infinity));
  return { shapes: mapping.shapes, extract, extractBySlices };
}

/** The compiled parts of a mapping. */
interface Mapping {
  readonly spec: ReturnType<typeof streamOf>;
  readonly shapes: RowShape[];
  readonly sink: Sink;
  readonly groups: readonly CompiledGroup[];
  /** Whether a record that is not an object is rejected. */
  readonly needsObjects: boolean;
  /** What the groups read from the page. */
  readonly pagePaths: readonly Path[];
  readonly dateTest: DateTest | undefined;
  /** The dates of a record, if a watched table takes its rows. */
  readonly daysOf: RowDating["daysOf"] | undefined;
  /** The indexes of the entries whose tables are watched. */
  readonly watchedEntries: readonly number[];
  readonly checkHeader: (header: readonly string[]) => void;
}

function compileMapping(job: Job, stream: string, watched: ReadonlySet<string>): Mapping {
  const spec = streamOf(job, stream);
  const shapes = shapesOf(job, stream);
  const sink = new Sink(shapes);
  const pagePaths: Path[] = [];
  const context = { job, readers: new Map(), onRefusal: () => void sink.refusals++ };
  const plans = spec.rows.map((entry, at) => compileEntry(entry, shapes[at]!, context));
  const groups = namingError(stream, "each", () => groupEntries(spec.rows, plans))
    .map((group) => compileGroup(group, pagePaths, sink));
  const date = spec.record_date;
  const watchedEntries = [...shapes.keys()].filter((at) => watched.has(shapes[at]!.table));
  return {
    ...{ spec, shapes, sink, groups, pagePaths, watchedEntries },
    needsObjects: groups.some((group) => group.needsObjects),
    dateTest: date &&
      namingError(stream, "record_date", () => recordDateTest(date, job.time_zone)),
    daysOf: date === undefined || watchedEntries.length === 0
      ? undefined
      : recordDays(date, job.time_zone),
    checkHeader: headerCheck(spec.rows, shapes),
  };
}

function* extractRows(
  mapping: Mapping,
  page: ExtractedPage,
  recordsPerSlice: number,
): Generator<void, Extraction> {
  const { spec, sink, groups, needsObjects, dateTest } = mapping;
  sink.begin();
  const header = csvHeader(page.body);
  if (header !== undefined) mapping.checkHeader(header);
  const dates = datingOf(mapping, page.window);
  const [found, clean] = [pageValues(mapping.pagePaths, page), isClean(page.body)];
  for (const [index, given] of page.records.entries()) {
    if (index > 0 && index % recordsPerSlice === 0) yield;
    const frame = frameOf(given, index);
    const problem = raggedLine(given, header) ??
      problemOf(frame, page.window, needsObjects, dateTest);
    if (problem === undefined) {
      for (const group of groups) group.extract(frame, found, clean);
      dates?.note(frame);
    } else if (problem !== DROPPED && !groups.every((group) => group.excludes(frame))) {
      sink.reject(0, null, problem, frame.element, frame);
    }
  }
  sink.end();
  const sets = sink.sets();
  const shared = sharedKeys(spec, sets);
  return { sets, rejected: sink.rejected(), shared, ...dates && { dates: dates.dates } };
}

/** The dates of rows are noted where the window alone does not determine them. */
function datingOf(
  { sink, watchedEntries, daysOf }: Mapping,
  window: ExtractedPage["window"],
): RowDating | undefined {
  const isLong = window !== null && window.to - window.from > MINUTES_PER_DAY;
  return isLong && daysOf !== undefined
    ? new RowDating(sink, watchedEntries, window, daysOf)
    : undefined;
}

/** Notes the date of each record for the rows that it becomes. */
class RowDating {
  readonly dates = new Map<Row, Window>();
  readonly #seen = new Map<number, number>();

  constructor(
    readonly sink: Sink,
    readonly entries: readonly number[],
    readonly window: Window,
    readonly daysOf: (frame: Frame, window: Window) => Window,
  ) {}

  /** Called after the rows of a record were extracted. */
  note(frame: Frame): void {
    const days = this.daysOf(frame, this.window);
    for (const entry of this.entries) {
      const rows = this.sink.rows[entry]!;
      for (let at = this.#seen.get(entry) ?? 0; at < rows.length; at++) {
        this.dates.set(rows[at]!, days);
      }
      this.#seen.set(entry, rows.length);
    }
  }
}

function frameOf(given: unknown, index: number): Frame {
  const keyed = given instanceof KeyedRecord;
  return {
    element: keyed ? given.record : given,
    index,
    key: keyed ? given.key : null,
    up: null,
  };
}

/** Why a line of CSV is not a record; undefined for a record. */
function raggedLine(given: unknown, header: readonly string[] | undefined): string | undefined {
  if (header === undefined || !Array.isArray(given)) return undefined;
  return given.length === header.length
    ? "contains a misplaced quote"
    : `has ${given.length} ${given.length === 1 ? "field" : "fields"}, expected ${header.length}`;
}

type DateTest = ReturnType<typeof recordDateTest>;

function namingError<T>(stream: string, key: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    const why = (error as Error).message;
    throw new Failure("configuration", `Cannot compile "${key}" of stream "${stream}": ${why}`, {
      hint: "deno task check",
      cause: error,
    });
  }
}

/** Why a record is rejected as a whole, or undefined. */
function problemOf(
  frame: Frame,
  window: ExtractedPage["window"],
  needsObjects: boolean,
  dateTest: DateTest | undefined,
): string | typeof DROPPED | undefined {
  if (needsObjects && !isObject(frame.element)) return notAnObject(frame.element);
  return window === null ? undefined : dateTest?.(frame, window);
}
