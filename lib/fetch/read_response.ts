// Owns what is read of one good answer: its text, the value it decodes to, the records in it and the
// total it states. Pure. Invariant: an answer that has not the declared shape is an error, never an
// empty page.
import type { Stream } from "../config/schema/job_schema.ts";
import { type Answer, parsePath, responseReader } from "../extract/value/path.ts";
import { decodeBody, readRecords } from "../extract/decode/read_records.ts";
import { Failure } from "../failure.ts";
import { decodeText } from "../extract/decode/charset.ts";
import { shownValue } from "../report/text/shown_value.ts";
import { wholeNumber } from "./paging/stated_number.ts";

/** What is read of an answer. */
export interface ParsedResponse extends Answer {
  /** The records. */
  readonly records: unknown[];
  /** The total that the answer states; null where it states none. */
  readonly total: number | null;
}

/** What comes in. */
export interface UnreadAnswer {
  /** Headers of the answer. */
  readonly headers: Headers;
  /** Body after decompression. */
  readonly body: Uint8Array;
  /** Whether it is known that nothing is there, whatever the body says. */
  readonly isEmpty: boolean;
}

/**
 * Reads an answer the way its stream declares, with yields in between.
 *
 * @throws Failure("window") where it cannot be read so.
 */
export function* readResponse(
  stream: Stream,
  answer: UnreadAnswer,
): Generator<void, ParsedResponse> {
  const header = (name: string) => answer.headers.get(name);
  if (answer.isEmpty) return { body: null, header, records: [], total: null };
  const body = yield* decode(stream, answer.body, header("content-type"));
  const read = { body, header };
  refuseStatedError(stream, read);
  const total = readTotal(stream, read);
  // An answer that says that it holds none may leave the list out.
  const records = total === 0 ? { ...stream.records, optional: true } : stream.records;
  return { ...read, records: readRecords(records, body), total };
}

function* decode(
  stream: Stream,
  bytes: Uint8Array,
  contentType: string | null,
): Generator<void, unknown> {
  const text = decodeText(bytes, contentType);
  yield;
  if (isMarkup(text, contentType, stream.format)) {
    const title = /<title[^>]*>\s*([^<]{1,100})/i.exec(text.slice(0, 16_384))?.[1]?.trim();
    const shown = title === undefined ? "" : `, "${title.replace(/\s+/g, " ")}"`;
    throw new Failure(
      "window",
      `Cannot read the answer: it is a web page${shown}, not ${stream.format}`,
      {
        hint:
          "Look whether the URL is that of the API, and whether a login or a proxy stands before it",
      },
    );
  }
  return yield* decodeBody(text, {
    format: stream.format,
    delimiter: stream.delimiter,
    csv: {
      header: stream.records.as !== "arrays",
      comment: stream.comment,
      skip: stream.skip,
      mayBeEmpty: stream.records.optional,
    },
    records: parsePath(stream.records.path).steps,
  });
}

/** A web page where data is expected; CSV may begin with "<" unless it calls itself HTML. */
function isMarkup(text: string, contentType: string | null, format: Stream["format"]): boolean {
  if (!/^\s*</.test(text)) return false;
  return format !== "csv" || /html/i.test(contentType ?? "");
}

/** Sources that answer 200 to everything say in the body that something is wrong. */
function refuseStatedError(stream: Stream, answer: Answer): void {
  if (stream.error === undefined) return;
  const stated = responseReader(stream.error)(answer);
  if (stated === undefined || stated === null || stated === false) return;
  if (stated === 0 || stated === "" || Array.isArray(stated) && stated.length === 0) return;
  const text = typeof stated === "string" ? stated.slice(0, 200) : shownValue(stated);
  throw new Failure(
    "window",
    `Cannot read the answer: the source says "${text}" at "${stream.error}"`,
  );
}

function readTotal(stream: Stream, answer: Answer): number | null {
  if (stream.total === undefined) return null;
  const stated = responseReader(stream.total)(answer);
  if (stated === undefined || stated === null) return null;
  const total = wholeNumber(stated);
  if (total !== null) return total;
  throw new Failure(
    "window",
    `Cannot read the answer: the total at "${stream.total}" is ${shownValue(stated)}`,
    {
      hint: 'Correct the path "total" of the stream',
    },
  );
}
