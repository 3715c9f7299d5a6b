// Owns how the value of one column comes to be: found at paths (or a constant, a template, a hash), then
// blanks cut off, null markers, capture, case, map, cast, default, in this order. Everything that can be
// decided from the job is decided once; what is left is a function of the values found.
import type { ColumnType, ValueSpec } from "../config/job_schema.ts";
import { castOf } from "./cast.ts";
import { hashReader } from "./hash.ts";
import { type Cast, Invalid } from "./invalid.ts";
import { parsePath, type Path } from "./path.ts";
import { compileTemplate } from "./text_template.ts";

/** A value that cannot be cast, in the place of the text it should have become. */
export class Refusal {
  /** Continues the sentence "the value ...". */
  readonly reason: string;
  /** The value as it was found. */
  readonly value: unknown;

  /** Makes a refusal. */
  constructor(reason: string, value: unknown) {
    this.reason = reason;
    this.value = value;
  }
}

/** A text, null, or why there is neither. */
export type Reading = string | null | Refusal;

/** How a column is read: what the paths find goes into `read`, in order. */
export interface ColumnReader {
  /** Where its values are found; none for a constant. */
  readonly paths: readonly Path[];
  /** What they become. */
  readonly read: (...found: unknown[]) => Reading;
}

/** What a value depends on beside its own spec. */
export interface ValueContext {
  /** Type of the column. */
  readonly type: ColumnType;
  /** Texts that mean no value. */
  readonly nulls: readonly string[];
  /** Time zone of the job. */
  readonly timeZone: string;
  /** Most bytes of its text form, for columns of an index. */
  readonly maxBytes: number | undefined;
  /** Whether the column is one of a key. */
  readonly inKey: boolean;
  /** Told of every refusal, so that rows need not be searched for them. */
  readonly onRefusal: () => void;
}

/** Longest text a capture is tried on: an expression may need time that grows with the square of it. */
const MAX_CAPTURE_CHARS = 10_000;

/**
 * Compiles the value of a column.
 *
 * @throws {SyntaxError | RangeError} saying what is wrong with a path, a format, a default or an expression.
 */
export function compileValue(spec: Partial<ValueSpec>, context: ValueContext): ColumnReader {
  const cast = castOf(context.type, {
    format: spec.format,
    decimal: spec.decimal ?? ".",
    timeZone: context.timeZone,
    maxBytes: context.maxBytes,
    inKey: context.inKey,
  });
  const none = defaultOf(spec, cast);
  const isNone = noneTest(spec, context);
  if (spec.value !== undefined) return constant(spec.value, cast, none);
  const finish = finisher(spec, context, cast, none, isNone);
  if (spec.template !== undefined) return compileTemplate(spec.template, isNone, finish);
  if (spec.hash !== undefined) {
    return {
      paths: spec.hash.map(parsePath),
      read: hashReader(context.type === "bigint", finish),
    };
  }
  const paths = (spec.path ?? []).map(parsePath);
  if (paths.length <= 1) return { paths, read: finish };
  return { paths, read: (...found) => finish(found.find((value) => !isNone(value))) };
}

/**
 * The regular expression of a capture.
 *
 * @throws {SyntaxError} where it is none.
 */
export function captureOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch {
    return new RegExp(pattern);
  }
}

/** Whether a value is none: null, absent, or one of the texts that mean so. */
export function noneTest(
  { nulls: own, trim = true }: Partial<ValueSpec>,
  { nulls }: Pick<ValueContext, "nulls">,
): (value: unknown) => boolean {
  const markers = new Set(own ?? nulls);
  const longest = Math.max(0, ...[...markers].map((marker) => marker.length));
  const numbers = [...markers].some((marker) => marker !== "" && Number.isFinite(Number(marker)));
  return (value) => {
    if (value === undefined || value === null) return true;
    if (typeof value === "string") {
      const text = trim ? trimmed(value) : value;
      return text.length <= longest && markers.has(text);
    }
    return numbers && typeof value === "number" && markers.has(String(value));
  };
}

/** The text without blanks around it; most texts have none, and finding that out must cost nothing. */
function trimmed(text: string): string {
  const { length } = text;
  if (length === 0) return text;
  const [first, last] = [text.charCodeAt(0), text.charCodeAt(length - 1)];
  const isBare = first > 32 && first < 127 && last > 32 && last < 127;
  return isBare ? text : text.trim();
}

function constant(value: unknown, cast: Cast, none: string | null): ColumnReader {
  const text = value === null ? none : mustCast(value, cast);
  return { paths: [], read: () => text };
}

function defaultOf(spec: Partial<ValueSpec>, cast: Cast): string | null {
  return spec.default === undefined || spec.default === null ? null : mustCast(spec.default, cast);
}

function mustCast(value: unknown, cast: Cast): string {
  const text = cast(value);
  if (text instanceof Invalid) throw new RangeError(`${JSON.stringify(value)} ${text.reason}`);
  return text;
}

/** The steps from a value that was found to a text. */
function finisher(
  spec: Partial<ValueSpec>,
  { type, onRefusal }: ValueContext,
  cast: Cast,
  none: string | null,
  isNone: (value: unknown) => boolean,
): (found?: unknown) => Reading {
  const trims = spec.trim ?? true;
  const rewrite = rewriter(spec, isNone);
  const forgives = spec.invalid === "null";
  const isList = type.endsWith("[]");
  const step = (value: unknown): unknown => {
    if (isNone(value)) return null;
    const text = trims && typeof value === "string" ? trimmed(value) : value;
    return rewrite === undefined ? text : rewrite(text);
  };
  return (found) => {
    const value = isList && Array.isArray(found) ? found.map(step) : step(found);
    if (value === null) return none;
    const text = value instanceof Invalid ? value : cast(value);
    if (typeof text === "string") return text;
    if (forgives) return none;
    onRefusal();
    return new Refusal(text.reason, found);
  };
}

/** Capture, case and map; undefined where the spec has none of them. */
function rewriter(
  spec: Partial<ValueSpec>,
  isNone: (value: unknown) => boolean,
): ((value: unknown) => unknown) | undefined {
  if (spec.capture === undefined && spec.case === undefined && spec.map === undefined) return;
  const expression = spec.capture === undefined ? undefined : captureOf(spec.capture);
  const map = spec.map === undefined ? undefined : new Map(Object.entries(spec.map));
  return (value) => {
    if (typeof value === "object") return value;
    let text = String(value);
    if (expression !== undefined) {
      if (text.length > MAX_CAPTURE_CHARS) {
        return new Invalid(`has more than ${MAX_CAPTURE_CHARS} characters to capture from`);
      }
      const match = expression.exec(text);
      if (match === null) return null;
      text = match[1] ?? (match.length > 1 ? "" : match[0]);
      if (isNone(text)) return null;
    }
    if (spec.case !== undefined) {
      text = spec.case === "lower" ? text.toLowerCase() : text.toUpperCase();
    }
    if (map === undefined) return text;
    const mapped = map.get(text);
    return mapped === undefined ? text : mapped;
  };
}
