// Owns the walk from a record to the elements that rows are read from: the record itself, or the elements
// of arrays, members or columns at any depth below it. Each element knows its parent. An absent value has
// no elements; a value of another kind is reported to the visitor, never thrown.
import { columnsProblem, recordsOfColumns } from "./columns.ts";
import { kindOf } from "../cast/kind_of.ts";
import { isObject, parsePath, type Step, walk } from "./path.ts";

/** One level of a walk: the steps to an array, or to an object whose members are the elements. */
export interface Level {
  /** Steps from the element above. */
  readonly steps: readonly Step[];
  /** Whether elements are those of an array, the members of an object, or the rows of an object of arrays. */
  readonly over: "list" | "members" | "columns";
}

/** An element and its position. */
export interface Frame {
  /** The element. */
  readonly element: unknown;
  /** Its index in the array, from 0. */
  readonly index: number;
  /** Its name, where it is a member; otherwise the name of the element above. */
  readonly key: string | null;
  /** The element above; null for a record. */
  readonly up: Frame | null;
}

/**
 * Parses the notation of `each`: `runners`, `runners[].odds[]`, `rates{}`, `hourly{[]}`.
 *
 * @throws {SyntaxError} where it is invalid.
 */
export function parseEach(text: string | undefined): Level[] {
  if (text === undefined || text === "") return [];
  const levels: Level[] = [];
  let from = 0;
  for (const mark of text.matchAll(/"(?:[^"\\]|\\.)*"|\{\[\]\}|\[\]|\{\}/g)) {
    if (mark[0].startsWith('"')) continue;
    levels.push(levelOf(text.slice(from, mark.index), MARKS[mark[0]] ?? "list"));
    from = mark.index + mark[0].length;
  }
  if (from < text.length) levels.push(levelOf(text.slice(from), "list"));
  return levels;
}

const MARKS: Readonly<Record<string, Level["over"]>> = { "{}": "members", "{[]}": "columns" };

function levelOf(text: string, over: Level["over"]): Level {
  const { root, up, steps } = parsePath(text);
  if (root !== "element" || up > 0) {
    throw new SyntaxError(`Cannot read path "${text}": rows are read from what is inside a record`);
  }
  return { steps, over };
}

/** What a walk calls. */
export interface Visitor {
  /** Called for an element at the end of the walk. */
  element(frame: Frame): void;
  /** Called for a value that is not the array or object expected there, with the reason. */
  mismatch(frame: Frame, found: unknown, reason: string): void;
}

/** Visits the elements below a frame, in the order of the response. */
export function visit(frame: Frame, levels: readonly Level[], visitor: Visitor, depth = 0): void {
  const level = levels[depth];
  if (level === undefined) return visitor.element(frame);
  const found = walk(frame.element, level.steps);
  if (found === undefined || found === null) return;
  if (level.over === "members") return visitMembers(frame, found, levels, visitor, depth);
  const problem = level.over === "columns" ? listsProblem(found) : listProblem(found);
  if (problem !== undefined) return visitor.mismatch(frame, found, problem);
  const list = level.over === "columns" ? recordsOfColumns(found) : found as unknown[];
  for (let index = 0; index < list.length; index++) {
    const below = { element: list[index], index, key: frame.key, up: frame };
    visit(below, levels, visitor, depth + 1);
  }
}

function listProblem(found: unknown): string | undefined {
  return Array.isArray(found) ? undefined : `is ${kindOf(found)}, not an array`;
}

function listsProblem(found: unknown): string | undefined {
  const problem = columnsProblem(found);
  return problem === undefined ? undefined : `has ${problem}, not arrays of equal length`;
}

function visitMembers(
  frame: Frame,
  found: unknown,
  levels: readonly Level[],
  visitor: Visitor,
  depth: number,
): void {
  if (!isObject(found)) return visitor.mismatch(frame, found, `is ${kindOf(found)}, not an object`);
  for (const [index, [key, element]] of Object.entries(found).entries()) {
    visit({ element, index, key, up: frame }, levels, visitor, depth + 1);
  }
}
