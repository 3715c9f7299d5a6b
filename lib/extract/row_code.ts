// Generates the JavaScript that extracts the rows of one element, and compiles it: reading fields by name
// in straight-line code takes half the time of a loop over columns (tests/bench/extract_bench.ts).
// Nothing from a job or an API becomes code: names appear in it only as JSON strings, which are
// JavaScript string literals, and everything else is passed in.
import { isObject, own, type Path, type Step, walk } from "./value/path.ts";
import type { Frame } from "./value/each.ts";
import { isPlainDecimal, isPlainInteger, isStorable } from "./cast/fast_path.ts";
import type { Row } from "./row_shape.ts";
import type { Condition } from "./value/condition.ts";
import type { ColumnReader } from "./value/value.ts";
import { valueCode } from "./value/value_code.ts";

/** What one entry reads. */
export interface EntryPlan {
  /** The conditions that must hold. */
  readonly conditions: readonly Condition[];
  /** A reader for each column; equal readers are the same object, read once. */
  readonly readers: readonly ColumnReader[];
  /** Indexes of the key's columns. */
  readonly key: readonly number[];
}

/** What the compiled code writes to. */
export interface RowSink {
  /** Cast failures so far; reset for each element. */
  refusals: number;
  /** The rows of each entry. */
  rows: Row[][];
  /** Receives a row that may contain a cast failure or have no key. */
  settle(entry: number, row: unknown[], frame: Frame): void;
}

/**
 * Extracts the rows of an element. `page` holds the values of the page's paths; `clean` declares that
 * PostgreSQL can store every string of the response.
 */
export type RowMaker = (
  frame: Frame,
  record: unknown,
  page: readonly unknown[],
  clean: boolean,
) => void;

/**
 * Compiles the entries that read the same elements.
 *
 * `entries` have their index in the sink; `aboveAreObjects[n]` declares that the element `n + 1` levels up is
 * an object. The element itself is one where `needsObject` is true.
 */
export function compileRows(
  entries: ReadonlyMap<number, EntryPlan>,
  aboveAreObjects: readonly boolean[],
  pagePaths: Path[],
  sink: RowSink,
): RowMaker {
  const code = new RowCode(aboveAreObjects, pagePaths, needsObject(entries.values()));
  for (const [index, entry] of entries) code.addEntry(index, entry);
  return code.compile(sink);
}

/** Whether the entries read fields of the element by name, so that it must be an object. */
export function needsObject(entries: Iterable<EntryPlan>): boolean {
  const paths = [...entries].flatMap(({ readers }) => readers.flatMap((reader) => reader.paths));
  const own = paths.filter(({ root, up }) => root === "element" && up === 0);
  return own.length > 0 && own.every(({ steps }) => typeof steps[0] === "string");
}

function isOfPage(path: Path | undefined): boolean {
  return path === undefined || !["element", "record", "key", "index"].includes(path.root);
}

/** Most statements per compiled function: V8 optimizes small functions sooner than a large one. */
const STATEMENTS_PER_FUNCTION = 12;

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

function aboveName(up: number): string {
  return `above${up}`;
}

const HELPERS = { isObject, own, walk, isStorable, isPlainInteger, isPlainDecimal };

/** The statements so far, and the values that are passed in. */
class RowCode {
  readonly #aboveAreObjects: readonly boolean[];
  readonly #pagePaths: Path[];
  readonly #isObject: boolean;
  readonly #statements: string[] = [];
  /** The values that are passed in, by their names in the code. */
  readonly #passed = new Map<string, unknown>(Object.entries(HELPERS));
  readonly #values = new Map<string, string>();
  readonly #above = new Set<number>();

  constructor(aboveAreObjects: readonly boolean[], pagePaths: Path[], isObject: boolean) {
    this.#aboveAreObjects = aboveAreObjects;
    this.#pagePaths = pagePaths;
    this.#isObject = isObject;
  }

