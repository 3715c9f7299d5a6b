// Creates the verdict on a response that declares records beyond those that were read, with the YAML to write. Pure.
import { formatCount } from "../../report/text/format.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import type { Continuation } from "./continuation.ts";
import type { PageFacts, Verdict } from "./paginator.ts";
import { suggestPaging } from "./suggest_paging.ts";
import { failed, tooFull } from "./verdict.ts";

/** Whether a response declares how many records there are. */
export function isCount({ kind }: Continuation): boolean {
  return kind === "total";
}

/** GitHub's flag for a search that was given up, which does not say that pages follow. */
export function isPartial({ kind, path }: Pick<Continuation, "kind" | "path">): boolean {
  return kind === "flag" && /incomplete_?results$/i.test(path);
}

/** What was read of a window. */
export interface ReadSoFar {
  /** Records read. */
  readonly records: number;
  /** Pages read. */
  readonly pages: number;
  /** Whether the job declares how pages follow each other. */
  readonly isPaged: boolean;
}

/** The verdict on a response that declares records that were not read. */
export function contradicted(
  page: PageFacts,
  { records, pages, isPaged }: ReadSoFar,
  signs: readonly Continuation[],
): Verdict {
  const sign = signs[0]!;
  const read = pages === 1 ? "the response holds" : `${pages} pages hold`;
  const reason = `${read} ${counted(records)}, but ${wordsOf(sign)}`;
  if (isPartial(sign)) return tooFull(reason, "Make the windows shorter");
  const lines = suggestPaging(signs, { records, limit: page.limitEqualTo(records) });
  const suggested = lines.map((line) => `"${line}"`).join(" and ");
  if (!isPaged) {
    const hint = `Write ${suggested} in the stream, or "paging: none" if the response is complete`;
    return isCount(sign) ? tooFull(reason, hint) : failed(reason, hint);
  }
  return failed(
    reason,
    isCount(sign)
      ? `Check "paging" and write "total: ${sign.path}" in the stream, or "total: none" if the number means something else`
      : `Correct "paging" of the stream; the response suggests ${suggested}`,
  );
}

function counted(records: number): string {
  return formatCount(records, "record");
}

function wordsOf({ kind, path, value }: Continuation): string {
  switch (kind) {
    case "total":
      return `"${path}" declares ${value} records`;
    case "pages":
      return `"${path}" declares ${value} pages`;
    case "flag":
      return `"${path}" is ${shownValue(value)}, so ${
        isPartial({ kind, path }) ? "records are missing" : "more follow"
      }`;
    case "link_header":
      return 'the header "Link" leads to a next page';
    case "link":
    case "cursor":
      return `"${path}" leads to a next page`;
  }
}
