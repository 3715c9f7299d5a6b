// Owns the decoding of CSV and NDJSON as their bytes arrive: slices of records, of which few are held at a
// time. The records are those that decoding the whole text would give.
import { Failure } from "../../failure.ts";
import { textDecoder } from "./charset.ts";
import { noteClean } from "./clean_body.ts";
import { CsvReader } from "./csv.ts";
import { parseExactly } from "./exact_json.ts";
import type { BodyForm } from "./read_body.ts";

/** Bytes, as they arrive. */
export type Chunks = AsyncIterable<Uint8Array>;

/** Characters of a slice: a thousand records, most of which are dropped before the memory of young objects is full. */
const SLICE_CHARS = 64 * 1024;
/** Most characters of one line of NDJSON. */
const MAX_LINE_CHARS = 16 << 20;

/** How the bytes of a file are decoded. */
export interface SliceForm extends BodyForm {
  /** The header Content-Type. */
  readonly contentType: string | null;
  /** The encoding that the job declares. */
  readonly encoding: string | undefined;
  /** Receives the beginning of the text, to refuse it. */
  readonly onStart?: ((text: string) => void) | undefined;
}

/**
 * The records of a file, slice by slice; there is at least one slice.
 *
 * @throws {Failure} of kind `window` where the text is not in the format, or cut off.
 */
export async function* recordSlices(chunks: Chunks, form: SliceForm): AsyncGenerator<unknown[]> {
  let reader: RecordReader | undefined;
  let wasClean = true;
  for await (const text of texts(chunks, form)) {
    if (reader === undefined) form.onStart?.(text);
    reader ??= form.format === "csv" ? csvReader(text, form) : new LineReader();
    const records = reader.push(text);
    // A line that began in the slice before has characters of both.
    const isClean = !text.includes("\0");
    if (isClean && wasClean) noteClean(text, records);
    wasClean = isClean;
    reader.noteHeader(records);
    yield records;
  }
  reader ??= form.format === "csv" ? csvReader("", form) : new LineReader();
  const records = reader.end();
  reader.noteHeader(records);
  yield records;
}

interface RecordReader {
  push(text: string): unknown[];
  end(): unknown[];
  noteHeader(records: readonly unknown[]): void;
}

function csvReader(sample: string, { delimiter = ",", csv = { header: true } }: SliceForm) {
  return new CsvReader(delimiter, csv, sample);
}

/** Decodes NDJSON that comes in pieces; a broken line is passed on as a string, a broken end is an error. */
class LineReader implements RecordReader {
  #rest = "";

  push(text: string): unknown[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    if (this.#rest.length > MAX_LINE_CHARS) {
      throw unreadable(`a line is longer than ${MAX_LINE_CHARS >> 20} MB`);
    }
    return lines.filter((line) => line.trim() !== "").map((line) => {
      try {
        return parseExactly(line);
      } catch {
        return line;
      }
    });
  }

  end(): unknown[] {
    if (this.#rest.trim() === "") return [];
    try {
      return [parseExactly(this.#rest)];
    } catch {
      throw unreadable("its last line is cut off");
    }
  }

  noteHeader(): void {}
}

/** The text of a file in pieces. */
async function* texts(
  chunks: Chunks,
  { contentType, encoding }: SliceForm,
): AsyncGenerator<string> {
  let decode: ReturnType<typeof textDecoder> | undefined;
  let held = "";
  for await (const chunk of chunks) {
    decode ??= textDecoder(chunk, contentType, encoding);
    for (let at = 0; at < chunk.length; at += SLICE_CHARS) {
      held += decode(chunk.subarray(at, at + SLICE_CHARS), true);
      if (held.length < SLICE_CHARS) continue;
      yield held;
      held = "";
    }
  }
  held += decode?.(new Uint8Array(), false) ?? "";
  if (held !== "") yield held;
}

function unreadable(what: string): Failure {
  return new Failure("window", `Cannot read the response: ${what}`, {
    hint: "See the response with deno task probe",
  });
}
