// Owns the decoding of a response's text: JSON, NDJSON, CSV or XML. A text that ends early fails the window,
// which is fetched again; a single bad line is passed on as a string, and rejected alone. Long texts are
// decoded with yields in between.
import type { Stream } from "../../config/schema/job_schema.ts";
import { Failure } from "../../failure.ts";
import { noteClean } from "./clean_body.ts";
import { type CsvForm, decodeCsv } from "./csv.ts";
import { parseExactly } from "./exact_json.ts";
import { parseBySlices } from "./json_slices.ts";
import { type ListPaths, wrapLists } from "./list_paths.ts";
import { decodeXml, type XmlNamespaces } from "./xml.ts";
import type { Step } from "../value/path.ts";

/** Characters of NDJSON decoded without a yield: about 3 ms. */
const LINES_CHARS = 256 * 1024;

/** The format of a response's text. */
export interface BodyForm {
  /** The format. */
  readonly format: Stream["format"];
  /** The delimiter of CSV. */
  readonly delimiter?: string;
  /** The rest of the CSV dialect. */
  readonly csv?: CsvForm;
  /** Path of the array of records in JSON; only speed depends on it. */
  readonly records?: readonly Step[];
  /** The namespaces that paths name, for XML. */
  readonly namespaces?: XmlNamespaces | undefined;
  /** Where a single value is read as a list of one; absent where lists are always written as lists. */
  readonly lists?: ListPaths | undefined;
}

/**
 * Decodes the text of a response to the JSON value, the XML document, or the NDJSON values or CSV records.
 *
 * @throws {Failure} of kind `window` where the text is not in the format.
 */
export function* decodeBody(text: string, form: BodyForm): Generator<void, unknown> {
  const body = yield* decoded(text, form);
  if (form.lists !== undefined) wrapLists(body, form.lists);
  // JSON contains NUL only as an escape; XML does not contain it.
  return form.format !== "json" && text.includes("\0") ? body : noteClean(text, body);
}

function* decoded(text: string, form: BodyForm): Generator<void, unknown> {
  switch (form.format) {
    case "json":
      return yield* decodeJson(text, form.records ?? []);
    case "ndjson":
      return yield* decodeLines(text);
    case "csv":
      return yield* decodeCsv(text, form.delimiter ?? ",", form.csv);
    case "xml":
      return yield* decodeXml(text, form.namespaces);
  }
}

function* decodeJson(text: string, records: readonly Step[]): Generator<void, unknown> {
  try {
    return yield* parseBySlices(text, records, parseExactly);
  } catch (cause) {
    throw unreadable("JSON", text, cause);
  }
}

/** A broken last line without a line end is a cut-off response, not a bad record. */
function* decodeLines(text: string): Generator<void, unknown[]> {
  const lines = text.split("\n");
  const values: unknown[] = [];
  let chars = 0;
  for (const [at, line] of lines.entries()) {
    chars += line.length;
    if (chars > LINES_CHARS) {
      chars = 0;
      yield;
    }
    if (line.trim() === "") continue;
    try {
      values.push(parseExactly(line));
    } catch (cause) {
      if (at === lines.length - 1) throw unreadable("NDJSON", line, cause);
      values.push(line);
    }
  }
  if (values.length === 1 && typeof values[0] === "string") {
    throw unreadable("NDJSON", text);
  }
  return values;
}

function unreadable(format: string, text: string, cause?: unknown): Failure {
  const start = text.trimStart().slice(0, 60).replace(/\s+/g, " ");
  const isEmpty = text.trim() === "";
  return new Failure(
    "window",
    isEmpty
      ? `Cannot read the response: it is empty, expected ${format}`
      : `Cannot read the response: it is not ${format}, it begins with ${JSON.stringify(start)}`,
    { hint: "See the response with deno task probe", cause, mayPass: isEmpty },
  );
}
