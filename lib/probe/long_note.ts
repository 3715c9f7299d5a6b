// Writes the note that a report covers only the beginning of a long response. Pure.
import type { ParsedResponse } from "../fetch/response/read_response.ts";
import type { OkResponse } from "../fetch/ok_response.ts";
import { formatCount } from "../report/text/format.ts";

/** What to know about the first records of a long file. */
export function longNotes({ rest }: OkResponse, { records }: ParsedResponse): string[] {
  if (rest === undefined) return [];
  return [
    `the response is long: only its first ${formatCount(records.length, "record")} were read`,
  ];
}
