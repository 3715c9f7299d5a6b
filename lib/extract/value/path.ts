// Owns the notation of paths: where a value is found in a record or an answer. A path is parsed once,
// when a job is read, and then walked. Only own properties are read, so `__proto__` is a key that is
// not there; a step that does not fit what it meets finds nothing and never throws.

/** Every element of a list. */
export const EACH = Symbol("[]");

/** One step of a path: a key, an index from 0 (from the end if negative), or every element. */
export type Step = string | number | typeof EACH;

/** Where a path begins; all but `element`, `key` and `index` are the same for a whole page. */
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
  /** The path as it was written. */
  readonly text: string;
  /** Where it begins. */
  readonly root: Root;
  /** How many elements up it begins, for the roots `element`, `key` and `index`. */
  readonly up: number;
  /** The steps from there; none is the beginning itself. */
  readonly steps: readonly Step[];
}

/** Longest path that is read, in characters. */
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
 * Reads the notation of a path: `a.b[0].c`, `a["x.y"]`, `a[].b`, `^.a`, `$body.a`, `.`.
 *
 * @throws {SyntaxError} saying what is wrong, without naming the job or the key.
 */
export function parsePath(text: string): Path {
  if (text.length > MAX_PATH_CHARS) throw wrong(text, `it is longer than ${MAX_PATH_CHARS}`);
  refuseOtherNotations(text);
  const [start, carets, named] = START.exec(text)!;
  if (named !== undefined && !ROOTS.includes(named)) {
    throw wrong(text, `there is no "$${named}"; expected one of $${ROOTS.join(", $")}`);
  }
  const root = (named ?? "element") as Root;
  const up = carets!.length;
  if (up > 0 && !["element", "key", "index"].includes(root)) {
    throw wrong(text, `"$${root}" has no parent`);
  }
  return { text, root, up, steps: parseSteps(text, start.length) };
}

/** JSONPath, JSON Pointer and templates would be read as odd names, and find nothing. */
function refuseOtherNotations(text: string): void {
  const [dollar] = /^\$(\.|(?=\[))/.exec(text) ?? [];
  if (dollar !== undefined) throw wrong(text, `it begins of itself; leave out "${dollar}"`);
  if (text.startsWith("/")) throw wrong(text, "its steps are joined by dots, as in a.b");
  if (text.replace(QUOTED, "").includes("{")) {
    throw wrong(text, 'a text with braces is "template", not "path"');
  }
}

function parseSteps(text: string, from: number): Step[] {
  const steps: Step[] = [];
  if (text.slice(from) === ".") return steps;
  for (let at = from; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const step = STEP.exec(text);
    if (step === null) throw wrong(text, `it cannot be read from "${text.slice(at)}" on`);
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
    throw wrong(text, `${quoted} is not a quoted text`);
  }
}

function wrong(text: string, what: string): SyntaxError {
  return new SyntaxError(`Cannot read path "${text.slice(0, 100)}": ${what}`);
}

/** The text of the path that leads from what is at a path to its member of that name. */
export function stepTo(path: string, name: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** Whether a value is an object of named members: neither a list nor a scalar. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The own member of that name, or undefined; never one that is inherited. */
export function own(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** What the steps lead to from a value, or undefined. */
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

/** What can be read of an answer: its body and its headers. */
export interface Answer {
  /** The decoded body. */
  readonly body: unknown;
  /** The header of that name, or null. */
  header(name: string): string | null;
}

/**
 * What a path finds in an answer; a path without a root begins at the body.
 *
 * @throws {SyntaxError} where the path cannot be read or begins at something an answer has not.
 */
export function responseReader(text: string): (answer: Answer) => unknown {
  const { root, up, steps } = parsePath(text);
  if (root === "header") return (answer) => headerOf(answer, steps);
  if (up > 0 || !["element", "record", "body"].includes(root)) {
    throw wrong(text, `an answer has only "$body" and "$header"`);
  }
  return (answer) => walk(answer.body, steps);
}

/** The header that steps name: `$header.x-total` and `$header["X.Total"]` have one step. */
export function headerOf(answer: Answer, steps: readonly Step[]): string | null {
  const [name] = steps;
  return typeof name === "string" && steps.length === 1 ? answer.header(name) : null;
}
