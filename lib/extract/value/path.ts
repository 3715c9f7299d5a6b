// Owns the notation of paths, which locate values in a record or a response. A path is parsed once, when
// a job is read, and then walked. Only own properties are read, so `__proto__` is an absent key; a step
// that does not fit the value finds nothing and never throws.
import { ExactNumber } from "../cast/exact_number.ts";

/** Every element of an array. */
export const EACH = Symbol("[]");

/** One step of a path: a key, an index from 0 (from the end if negative), or every element. */
export type Step = string | number | typeof EACH;

/** The root of a path; all but `element`, `record`, `key` and `index` are the same for a whole page. */
export type Root =
  | "element"
  | "record"
  | "key"
  | "index"
  | "body"
  | "header"
  | "window"
  | "each"
  | "params";

/** A parsed path. */
export interface Path {
  /** The path, as written. */
  readonly text: string;
  /** Its root. */
  readonly root: Root;
  /** How many levels above the element it begins, for the roots `element`, `key` and `index`. */
  readonly up: number;
  /** The steps from there; without steps, it is the root itself. */
  readonly steps: readonly Step[];
}

/** Most characters of a path. */
const MAX_PATH_CHARS = 1000;

const ROOTS: readonly string[] = [
  "record",
  "key",
  "index",
  "body",
  "header",
  "window",
  "each",
  "params",
];

const QUOTED = /"(?:[^"\\]|\\.)*"/g;
const START = /^(\^*)(?:\$([A-Za-z_]\w*))?/;
const STEP = /\.?(?:([^.[\]{}^"]+)|\[(-?\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]|(\[\]))/y;

/**
 * Parses a path: `a.b[0].c`, `a["x.y"]`, `a[].b`, `^.a`, `$body.a`, `.`.
 *
 * @throws {SyntaxError} with what is wrong, without naming the job or the key.
 */
export function parsePath(text: string): Path {
  if (text.length > MAX_PATH_CHARS) {
    throw wrong(text, `it is longer than ${MAX_PATH_CHARS} characters`);
  }
  refuseOtherNotations(text);
  const [start, carets, named] = START.exec(text)!;
  if (named !== undefined && !ROOTS.includes(named)) {
    throw wrong(text, `"$${named}" is not a root; expected one of $${ROOTS.join(", $")}`);
  }
  const root = (named ?? "element") as Root;
  const up = carets!.length;
  if (up > 0 && !["element", "key", "index"].includes(root)) {
    throw wrong(text, `"$${root}" has no parent`);
  }
  return { text, root, up, steps: parseSteps(text, start.length) };
}

/** Rejects JSONPath, JSON Pointer and templates: read as names, they would find nothing. */
function refuseOtherNotations(text: string): void {
  const [dollar] = /^\$(\.|(?=\[))/.exec(text) ?? [];
  if (dollar !== undefined) throw wrong(text, `paths start at the record; leave out "${dollar}"`);
  if (text.startsWith("/")) throw wrong(text, "separate steps with dots, as in a.b");
  if (text.replace(QUOTED, "").includes("{")) {
    throw wrong(text, 'braces belong to "template", not "path"');
  }
}

function parseSteps(text: string, from: number): Step[] {
  const steps: Step[] = [];
  if (text.slice(from) === ".") return steps;
  for (let at = from; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const step = STEP.exec(text);
    if (step === null) throw wrong(text, `it is invalid from "${text.slice(at)}"`);
    steps.push(stepOf(text, step));
  }
  return steps;
}

function stepOf(text: string, [, name, index, quoted]: RegExpExecArray): Step {
  if (name !== undefined) return name;
  if (index !== undefined) return Number(index);
  if (quoted === undefined) return EACH;
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw wrong(text, `${quoted} is not a valid quoted name`);
  }
}

function wrong(text: string, what: string): SyntaxError {
  return new SyntaxError(`Cannot read path "${text.slice(0, 100)}": ${what}`);
}

/** The path of a member of the value at a path. */
export function stepTo(path: string, name: string): string {
  if (!/^@?[A-Za-z_][\w-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** Whether a value is a JSON object: neither an array nor a scalar. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof ExactNumber);
}

/** The own member with that name, or undefined; never an inherited one. */
export function own(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The value at the steps from a value, or undefined. */
export function walk(value: unknown, steps: readonly Step[], from = 0): unknown {
  for (let at = from; at < steps.length; at++) {
    const step = steps[at]!;
    if (step === EACH) {
      return Array.isArray(value) ? value.map((item) => walk(item, steps, at + 1)) : undefined;
    }
    if (typeof step === "string") value = own(value, step);
    else value = Array.isArray(value) ? value.at(step) : undefined;
  }
  return value;
}

/** The parts of a response that paths read: its body and its headers. */
export interface ResponseParts {
  /** The decoded body. */
  readonly body: unknown;
  /** The header of that name, or null. */
  header(name: string): string | null;
}

/**
 * The reader of a path in a response; a path without a root begins at the body.
 *
 * @throws {SyntaxError} where the path cannot be parsed, or its root is not part of a response.
 */
export function responseReader(text: string): (response: ResponseParts) => unknown {
  const { root, up, steps } = parsePath(text);
  if (root === "header") return (response) => headerOf(response, steps);
  if (up > 0 || !["element", "record", "body"].includes(root)) {
    throw wrong(text, `a response has only "$body" and "$header"`);
  }
  return (response) => walk(response.body, steps);
}

/** The header at the steps: `$header.x-total` and `$header["X.Total"]` have one step. */
export function headerOf(response: ResponseParts, steps: readonly Step[]): string | null {
  const [name] = steps;
  return typeof name === "string" && steps.length === 1 ? response.header(name) : null;
}
