// Owns the entries of a stream that are made from the same elements: they are walked to once, and their
// rows are compiled together, so that what several tables say alike is read once.
import type { RowsSpec } from "../config/schema/job_schema.ts";
import { type Frame, type Level, parseEach, visit, type Visitor } from "./value/each.ts";
import { kindOf } from "./cast/kind_of.ts";
import { isObject, type Path } from "./value/path.ts";
import { compileRows, type EntryPlan, needsObject, type RowMaker } from "./row_code.ts";
import { depthOf, isRuledOut } from "./value/excluded_by_condition.ts";
import type { Sink } from "./sink.ts";

/** Entries that are made from the same elements, with their indexes. */
export interface Group {
  /** The way from a record to the elements. */
  readonly levels: readonly Level[];
  /** The entries. */
  readonly entries: Map<number, EntryPlan>;
}

/**
 * The entries of a stream, grouped by what they are made from.
 *
 * @throws {SyntaxError} where `each` cannot be read.
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

/** A group whose rows are compiled. */
export interface CompiledGroup {
  /** Whether a record must be an object for the group to make rows of it. */
  readonly wantsObjects: boolean;
  /** Makes the rows of a record. */
  extract(record: Frame, page: readonly unknown[], clean: boolean): void;
}

/** Compiles a group; `pagePaths` gathers what it reads of the page. */
export function compileGroup(
  { levels, entries }: Group,
  pagePaths: Path[],
  sink: Sink,
): CompiledGroup {
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
    mismatch(frame, found, reason) {
      const below = levels.length - depthOf(frame);
      const isUnwanted = ({ conditions }: EntryPlan) => isRuledOut(conditions, frame, below);
      if ([...entries.values()].every(isUnwanted)) return;
      sink.reject(first, null, reason, found, frame);
    },
  };
  const [top] = levels;
  return {
    wantsObjects: top === undefined ? wantsObjects : typeof top.steps[0] === "string",
    extract(frame, found, clean) {
      record = frame.element;
      page = found;
      isCleanPage = clean;
      visit(frame, levels, visitor);
    },
  };
}

/** Why a value is no element that rows can be made of. */
export function notAnObject(found: unknown): string {
  return `is ${kindOf(found)}, not an object`;
}
