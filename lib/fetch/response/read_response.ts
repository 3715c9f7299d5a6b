// Parses one successful response: its text, the value it decodes to, its records and the total it
// declares. Pure. Invariant: a response of another shape than declared is an error, never an empty page.
import type { Stream } from "../../config/schema/job_schema.ts";
import { parsePath, type ResponseParts, responseReader } from "../../extract/value/path.ts";
import { decodeBody, readRecords } from "../../extract/decode/read_records.ts";
import { listPathsOf } from "../../extract/decode/list_paths.ts";
import type { BodyForm } from "../../extract/decode/read_body.ts";
import { guessRecords } from "../../extract/decode/outline.ts";
import { Failure } from "../../failure.ts";
import { decodeText } from "../../extract/decode/charset.ts";
import { formatCount } from "../../report/text/format.ts";
import { shownValue } from "../../report/text/shown_value.ts";
import { refuseReportedError } from "./response_error.ts";
import { parseCount } from "../paging/parse_count.ts";

/** A parsed response. */
export interface ParsedResponse extends ResponseParts {
  /** Its records. */
  readonly records: unknown[];
  /** The total that the response declares; null if it declares none. */
  readonly total: number | null;
}

/** A response before parsing. */
export interface UnreadResponse {
  /** Headers of the response. */
  readonly headers: Headers;
  /** Body after decompression. */
  readonly body: Uint8Array;
  /** Whether the status means that there are no records, whatever the body holds. */
  readonly isEmpty: boolean;
}

/**
 * Parses a response as its stream declares; yields between pieces of work.
 *
 * @throws Failure("window") if it does not have the declared shape; what response_error.ts throws if it reports
 * an error.
 */
export function* readResponse(
  stream: Stream,
  response: UnreadResponse,
): Generator<void, ParsedResponse> {
  const header = (name: string) => response.headers.get(name);
  const isEmpty = response.isEmpty || stream.records.optional && isBlank(response.body);
  if (isEmpty) return { body: null, header, records: [], total: null };
  const body = yield* decode(stream, response.body, header("content-type"));
  const read = { body, header };
  if (refuseReportedError(stream, read)) return { ...read, body: null, records: [], total: null };
  const total = readTotal(stream, read);
  // A response that declares a total of 0 may leave the list out.
  const records = total === 0 ? { ...stream.records, optional: true } : stream.records;
  return { ...read, records: recordsOf(records, body), total };
}

/** The records; where they are not found, the failure says where they may be. */
function recordsOf(spec: Stream["records"], body: unknown): unknown[] {
  try {
    return readRecords(spec, body);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const [guess] = guessRecords(body);
    const hint = guess === undefined
      ? error.hint
      : `See the response with deno task probe; ${
        formatCount(guess.count, "record")
      } may be at records: ${guess.records}`;
    throw new Failure(error.kind, error.message, {
      hint,
      wrongShape: guess === undefined ? "other" : "moved",
    });
  }
}

function* decode(
  stream: Stream,
  bytes: Uint8Array,
  contentType: string | null,
): Generator<void, unknown> {
  const text = decodeText(bytes, contentType, stream.encoding);
  yield;
  refuseMarkup(text, contentType, stream.format);
  return yield* decodeBody(text, bodyFormOf(stream));
}

const forms = new WeakMap<Stream, BodyForm>();

/** How the bodies of a stream are decoded. */
export function bodyFormOf(stream: Stream): BodyForm {
  const known = forms.get(stream);
  if (known !== undefined) return known;
  const { format, delimiter, comment, skip, records, namespaces } = stream;
  const mayLackLists = format === "xml" || stream.single_as_list;
  const form = {
    ...{ format, delimiter, namespaces },
    csv: { header: records.as !== "arrays", comment, skip, mayBeEmpty: records.optional },
    records: parsePath(records.path).steps,
    lists: mayLackLists ? listPathsOf(stream) : undefined,
  };
  forms.set(stream, form);
  return form;
}

/** Whether a body contains only white space; only short bodies are examined. */
function isBlank(body: Uint8Array): boolean {
  return body.byteLength <= 16 && body.every((byte) => byte <= 0x20);
}

/**
 * Refuses a web page that came instead of data.
 *
 * @throws {Failure} of kind `window` if the text is one.
 */
export function refuseMarkup(
  text: string,
  contentType: string | null,
  format: Stream["format"],
): void {
  if (!isMarkup(text, contentType, format)) return;
  const title = /<title[^>]*>\s*([^<]{1,100})/i.exec(text.slice(0, 16_384))?.[1]?.trim();
  const shown = title === undefined ? "" : `, "${title.replace(/\s+/g, " ")}"`;
  throw new Failure(
    "window",
    `Cannot read the response: it is a web page${shown}, not ${format}`,
    {
      hint: "Check that the URL is the API's, and that no login page or proxy responds instead",
      // As while the API is being maintained.
      mayPass: true,
    },
  );
}

/** The records of a part of a response whose lines or records were decoded. */
export function readPart(
  stream: Stream,
  body: unknown[],
  header: (name: string) => string | null,
): ParsedResponse {
  const read = { body, header };
  return { ...read, total: readTotal(stream, read), records: recordsOf(stream.records, body) };
}

/** Whether a web page came instead of data; CSV may begin with "<" unless it is declared as HTML. */
function isMarkup(text: string, contentType: string | null, format: Stream["format"]): boolean {
  if (!/^\s*</.test(text)) return false;
  if (format === "xml") return /^\s*<(!doctype\s+html|html[\s>])/i.test(text);
  return format !== "csv" || /html/i.test(contentType ?? "");
}

/**
 * The total that a response declares; null if it declares none.
 *
 * @throws Failure("window") if the value at its path is not a number.
 */
export function readTotal(stream: Stream, answer: ResponseParts): number | null {
  if (stream.total === undefined || stream.total === "none") return null;
  const declared = responseReader(stream.total)(answer);
  if (declared === undefined || declared === null) return null;
  const total = parseCount(declared);
  if (total !== null) {
    refuseLowerBound(stream.total, answer, total);
    return total;
  }
  throw new Failure(
    "window",
    `Cannot read the response: the total at "${stream.total}" is ${shownValue(declared)}`,
    {
      hint: 'Correct the path "total" of the stream',
    },
  );
}

/** Elasticsearch counts up to 10,000 hits, and says so beside the number. */
function refuseLowerBound(path: string, answer: ResponseParts, total: number): void {
  const beside = /^(.*)\.value$/s.exec(path)?.[1];
  if (beside === undefined || responseReader(`${beside}.relation`)(answer) !== "gte") return;
  throw new Failure(
    "window",
    `Cannot read the complete window: its total is at least ${total} ("${beside}.relation" is "gte")`,
    {
      hint: 'Send "track_total_hits: true" in the body of the request, or make the windows shorter',
      tooFull: true,
      held: total,
    },
  );
}
