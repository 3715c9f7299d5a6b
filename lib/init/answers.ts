// Owns what a person says to `init`, as flags or answers to questions, and the notations of it. Pure.
import { Failure } from "../failure.ts";
import { snakeCase } from "./column_name.ts";
import type { PagingDraft } from "./propose_paging.ts";
import type { ColumnDraft } from "./record_walk.ts";

/** What a person said; what is undefined is proposed or left out. */
export interface InitAnswers {
  /** Name of the job. */
  readonly name?: string | undefined;
  /** Base URL of the API. */
  readonly url?: string | undefined;
  /** Path below it. */
  readonly path?: string | undefined;
  /** Parameter that takes one day. */
  readonly dateParam?: string | undefined;
  /** Parameters that take the first and the last moment. */
  readonly fromParam?: string | undefined;
  /** See `fromParam`. */
  readonly toParam?: string | undefined;
  /** Format of dates in requests. */
  readonly dateFormat?: string | undefined;
  /** Whether the end is part of what is asked for. */
  readonly endIncluded?: boolean | undefined;
  /** Length of windows. */
  readonly window?: string | undefined;
  /** First date there is. */
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
 * What was said.
 *
 * @throws {Failure} of kind `configuration` where it was not.
 */
export function needed(given: string | undefined, flag: string, example: string): string {
  if (given !== undefined && given !== "") return given;
  throw new Failure("configuration", `Cannot write a job: --${flag} is not given`, {
    hint: `Give --${flag}, such as --${flag} ${example}, or answer the questions on a terminal`,
  });
}

/** Reads `value:numeric`, a field and its type. */
export function readColumn(text: string): ColumnDraft {
  const [field = "", type = "text"] = text.split(":");
  return {
    name: snakeCase(field),
    type: type as ColumnDraft["type"],
    value: field,
  };
}

/**
 * Reads `offset:skip:limit:100` and the like.
 *
 * @throws {Failure} of kind `configuration` where it is none of them.
 */
export function readPaging(text: string): PagingDraft | undefined {
  const [by = "", ...rest] = text.split(":");
  const sized = (param = "", size = "100") =>
    param === "" ? { size: Number(size) } : { size_param: param, size: Number(size) };
  const [first = "", second, third] = rest;
  if (by === "none") return undefined;
  if (by === "offset" && first !== "") return { by, offset_param: first, ...sized(second, third) };
  if (by === "page" && first !== "") return { by, page_param: first, ...sized(second, third) };
  if (by === "cursor" && second !== undefined) return { by, cursor: first, cursor_param: second };
  if (by === "next_link" && first !== "") return { by, link: first };
  if (by === "link_header") return { by, ...first === "" ? {} : sized(first, second) };
  throw new Failure("configuration", `Cannot write a job: there is no --paging "${text}"`, {
    hint: "Say offset:skip:limit:100, page:page:per_page:100, cursor:meta.next:cursor, " +
      "next_link:links.next, link_header or none",
  });
}
