// Owns how the value of one column comes to be: found at paths (or a constant, a template, a hash), then
// null markers, blanks cut off, capture, case, map, cast, default, in this order. Everything that can be
// decided from the job is decided once; what is left is a function of the values found.
import type { ColumnType, ValueSpec } from "../../config/schema/job_schema.ts";
import { castOf } from "../cast/cast.ts";
import { hashReader } from "./hash.ts";
import { type Cast, type CastOptions, Invalid } from "../cast/invalid.ts";
import { type Markers, markersOf, type NoneTest } from "./null_markers.ts";
import { parsePath, type Path } from "./path.ts";
import { type PlainForm, plainFormOf } from "../cast/fast_path.ts";
import { captureOf, compileRewrite } from "./rewrite.ts";
import { compileTemplate } from "./text_template.ts";

export { captureOf } from "./rewrite.ts";

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

/** How a column is read: what the paths find goes into `read`, in order, or the first that is not none. */
export interface ColumnReader {
  /** Where its values are found; none for a constant. */
  readonly paths: readonly Path[];
  /** What they become. */
  readonly read: (...found: unknown[]) => Reading;
  /** Where only the first value that is not none goes into `read`: whether one is. */
  readonly isNone?: NoneTest;
  /** What they become where that never changes. */
  readonly constant?: string | null;
  /** Texts that may be taken without `read`. */
  readonly plain?: PlainValue;
  /** How texts without blanks around them may be taken without `read`. */
  readonly capture?: CapturedValue;
}

/** Texts that are what they become: plain ones longer than any null marker. */
export interface PlainValue extends PlainForm {
  /** Length of the longest marker. */
  readonly markerChars: number;
  /** What the empty text becomes, where it is a marker. */
  readonly empty?: string | null;
}

/** Texts of which a part is taken, and nothing else is done about it. */
export interface CapturedValue {
  /** The expression. */
  readonly expression: RegExp;
  /** The group that is taken. */
  readonly group: 0 | 1;
  /** What a text without a match becomes. */
  readonly none: string | null;
  /** Length of the longest null marker; `read` looks at parts that are no longer. */
  readonly markerChars: number;
}

/** What a value depends on beside its own spec. */
export interface ValueContext {
  /** Type of the column. */
  readonly type: ColumnType;
  /** The job's texts that mean no value. */
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

/**
 * Compiles the value of a column.
 *
 * @throws {SyntaxError | RangeError} saying what is wrong with a path, a format, a default or an expression.
 */
export function compileValue(spec: Partial<ValueSpec>, context: ValueContext): ColumnReader {
  const markers = markersOf(spec, context.nulls);
  const options = { ...context, format: spec.format, decimal: spec.decimal ?? "." };
  const cast = castOf(context.type, options);
  const none = defaultOf(spec, cast);
  const read = compileSteps(spec, context, markers, cast, none);
  if (spec.value !== undefined) return constantOf(spec.value, read);
  if (spec.template !== undefined) return compileTemplate(spec.template, markers.isNone, read);
  const paths = (spec.hash ?? spec.path ?? []).map(parsePath);
  if (spec.hash !== undefined) return { paths, read: hashReader(context.type === "bigint", read) };
  if (paths.length > 1) return { paths, read, isNone: markers.isNone };
  return { paths, read, ...shortcutOf(spec, context, options, none) };
}

/** What may be done about most texts without the steps. */
function shortcutOf(
  { capture, case: letters, map, nulls: own }: Partial<ValueSpec>,
  { type, nulls }: ValueContext,
  options: CastOptions,
  none: string | null,
): Pick<ColumnReader, "plain" | "capture"> {
  const plain = plainFormOf(type, options);
  if (plain === undefined || letters !== undefined || map !== undefined) return {};
  const markers = (own ?? nulls).filter((marker) => mayBe(marker, plain));
  const markerChars = Math.max(0, ...markers.map((marker) => marker.length));
  if (capture === undefined) {
    return {
      plain: { ...plain, markerChars, ...(own ?? nulls).includes("") ? { empty: none } : {} },
    };
  }
  if (plain.test !== "text" || plain.maxChars !== undefined) return {};
  const expression = captureOf(capture);
  return { capture: { expression, group: groupOf(capture), none, markerChars } };
}

/** The group that a capture takes: the first, or the whole match where there is none. */
function groupOf(capture: string): 0 | 1 {
  return new RegExp(`${capture}|`, "u").exec("")!.length > 1 ? 1 : 0;
}

/** Whether a marker may pass the test of plain texts, so that short texts must be looked at for it. */
function mayBe(marker: string, { test }: PlainForm): boolean {
  return test === "text" || /\d/.test(marker);
}

function constantOf(value: unknown, read: (found: unknown) => Reading): ColumnReader {
  const constant = read(value);
  if (!(constant instanceof Refusal)) return { paths: [], read: () => constant, constant };
  throw new RangeError(`${JSON.stringify(value)} ${constant.reason}`);
}

/** The steps from a value that was found to a text. */
function compileSteps(
  spec: Partial<ValueSpec>,
  { type, onRefusal }: ValueContext,
  { strip, isNone }: Markers,
  cast: Cast,
  none: string | null,
): (found: unknown) => Reading {
  const rewrite = compileRewrite(spec, isNone);
  const isList = type.endsWith("[]");
  const step = rewrite === undefined ? strip : (value: unknown): unknown => {
    const text = strip(value);
    return text === null ? null : rewrite(text);
  };
  const { split } = spec;
  return (found) => {
    const value = isList && Array.isArray(found)
      ? found.map(step)
      : isList && split !== undefined && typeof found === "string"
      ? partsOf(strip(found), split, step)
      : step(found);
    if (value === null) return none;
    const text = value instanceof Invalid ? value : cast(value);
    if (typeof text === "string") return text;
    if (spec.invalid === "null") return none;
    onRefusal();
    return new Refusal(reasonOf(text, value, found), found);
  };
}

/** The reason, with the text that the steps made of the value where that is another one. */
function reasonOf({ reason }: Invalid, value: unknown, found: unknown): string {
  if (typeof value !== "string" || value === String(found).trim()) return reason;
  return `becomes ${JSON.stringify(value.slice(0, 60))}, which ${reason}`;
}

/** The parts of a list that was written as one text, each taken through the steps; none is no part. */
function partsOf(text: unknown, between: string, step: (part: string) => unknown): unknown {
  if (typeof text !== "string") return text;
  return text.split(between).map(step).filter((part) => part !== null);
}

function defaultOf(spec: Partial<ValueSpec>, cast: Cast): string | null {
  if (spec.default === undefined || spec.default === null) return null;
  const text = cast(spec.default);
  if (typeof text === "string") return text;
  throw new RangeError(`${JSON.stringify(spec.default)} ${text.reason}`);
}
