// Owns the user's answers to `init`, given as flags or on a terminal, and their notations. Pure. Invariant: each notation
// is checked when it is read, so that a wrong answer never reaches a file.
import { COLUMN_TYPES } from "../config/schema/job_schema.ts";
import { suggest } from "../did_you_mean.ts";
import { Failure } from "../failure.ts";
import { snakeCase } from "./column_name.ts";
import type { PagingDraft } from "./propose_paging.ts";
import type { ColumnDraft } from "./record_walk.ts";

/** The user's answers; undefined ones are proposed or omitted. */
export interface InitAnswers {
  /** Name of the job. */
  readonly name?: string | undefined;
  /** Base URL of the API. */
  readonly url?: string | undefined;
  /** Path below it. */
  readonly path?: string | undefined;
  /** Parameter that takes one day. */
  readonly dateParam?: string | undefined;
  /** Parameter of the first day or instant. */
  readonly fromParam?: string | undefined;
  /** Parameter of the last day or instant. */
  readonly toParam?: string | undefined;
  /** Format of dates in requests. */
  readonly dateFormat?: string | undefined;
  /** Whether the end is inclusive. */
  readonly endIncluded?: boolean | undefined;
  /** Length of windows. */
  readonly window?: string | undefined;
  /** First date with data. */
  readonly start?: string | undefined;
  /** Time zone of the dates. */
  readonly timeZone?: string | undefined;
  /** Path of the records. */
  readonly records?: string | undefined;
  /** Fields that identify a record. */
  readonly key?: readonly string[] | undefined;
  /** Fields and their types, such as `value:numeric`. */
  readonly columns?: readonly string[] | undefined;
  /** Path of the total. */
  readonly total?: string | undefined;
  /** `offset:skip:limit:100`, `page:page:per_page:100`, `cursor:meta.next:cursor`, `next_link:next`, `link_header`. */
  readonly paging?: string | undefined;
  /** `none`, `basic`, `bearer`, `header:X-Api-Key` or `query:api_key`. */
  readonly auth?: string | undefined;
  /** Allowed rate. */
  readonly limit?: string | undefined;
}

/**
 * An answer that a job requires.
 *
 * @throws {Failure} of kind `configuration` where it was not given.
 */
export function required(given: string | undefined, flag: string, example: string): string {
  if (given !== undefined && given !== "") return given;
  throw new Failure("configuration", `Cannot write a job: --${flag} is not given`, {
    hint: `Pass --${flag}, such as --${flag} ${example}, or answer the questions on a terminal`,
  });
}

/**
 * Reads `value:numeric`, a field and its type; the type is text unless given.
 *
 * @throws {Failure} of kind `configuration` where the type is unknown.
 */
export function readColumn(text: string): ColumnDraft {
  const at = text.lastIndexOf(":");
  const [field, type] = at < 0 ? [text, "text"] : [text.slice(0, at), text.slice(at + 1)];
  const known = COLUMN_TYPES.find((one) => one === type);
  if (known !== undefined && field !== "") {
    return { name: snakeCase(field), type: known, value: field };
  }
  const near = suggest(type, COLUMN_TYPES);
  throw new Failure("configuration", `Cannot read the column "${text}": "${type}" is not a type`, {
    hint: near === undefined
      ? `Write a field and one of ${COLUMN_TYPES.filter((one) => !one.endsWith("[]")).join(", ")}`
      : `Did you mean "${field}:${near}"?`,
  });
}

/**
 * Reads `offset:skip:limit:100` and the like.
 *
 * @throws {Failure} of kind `configuration` where the text is anything else.
 */
export function readPaging(text: string): PagingDraft | undefined {
  const [by = "", ...rest] = text.split(":");
  const isSize = (size = "100") => /^[1-9]\d{0,6}$/.test(size);
  const sized = (param = "", size = "100") =>
    param === "" ? { size: Number(size) } : { size_param: param, size: Number(size) };
  const [first = "", second, third] = rest;
  if (by === "none") return undefined;
  if (by === "offset" && first !== "" && isSize(third)) {
    return { by, offset_param: first, ...sized(second, third) };
  }
  if (by === "page" && first !== "" && isSize(third)) {
    return { by, page_param: first, ...sized(second, third) };
  }
  if (by === "cursor" && second !== undefined) return { by, cursor: first, cursor_param: second };
  if (by === "next_link" && first !== "") return { by, link: rest.join(":") };
  if (by === "link_header" && isSize(second)) {
    return { by, ...first === "" ? {} : sized(first, second) };
  }
  throw new Failure("configuration", `Cannot write a job: --paging "${text}" is not supported`, {
    hint: "Write offset:skip:limit:100, page:page:per_page:100, cursor:meta.next:cursor, " +
      "next_link:links.next, link_header or none",
  });
}
