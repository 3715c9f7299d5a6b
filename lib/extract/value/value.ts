// Owns the steps that produce the value of one column: read at paths (or a constant, a template, a hash),
// then trim, null markers, capture, case, map, cast, default, in this order. Everything that the job
// decides is decided once; what remains is a function of the values found.
import { compilePattern } from "../../config/pattern/pattern.ts";
import type { ColumnType, ValueSpec } from "../../config/schema/job_schema.ts";
import { castOf } from "../cast/cast.ts";
import { hashReader } from "./hash.ts";
import { AmbiguousTime, type Cast, type CastOptions, Invalid } from "../cast/invalid.ts";
import { type Markers, markersOf, type NullTest } from "./null_markers.ts";
import { parsePath, type Path } from "./path.ts";
import { type FastPath, fastPathOf } from "../cast/fast_path.ts";
import { addSteps, type PlusSpec, stepLength } from "./plus.ts";
import { compileRewrite } from "./rewrite.ts";
import { compileTemplate } from "./text_template.ts";

/** A cast failure, in place of the text form. */
export class Refusal {
  /** Continues the sentence "the value ...". */
  readonly reason: string;
  /** The value, as found. */
  readonly value: unknown;

  /** Creates a cast failure. */
  constructor(reason: string, value: unknown) {
    this.reason = reason;
    this.value = value;
  }
}

/** A local time whose instant the order of the records may decide; a cast failure where it does not. */
export class Unresolved extends Refusal {
  /** The text forms of the earlier and the later instant. */
  readonly texts: readonly [string, string];

  /** Creates an unresolved time. */
  constructor({ reason, texts }: AmbiguousTime, value: unknown) {
    super(reason, value);
    this.texts = texts;
  }
}

/** A text form, null, or a cast failure. */
export type Reading = string | null | Refusal;

/** How a column is read: `read` takes the values at the paths, in order, or the first that is not null. */
export interface ColumnReader {
  /** The paths of its values; empty for a constant. */
  readonly paths: readonly Path[];
  /** Turns the values into a text form. */
  readonly read: (...found: unknown[]) => Reading;
  /** Where `read` takes only the first value that is not null: the test for null. */
  readonly isNull?: NullTest;
  /** The text form, where it is always the same. */
  readonly constant?: string | null;
  /** Strings that need no `read`. */
  readonly plain?: FastValue;
  /** How strings without whitespace around them are captured without `read`. */
  readonly capture?: CapturedValue;
}

/** Strings that are their own text form: they pass the test and are longer than every null marker. */
export interface FastValue extends FastPath {
  /** Length of the longest marker. */
  readonly markerChars: number;
  /** The value of the empty string, where it is a null marker. */
  readonly empty?: string | null;
}

/** Strings of which only a part is captured, without further steps. */
export interface CapturedValue {
  /** The expression. */
  readonly expression: RegExp;
  /** Most characters of a string that the expression matches in few steps. */
  readonly fastChars: number;
  /** The captured group. */
  readonly group: 0 | 1;
  /** The value of a string without a match. */
  readonly fallback: string | null;
  /** Length of the longest null marker; `read` checks parts up to this length. */
  readonly markerChars: number;
}

/** What a value depends on in addition to its specification. */
export interface ValueContext {
  /** Type of the column. */
  readonly type: ColumnType;
  /** The job's null markers. */
  readonly nulls: readonly string[];
  /** Time zone of the job. */
  readonly timeZone: string;
  /** Most bytes of its text form, for indexed columns. */
  readonly maxBytes: number | undefined;
  /** Whether the column is part of the primary key. */
  readonly inKey: boolean;
  /** Called for every cast failure, so that rows need not be searched for them. */
  readonly onRefusal: () => void;
}

/**
 * Compiles the value of a column.
 *
 * @throws {SyntaxError | RangeError} where a path, format, default or expression is invalid.
 */
export function compileValue(spec: Partial<ValueSpec>, context: ValueContext): ColumnReader {
  const markers = markersOf(spec, context.nulls, context.type === "jsonb");
  const options = {
    ...context,
    format: spec.format,
    decimal: spec.decimal ?? ".",
    scale: spec.scale,
    timeZone: spec.time_zone ?? context.timeZone,
    zoneCounts: spec.time_zone !== undefined,
    ambiguous: spec.ambiguous,
  };
  const cast = castOf(context.type, options);
  const fallback = defaultOf(spec, castOf(context.type, { ...options, scale: undefined }));
  const read = compileSteps(spec, context, markers, cast, fallback);
  if (spec.value !== undefined) return constantOf(spec.value, read);
  if (spec.template !== undefined) return compileTemplate(spec.template, markers.isNull, read);
  const paths = (spec.hash ?? spec.path ?? []).map(parsePath);
  if (spec.plus !== undefined) {
    return plusReader(paths, read, spec.plus, { ...context, timeZone: options.timeZone });
  }
  if (spec.hash !== undefined) return { paths, read: hashReader(context.type === "bigint", read) };
  if (paths.length > 1) return { paths, read, isNull: markers.isNull };
  return { paths, read, ...shortcutOf(spec, context, options, fallback) };
}

