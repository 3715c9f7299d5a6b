// Owns templates, the strings of a request that contain placeholders: it parses them once and renders them
// with a window, the values of for_each and the parameters. Except for percent-encoding in paths it does
// not know where the result is sent. Invariant: only own properties are read.
import { Failure } from "../../failure.ts";
import { type CivilMinute, parseCivil } from "../../plan/time/civil.ts";
import { formatEdge, formatInstant, type WindowEdge } from "./moment_format.ts";
import { type Placeholder, readPlaceholder, type TemplateProblem } from "./placeholder.ts";

export type { Placeholder, TemplateProblem };

/** A parsed template: literals and placeholders in order. */
export interface Template {
  /** The template as written. */
  readonly text: string;
  /** At least one part. */
  readonly parts: readonly (string | Placeholder)[];
}

/** The values that placeholders are rendered with; a `Unit` with the job's time zone. */
export interface RenderValues {
  /** The window, half-open; null for a stream without dates. */
  readonly window: { readonly from: CivilMinute; readonly to: CivilMinute } | null;
  /** Values of `for_each` by name: strings, numbers, or records of them. */
  readonly each: Readonly<Record<string, unknown>>;
  /** Values of the job's parameters by name. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The job's time zone. */
  readonly timeZone: string;
  /** The ID of an export that was ordered. */
  readonly export?: { readonly id: string } | undefined;
  /** The position of a feed. */
  readonly since?: FeedValues | undefined;
  /** Page number, offset or cursor, if the request has a placeholder for it. */
  readonly paging?: Readonly<Record<string, unknown>>;
}

/** Where a reading of a feed begins. */
export interface FeedValues {
  /** The declared start of the feed: a date, or a value that is sent unchanged. */
  readonly start?: string | number | undefined;
  /** Where the last reading ended; undefined before the first. */
  readonly cursor?: string | undefined;
  /** The instant (epoch ms) that the cursor writes in ISO 8601; undefined for any other cursor. */
  readonly cursorAt?: number | undefined;
}

/** A brace that begins a placeholder, known or not; other braces, as in JSON or GraphQL, are literal. */
const OPENING =
  /\{(?:\s*(?:from|to|last|before|params|each|export|since)\b|[A-Za-z_][^\s{}"']*\})/y;

/**
 * Parses a template, or says what is wrong with it.
 *
 * `{{` is a literal `{`, and `}}` the literal `}` that closes it. A brace that is not followed by a name is
 * literal, so that JSON and GraphQL need no escapes.
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
      if (end < 0) {
        return { problem: 'a "{" has no closing "}"', guess: undefined, at: text.slice(at) };
      }
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
 * Parses a template.
 *
 * @throws {Failure} of kind `configuration` if a placeholder is unknown or not closed.
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
 * The template as a string, or as an array if it is a single placeholder whose value is an array.
 *
 * Undefined if a placeholder has no value (absent, null or an empty array): the parameter is then omitted.
 * With `percentEncode` the values, but not the literals, are encoded for a path; with `escapeXml`, for XML.
 *
 * @throws {Failure} of kind `window` if a value adds a path segment `.` or `..`.
 */
export function renderTemplate(
  template: Template,
  values: RenderValues,
  options: { percentEncode?: boolean; escapeXml?: boolean } = {},
): string | string[] | undefined {
  // Slashes in a date pattern come from the job itself, as in "{from|%Y/%m}".
  const encodeOf = ({ from, slashes }: Placeholder) => {
    if (options.escapeXml === true) return escapedXml;
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
 * A template of one placeholder keeps the type of its value: `{from|epoch}` is a number, `{each.id}` has
 * the type in the query or list, an array stays an array. `|text` and `|number` override this.
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
  const isCount = part.from === "paging" && part.name !== "cursor";
  const isNumber = isCount || part.from === "window" && epoch;
  const as = part.as ?? (isNumber ? "number" : undefined);
  if (as === "text") return textOf(value);
  return as === "number" ? Number(value) : value;
}

function placeholderValue(part: Placeholder, values: RenderValues): unknown {
  if (part.from === "window") {
    if (values.window === null) return undefined;
    return formatEdge(
      part.name as WindowEdge,
      values.window,
      part.format,
      values.timeZone,
      part.utc,
    );
  }
  if (part.from === "since") return positionOf(part, values);
  let value: unknown = own(values[part.from], part.name);
  for (const field of part.fields) value = own(value, field);
  return Array.isArray(value) ? value.filter((item) => item !== null && item !== undefined) : value;
}

/** The cursor of a feed, as the API returned it or in the declared format, or where the feed begins. */
function positionOf(
  { name, format, isFormatted, utc }: Placeholder,
  { since = {}, timeZone }: RenderValues,
): unknown {
  const { start, cursor, cursorAt } = since;
  if (name === "cursor" || name === "" && cursor !== undefined) {
    const isTime = isFormatted === true && cursorAt !== undefined;
    return isTime ? formatInstant(cursorAt, format, timeZone, utc) : cursor;
  }
  if (cursor !== undefined || start === undefined) return undefined;
  const at = parseCivil(String(start));
  return at === undefined ? start : formatEdge("from", { from: at, to: at }, format, timeZone, utc);
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function textOf(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function escapedXml(text: string): string {
  return text.replace(/[<>&"']/g, (mark) => `&#${mark.charCodeAt(0)};`);
}

/** Encodes path segments. A colon, as in a time of day, needs no encoding (RFC 3986, section 3.3). */
function encodePath(text: string): string {
  return text.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":");
}

/** URL parsers resolve dot segments, encoded or not, so a value could reach another endpoint. */
function refuseDots(template: Template, text: string): void {
  if (!/(^|\/)\.{1,2}(\/|$)/.test(text)) return;
  throw new Failure(
    "window",
    `Cannot build the path "${template.text}": a value adds a segment "." or ".."`,
    { hint: "Check the values of for_each and of the parameters" },
  );
}
