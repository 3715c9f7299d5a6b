// Owns the step from the records of a page to rows: for every element that an entry of the stream's
// `rows` is made from, a row of its table, or a rejection that says why not. Compiled once for a stream;
// pure after that. No record makes it throw, whatever it is: a bad one costs its own rows only.
import type { Job } from "../config/job.ts";
import type { RowsSpec } from "../config/job_schema.ts";
import type { CivilMinute } from "../plan/civil.ts";
import { Failure } from "../report/failure.ts";
import { isClean } from "./clean_body.ts";
import { compileEntry } from "./entry.ts";
import { type Frame, type Level, parseEach, visit, type Visitor } from "./each.ts";
import { kindOf } from "./kind_of.ts";
import { pageValues } from "./page_value.ts";
import { isObject, type Path } from "./path.ts";
import { KeyedRecord } from "./read_records.ts";
import { recordDateTest } from "./record_date.ts";
import { type Rejection, Rejections } from "./rejection.ts";
import {
  compileRows,
  type EntryPlan,
  needsObject,
  type RowMaker,
  type RowSink,
} from "./row_code.ts";
import { type Row, type RowSet, type RowShape, shapesOf, streamOf } from "./row_shape.ts";
import { Refusal } from "./value.ts";

export type { Rejection } from "./rejection.ts";

