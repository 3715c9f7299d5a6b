// Groups the entries of a stream that read the same elements: the elements are visited once, and the rows
// are compiled together, so that a value that several tables map alike is read once.
import type { RowsSpec } from "../config/schema/job_schema.ts";
import { type Frame, type Level, parseEach, visit, type Visitor } from "./value/each.ts";
import { kindOf } from "./cast/kind_of.ts";
import { isObject, type Path } from "./value/path.ts";
import { compileRows, type EntryPlan, needsObject, type RowMaker } from "./row_code.ts";
import { depthOf, isExcludedByCondition } from "./value/excluded_by_condition.ts";
import type { Sink } from "./sink.ts";

/** Entries that read the same elements, with their indexes. */
export interface Group {
  /** The levels from a record to the elements. */
  readonly levels: readonly Level[];
  /** The entries. */
  readonly entries: Map<number, EntryPlan>;
}

/**
 * The entries of a stream, grouped by the elements they read.
 *
 * @throws {SyntaxError} where `each` cannot be parsed.
 */
export function groupEntries(entries: readonly RowsSpec[], plans: readonly EntryPlan[]): Group[] {
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

/** A compiled group. */
export interface CompiledGroup {
  /** Whether a record must be an object for the group to read it. */
  readonly needsObjects: boolean;
  /** Whether conditions exclude every row of a record. */
  excludes(record: Frame): boolean;
  /** Extracts the rows of a record. */
  extract(record: Frame, page: readonly unknown[], clean: boolean): void;
}

/** Compiles a group; it adds the paths it reads from the page to `pagePaths`. */
export function compileGroup(
  { levels, entries }: Group,
  pagePaths: Path[],
  sink: Sink,
): CompiledGroup {
  const needsObjects = needsObject(entries.values());
  const first = entries.keys().next().value!;
  // The array was found by name in the element above, so that is an object.
  const aboveAreObjects = levels.map(({ steps }) => typeof steps[0] === "string").reverse();
  const make: RowMaker = compileRows(entries, aboveAreObjects, pagePaths, sink);
  let record: unknown;
  let page: readonly unknown[] = [];
  let isCleanPage = false;
  const excludes = exclusionTest([...entries.values()], levels.length);
  const visitor: Visitor = {
    element(frame) {
      if (!needsObjects || isObject(frame.element)) {
        return make(frame, record, page, isCleanPage);
      }
      if (excludes(frame)) return;
      sink.reject(first, null, notAnObject(frame.element), frame.element, frame);
    },
    mismatch(frame, found, reason) {
      if (!excludes(frame)) sink.reject(first, null, reason, found, frame);
    },
  };
  const [top] = levels;
  return {
    needsObjects: top === undefined ? needsObjects : typeof top.steps[0] === "string",
    excludes,
    extract(frame, found, clean) {
      record = frame.element;
      page = found;
      isCleanPage = clean;
      visit(frame, levels, visitor);
    },
  };
}

/** Tests whether conditions exclude every row of an element, or of a record above `levels` levels. */
function exclusionTest(plans: readonly EntryPlan[], levels: number): (frame: Frame) => boolean {
  return (frame) => {
    const below = levels - depthOf(frame);
    return plans.every(({ conditions }) => isExcludedByCondition(conditions, frame, below));
  };
}

/** Why a value is not an element that rows can be read from. */
export function notAnObject(found: unknown): string {
  return `is ${kindOf(found)}, not an object`;
}
