// Owns the texts of a request that hold placeholders: reads them once, and renders them against a
// window, the values of for_each and the parameters. It never knows where a text goes but for one
// option, percent-encoding in paths. Invariant: only own properties are read.
import { Failure } from "../../failure.ts";
import type { CivilMinute } from "../../plan/time/civil.ts";
import { formatEdge, type WindowEdge } from "./moment_format.ts";
import { type Placeholder, readPlaceholder, type TemplateProblem } from "./placeholder.ts";

export type { Placeholder, TemplateProblem };

/** A template that was read: literal texts and placeholders in order. */
export interface Template {
  /** The template as it is written. */
  readonly text: string;
  /** At least one part. */
  readonly parts: readonly (string | Placeholder)[];
}

/** What placeholders are rendered against; a `Unit` with the job's time zone. */
export interface RenderValues {
  /** The window, half-open; null for a stream without dates. */
  readonly window: { readonly from: CivilMinute; readonly to: CivilMinute } | null;
  /** Values of `for_each` by name: texts, numbers, or records of them. */
  readonly each: Readonly<Record<string, unknown>>;
  /** Values of the job's parameters by name. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The job's time zone. */
  readonly timeZone: string;
  /** Number of the page or offset, where it goes into the path. */
  readonly paging?: Readonly<Record<string, string | number>>;
}

/** A brace that begins a placeholder, known or not; others, as in JSON or GraphQL, are just braces. */
const OPENING = /\{(?:\s*(?:from|to|last|before|params|each)\b|[A-Za-z_][^\s{}"']*\})/y;

/**
 * Reads a template, or says what is wrong with it.
 *
 * `{{` is a literal `{`, and `}}` the literal `}` that closes it; a brace that no name follows stands
 * for itself, so that JSON and GraphQL can be written as they are.
 */
export function readTemplate(written: string | number | boolean): Template | TemplateProblem {
  const text = String(written);
  const parts: (string | Placeholder)[] = [];
  let literal = "";
  let doubled = 0;
  for (let at = 0; at < text.length;) {
    const pair = text.slice(at, at + 2);
    OPENING.lastIndex = at;
    if (pair === "{{" || pair === "}}" && doubled > 0) {
      doubled += pair === "{{" ? 1 : -1;
      literal += pair[0];
      at += 2;
    } else if (OPENING.test(text)) {
      const end = text.indexOf("}", at);
      if (end < 0) return { problem: 'a "{" has no "}"', guess: undefined, at: text.slice(at) };
      const placeholder = readPlaceholder(text.slice(at, end + 1));
      if ("problem" in placeholder) return placeholder;
      if (literal !== "") parts.push(literal);
      parts.push(placeholder);
      literal = "";
      at = end + 1;
    } else literal += text[at++];
  }
  if (literal !== "" || parts.length === 0) parts.push(literal);
  return { text, parts };
}

/**
 * Reads a template.
 *
 * @throws Failure("configuration") where a placeholder is not known or not closed.
 */
export function parseTemplate(text: string | number | boolean): Template {
  const template = readTemplate(text);
  if (!("problem" in template)) return template;
  const hint = template.guess === undefined ? undefined : `Did you mean "${template.guess}"?`;
  throw new Failure(
    "configuration",
    `Cannot read template "${text}": ${template.problem}`,
    hint === undefined ? {} : { hint },
  );
}

/** The placeholders of a template, for cross-checks. */
export function placeholders(template: Template): Placeholder[] {
  return template.parts.filter((part) => typeof part !== "string");
}

/**
 * The template as text; a list where it consists of one placeholder whose value is a list.
 *
 * Undefined where a placeholder has no value (absent, null or an empty list): the parameter is left
 * out. With `percentEncode` each value, but not the template's own text, is encoded for a path.
 *
 * @throws Failure("window") for a path that a value turns into one with a segment `.` or `..`.
 */
export function renderTemplate(
  template: Template,
  values: RenderValues,
  options: { percentEncode?: boolean } = {},
): string | string[] | undefined {
  // The slashes of a date's pattern are the job's own, as in "{from|%Y/%m}".
  const encodeOf = ({ from, slashes }: Placeholder) => {
    if (options.percentEncode !== true) return (text: string) => text;
    return slashes === true || from === "window" ? encodePath : encodeURIComponent;
  };
  const whole = template.parts.length === 1;
  let text = "";
  for (const part of template.parts) {
    const value = typeof part === "string" ? part : placeholderValue(part, values);
    if (value === undefined || value === null) return undefined;
    if (typeof part === "string") {
      text += part;
      continue;
    }
    const encode = encodeOf(part);
    const list = Array.isArray(value) ? value.map(textOf).map((text) => encode(text)) : undefined;
    if (list?.length === 0) return undefined;
    if (list !== undefined && whole && part.join === undefined) return list;
    text += list?.join(part.join ?? ",") ?? encode(textOf(value));
  }
  if (options.percentEncode === true && !whole) refuseDots(template, text);
  return text;
}

/**
 * The template as a value of a JSON body.
 *
 * A template of one placeholder keeps the type of its value: `{from|epoch}` is a number,
 * `{each.id}` what the query or list holds, a list a list; `|text` and `|number` say otherwise.
 */
export function renderJson(template: Template, values: RenderValues): unknown {
  const [part] = template.parts;
  if (template.parts.length !== 1 || part === undefined || typeof part === "string") {
    return renderTemplate(template, values);
  }
  const value = placeholderValue(part, values);
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    if (part.join !== undefined) return value.map(textOf).join(part.join);
    return value.map((item) => typed(item, part));
  }
  return typed(value, part);
}

function typed(value: unknown, part: Placeholder): unknown {
  const epoch = part.format === "epoch" || part.format === "epoch_ms";
  const as = part.as ?? (part.from === "window" && epoch ? "number" : undefined);
  if (as === "text") return textOf(value);
  return as === "number" ? Number(value) : value;
}

function placeholderValue(part: Placeholder, values: RenderValues): unknown {
  if (part.from === "window") {
    if (values.window === null) return undefined;
    return formatEdge(part.name as WindowEdge, values.window, part.format, values.timeZone);
  }
  let value: unknown = own(values[part.from], part.name);
  for (const field of part.fields) value = own(value, field);
  return Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined) : value;
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A colon, as in a time of day, may stand in a path as it is (RFC 3986, section 3.3). */
function encodePath(text: string): string {
  return text.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":");
}

/** A URL parser removes such segments, encoded or not: a value would reach another endpoint. */
function refuseDots(template: Template, text: string): void {
  if (!/(^|\/)\.{1,2}(\/|$)/.test(text)) return;
  throw new Failure(
    "window",
    `Cannot make a path of "${template.text}": a value makes it "${text}", which leaves the path`,
    { hint: "Look at the values of for_each and of the parameters" },
  );
}