  addEntry(index: number, { conditions, readers, key }: EntryPlan): void {
    const values = readers.map((reader) => this.#valueOf(reader));
    const holds = conditions.map(({ path, holds, column }) =>
      column === undefined
        ? `${this.#pass("holds", holds)}(${this.#expression(path)})`
        : `${values[column]} !== null`
    );
    const hasKey = key.map((at) => `${values[at]} !== null`);
    this.#statements.push([
      `if (${["true", ...holds].join(" && ")}) {`,
      `  const row = [${values.join(", ")}];`,
      `  if (${["sink.refusals === 0", ...hasKey].join(" && ")}) sink.rows[${index}].push(row);`,
      `  else sink.settle(${index}, row, frame);`,
      `}`,
    ].join("\n"));
  }

  compile(sink: RowSink): RowMaker {
    const above = [...this.#above];
    const given = ["frame", "element", "record", "page", "clean", ...above.map(aboveName)].join(
      ", ",
    );
    const parts = chunksOf(this.#statements, STATEMENTS_PER_FUNCTION);
    const body = [
      `"use strict";`,
      ...[...this.#values.values()].map((name) => `let ${name} = null;`),
      ...parts.map((statements, at) =>
        `const do${at} = (${given}) => {\nlet found, match, part, code = 0;\n${
          statements.join("\n")
        }\n};`
      ),
      `return (frame, record, page, clean) => {`,
      `const element = frame.element;`,
      ...above.map((up) => `const ${aboveName(up)} = frame${".up".repeat(up)}?.element;`),
      `sink.refusals = 0;`,
      ...parts.map((_, at) => `do${at}(${given});`),
      `};`,
    ].join("\n");
    return new Function("sink", ...this.#passed.keys(), body)(sink, ...this.#passed.values());
  }

  /** The expression for a reader's value: a literal, or a variable that is assigned once. */
  #valueOf(reader: ColumnReader): string {
    if (reader.constant !== undefined) return JSON.stringify(reader.constant);
    const reading = this.#readingOf(reader);
    const known = this.#values.get(reading);
    if (known !== undefined) return known;
    const value = `value${this.#values.size}`;
    this.#values.set(reading, value);
    this.#statements.push(`${value} = ${reading};`);
    return value;
  }

  #readingOf({ paths, read, isNull, plain, capture }: ColumnReader): string {
    const [found = "undefined", ...more] = paths.map((path) => this.#expression(path));
    const name = this.#pass("read", read);
    if (isNull !== undefined) {
      const test = this.#pass("isNull", isNull);
      const first = [found, ...more].reduceRight((rest, path) =>
        `(${test}(found = ${path}) ? ${rest} : found)`
      );
      return `${name}(${first})`;
    }
    if (more.length > 0 || isOfPage(paths[0])) return `${name}(${[found, ...more].join(", ")})`;
    const expression = capture === undefined ? "" : this.#pass("capture", capture.expression);
    return valueCode(found, name, { plain, capture }, expression);
  }

  /** The name under which a value is passed in. */
  #pass(prefix: string, value: unknown): string {
    for (const [name, passed] of this.#passed) if (passed === value) return name;
    const name = `${prefix}${this.#passed.size}`;
    this.#passed.set(name, value);
    return name;
  }

  /** The expression for the value at a path. */
  #expression({ root, up, steps, ...path }: Path): string {
    switch (root) {
      case "element":
        if (up > 0) this.#above.add(up);
        return this.#from(up === 0 ? "element" : aboveName(up), this.#isKnown(up), steps);
      case "record":
        return this.#from("record", false, steps);
      case "key":
      case "index":
        return `frame${"?.up".repeat(up)}?.${root}`;
      default:
        return `page[${this.#pagePaths.push({ root, up, steps, ...path }) - 1}]`;
    }
  }

  #isKnown(up: number): boolean {
    return up === 0 ? this.#isObject : this.#aboveAreObjects[up - 1] ?? false;
  }

  /** Steps from a variable, each guarded against values of other kinds, except a first name on a known object. */
  #from(start: string, isKnown: boolean, steps: readonly Step[]): string {
    if (steps.some((step) => typeof step !== "string")) {
      return `walk(${start}, ${this.#pass("steps", steps)})`;
    }
    return (steps as string[]).reduce((expression, name, at) => {
      const key = JSON.stringify(name);
      if (name in Object.prototype) return `own(${expression}, ${key})`;
      if (at === 0 && isKnown) return `${expression}[${key}]`;
      return `(isObject(found = ${expression}) ? found[${key}] : undefined)`;
    }, start);
  }
}