/** Reads the start, from the first path that has one, and adds the steps. */
function plusReader(
  paths: readonly Path[],
  read: (found: unknown) => Reading,
  plus: PlusSpec,
  { timeZone, onRefusal }: ValueContext,
): ColumnReader {
  const lengths = stepLength(plus.of) === undefined ? [plus.of] : [];
  return {
    paths: [...paths, ...[plus.count, ...lengths].map(parsePath)],
    read: (...found) => {
      const start = found.slice(0, paths.length).find((value) =>
        value !== null && value !== undefined
      );
      const text = read(start);
      if (typeof text !== "string") {
        return text instanceof Unresolved ? new Refusal(text.reason, text.value) : text;
      }
      const sum = addSteps(text, found.slice(paths.length), plus, timeZone);
      if (typeof sum === "string") return sum;
      onRefusal();
      return new Refusal(sum.reason, start);
    },
  };
}

/** How most strings can be read without the steps. */
function shortcutOf(
  { capture, case: letters, map, nulls: own }: Partial<ValueSpec>,
  { type, nulls }: ValueContext,
  options: CastOptions,
  fallback: string | null,
): Pick<ColumnReader, "plain" | "capture"> {
  const plain = fastPathOf(type, options);
  if (plain === undefined || letters !== undefined || map !== undefined) return {};
  const markers = (own ?? nulls).filter((marker) => mayBe(marker, plain));
  const markerChars = Math.max(0, ...markers.map((marker) => marker.length));
  if (capture === undefined) {
    return {
      plain: { ...plain, markerChars, ...(own ?? nulls).includes("") ? { empty: fallback } : {} },
    };
  }
  if (plain.test !== "text" || plain.maxChars !== undefined) return {};
  const { expression, fastChars, hasGroup } = compilePattern(capture);
  return { capture: { expression, fastChars, group: hasGroup ? 1 : 0, fallback, markerChars } };
}

/** Whether a marker may pass the test of the fast path, so that short strings must be compared with it. */
function mayBe(marker: string, { test }: FastPath): boolean {
  return test === "text" || /\d/.test(marker);
}

function constantOf(value: unknown, read: (found: unknown) => Reading): ColumnReader {
  const constant = read(value);
  if (!(constant instanceof Refusal)) return { paths: [], read: () => constant, constant };
  throw new RangeError(`${JSON.stringify(value)} ${constant.reason}`);
}

/** The steps from a value to its text form. */
function compileSteps(
  spec: Partial<ValueSpec>,
  { type, onRefusal }: ValueContext,
  { strip, isNull }: Markers,
  cast: Cast,
  fallback: string | null,
): (found: unknown) => Reading {
  const rewrite = compileRewrite(spec, isNull);
  const isList = type.endsWith("[]");
  const step = rewrite === undefined ? strip : (value: unknown): unknown => {
    const text = strip(value);
    return text === null ? null : rewrite(text);
  };
  const { split, join } = spec;
  return (found) => {
    const value = isList && Array.isArray(found)
      ? found.map(step)
      : isList && split !== undefined && typeof found === "string"
      ? partsOf(strip(found), split, step)
      : join !== undefined && Array.isArray(found)
      ? joined(found, join, step, cast)
      : step(found);
    if (value === null) return fallback;
    const text = value instanceof Invalid ? value : cast(value);
    if (typeof text === "string") return text;
    if (spec.invalid === "null") return fallback;
    onRefusal();
    if (text instanceof AmbiguousTime) return new Unresolved(text, found);
    return new Refusal(reasonOf(text, value, found), found);
  };
}

/** The reason, with the string that the steps produced where it differs from the value. */
function reasonOf({ reason }: Invalid, value: unknown, found: unknown): string {
  if (typeof value !== "string" || value === String(found).trim()) return reason;
  return `becomes ${JSON.stringify(value.slice(0, 60))}, which ${reason}`;
}

/** The parts of an array written as one string, each taken through the steps; null parts are dropped. */
function partsOf(text: unknown, between: string, step: (part: string) => unknown): unknown {
  if (typeof text !== "string") return text;
  return text.split(between).map(step).filter((part) => part !== null);
}

/** The elements of an array, each taken through the steps, as one string; null without any. */
function joined(
  found: readonly unknown[],
  between: string,
  step: (part: unknown) => unknown,
  cast: Cast,
): unknown {
  const parts = found.map(step).filter((part) => part !== null && part !== undefined)
    .map((part) => part instanceof Invalid ? part : cast(part));
  if (parts.length === 0) return null;
  return parts.find((part) => part instanceof Invalid) ?? parts.join(between);
}

function defaultOf(spec: Partial<ValueSpec>, cast: Cast): string | null {
  if (spec.default === undefined || spec.default === null) return null;
  const text = cast(spec.default);
  if (typeof text === "string") return text;
  throw new RangeError(`${JSON.stringify(spec.default)} ${text.reason}`);
}
