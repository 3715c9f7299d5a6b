// Guesses how the pages of an API follow each other from one saved response: no document names its parameters, so
// their names are guesses, and marked as such. Pure.
import type { PagingDraft, PagingProposal } from "./propose_paging.ts";
import type { RecordsProposal } from "./propose_records.ts";

/** A member with the number of the page. */
const PAGE_MEMBER = /^page(_?(number|index))?$/i;

/** The paging that a saved response with so many records shows. */
export function pagingOfSample(response: RecordsProposal, count: number): PagingProposal {
  const { link, total, all } = response;
  if (link !== undefined) return { paging: { by: "next_link", link }, guesses: [], signs: [] };
  const [paging, param] = cursorOfSample(response) ??
    numberOfSample(response, Math.max(1, count)) ??
    [];
  if (paging === undefined) {
    return { paging, guesses: [], signs: all.filter((path) => path !== total) };
  }
  return { paging, guesses: [`the name of the parameter "${param}" is a guess`], signs: [] };
}

/** Paging by a cursor, or by the last id, and the guessed parameter. */
function cursorOfSample(
  { cursor, more, path, record, records, all }: RecordsProposal,
): [PagingDraft, string] | undefined {
  const flag = more === undefined ? {} : { more };
  if (cursor !== undefined) {
    const last = cursor.split(".").at(-1)!.replace(/^(next|end)_?/i, "") || "cursor";
    const param = last.charAt(0).toLowerCase() + last.slice(1);
    return [{ by: "cursor", cursor, cursor_param: param, ...flag }, param];
  }
  const hasIds = record.kind === "object" && record.members.has("id");
  if (more === undefined || !hasIds || typeof records !== "string") return undefined;
  if (memberOf(all, PAGE_MEMBER) !== undefined) return undefined;
  const param = "starting_after";
  return [{ by: "cursor", cursor: `${path}[-1].id`, cursor_param: param, ...flag }, param];
}

/** Paging by offset or page number, as the response repeats them, and the guessed parameter. */
function numberOfSample(
  { pages, total, more, all }: RecordsProposal,
  size: number,
): [PagingDraft, string] | undefined {
  const offset = memberOf(all, /^(offset|skip|start_?(at|index))$/i);
  if (offset !== undefined && total !== undefined) {
    return [{ by: "offset", offset_param: offset, size }, offset];
  }
  const page = memberOf(all, PAGE_MEMBER);
  if (pages === undefined && more === undefined && page === undefined) return undefined;
  const param = page ?? "page";
  const end = pages !== undefined ? { pages } : more !== undefined ? { more } : { size };
  return [{ by: "page", page_param: param, ...end }, param];
}

/** The name of the first member that matches, of those at these paths. */
function memberOf(paths: readonly string[], name: RegExp): string | undefined {
  return paths.map((path) => path.split(".").at(-1)!).find((one) => name.test(one));
}