/** A page as the extractor sees it. */
export interface ExtractedPage {
  /** The records, as readRecords finds them. */
  readonly records: readonly unknown[];
  /** The decoded body. */
  readonly body: unknown;
  /** The header of that name, or null. */
  header(name: string): string | null;
  /** The window that was asked for; null for a stream without dates. */
  readonly window: { readonly from: CivilMinute; readonly to: CivilMinute } | null;
  /** The values of `for_each` that were asked for. */
  readonly each: Readonly<Record<string, unknown>>;
  /** The job's parameters. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a page becomes. */
export interface Extraction {
  /** The rows, by shape; shapes without rows are left out. */
  sets: RowSet[];
  /** What was not made into a row. */
  rejected: Rejection[];
}

/** The compiled mapping of one stream. */
export interface Extractor {
  /** The shapes of its rows, one for each entry of `rows`. */
  readonly shapes: RowShape[];
  /**
   * Makes the rows of a page.
   *
   * @throws {Failure} of kind `window` where so many records are rejected that the answer has another shape.
   */
  extract(page: ExtractedPage): Extraction;
}

/**
 * Compiles the mapping of a stream.
 *
 * @throws {Failure} of kind `configuration` saying which stream, table and column cannot be compiled.
 */
export function compileExtractor(job: Job, stream: string): Extractor {
  const spec = streamOf(job, stream);
  const shapes = shapesOf(job, stream);
  const sink = new Sink(shapes);
  const pagePaths: Path[] = [];
  const context = { job, readers: new Map(), onRefusal: () => void sink.refusals++ };
  const plans = spec.rows.map((entry, at) => compileEntry(entry, shapes[at]!, context));
  const groups = groupEntries(spec.rows, plans).map((group) =>
    compileGroup(group, pagePaths, sink)
  );
  const dateTest = compileDateTest(job, stream);
  const wantsObjects = groups.some(({ levels, wantsObjects }) =>
    levels.length === 0 ? wantsObjects : typeof levels[0]!.steps[0] === "string"
  );

  const extract = (page: ExtractedPage): Extraction => {
    sink.begin();
    const [found, clean] = [pageValues(pagePaths, page), isClean(page.body)];
    for (const [index, given] of page.records.entries()) {
      const frame = frameOf(given, index);
      const problem = problemOf(frame, page.window, wantsObjects, dateTest);
      if (problem !== undefined) sink.reject(0, null, problem, frame.element, frame);
      else for (const group of groups) group.extract(frame, found, clean);
    }
    return sink.end();
  };
  return { shapes, extract };
}

/** Entries that are made from the same elements, with their indexes. */
interface Group {
  readonly levels: readonly Level[];
  readonly entries: Map<number, EntryPlan>;
}

function groupEntries(entries: readonly RowsSpec[], plans: readonly EntryPlan[]): Group[] {
  const groups = new Map<string, Group>();
  for (const [at, entry] of entries.entries()) {
    const levels = parseEach(entry.each);
    const id = JSON.stringify(levels, (_, value) => typeof value === "symbol" ? null : value);
    const group = groups.get(id) ?? { levels, entries: new Map() };
    group.entries.set(at, plans[at]!);
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** A group whose rows are compiled. */
interface CompiledGroup {
  readonly levels: readonly Level[];
  readonly wantsObjects: boolean;
  /** Makes the rows of a record. */
  extract(record: Frame, page: readonly unknown[], clean: boolean): void;
}

function compileGroup({ levels, entries }: Group, pagePaths: Path[], sink: Sink): CompiledGroup {
  const wantsObjects = needsObject(entries.values());
  const first = entries.keys().next().value!;
  // A list was found in the element above by name, so that is an object.
  const aboveAreObjects = levels.map(({ steps }) => typeof steps[0] === "string").reverse();
  const make: RowMaker = compileRows(entries, aboveAreObjects, pagePaths, sink);
  let record: unknown;
  let page: readonly unknown[] = [];
  let isCleanPage = false;
  const visitor: Visitor = {
    element(frame) {
      if (!wantsObjects || isObject(frame.element)) {
        return make(frame, record, page, isCleanPage);
      }
      sink.reject(first, null, notAnObject(frame.element), frame.element, frame);
    },
    mismatch: (frame, found, reason) => sink.reject(first, null, reason, found, frame),
  };
  return {
    levels,
    wantsObjects,
    extract(frame, found, clean) {
      record = frame.element;
      page = found;
      isCleanPage = clean;
      visit(frame, levels, visitor);
    },
  };
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

type DateTest = ReturnType<typeof recordDateTest>;

function compileDateTest(job: Job, stream: string): DateTest | undefined {
  const date = streamOf(job, stream).record_date;
  if (date === undefined) return undefined;
  try {
    return recordDateTest(date.path, job.time_zone, date.format);
  } catch (error) {
    throw new Failure(
      "configuration",
      `Cannot compile "record_date" of stream "${stream}": ${(error as Error).message}`,
      { hint: "deno task check", cause: error },
    );
  }
}

/** Why a record is rejected as a whole, or undefined. */
function problemOf(
  frame: Frame,
  window: ExtractedPage["window"],
  wantsObjects: boolean,
  dateTest: DateTest | undefined,
): string | undefined {
  if (wantsObjects && !isObject(frame.element)) return notAnObject(frame.element);
  return window === null ? undefined : dateTest?.(frame, window);
}

function notAnObject(found: unknown): string {
  return `is ${kindOf(found)}, not an object`;
}

/** Takes the rows and rejections of one page at a time. */
class Sink implements RowSink {
  refusals = 0;
  rows: Row[][] = [];
  #rejections = new Rejections();
  readonly #shapes: readonly RowShape[];

  constructor(shapes: readonly RowShape[]) {
    this.#shapes = shapes;
  }

  begin(): void {
    this.rows = this.#shapes.map(() => []);
    this.#rejections = new Rejections();
  }

  end(): Extraction {
    const sets = this.#shapes.map((shape, at): RowSet => ({ shape, rows: this.rows[at]! }));
    return { sets: sets.filter(({ rows }) => rows.length > 0), rejected: this.#rejections.list };
  }

  reject(entry: number, column: string | null, reason: string, value: unknown, frame: Frame): void {
    this.#rejections.add(this.#shapes[entry]!.table, column, reason, value, frame);
  }

  /** A row is kept if the refused value was another table's and its key is whole. */
  settle(entry: number, row: unknown[], frame: Frame): void {
    const { columns, key } = this.#shapes[entry]!;
    const refused = row.findIndex((value) => value instanceof Refusal);
    if (refused >= 0) {
      const { reason, value } = row[refused] as Refusal;
      return this.reject(entry, columns[refused]!, reason, value, frame);
    }
    const missing = key.find((at) => row[at] === null);
    if (missing === undefined) this.rows[entry]!.push(row as Row);
    else {this.reject(
        entry,
        columns[missing]!,
        "is none, and the column is of the key",
        null,
        frame,
      );}
  }
}
