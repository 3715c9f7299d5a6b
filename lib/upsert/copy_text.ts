// Owns the text form of COPY: rows to bytes, in chunks, so that neither a large string nor a long pause
// ever arises. It writes nowhere.
import type { Row } from "../extract/row_shape.ts";

/** Characters of a chunk; larger only where a single row is. Smaller chunks cost calls, larger ones stall the database. */
const CHUNK_CHARACTERS = 64 * 1024;

/** Bytes that UTF-8 needs at most for a UTF-16 unit. */
const BYTES_PER_UNIT = 3;

const SPECIAL = /[\\\n\r\t]/;
const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const encoder = new TextEncoder();
/** Where chunks are encoded before they are cut to size; every use of it ends before the next begins. */
const scratch = new Uint8Array(2 * CHUNK_CHARACTERS * BYTES_PER_UNIT);

/** One row in the text form of COPY, with its line feed. */
export function copyLine(row: Row): string {
  let line = "";
  for (let at = 0; at < row.length; at++) {
    if (at > 0) line += "\t";
    const value = row[at]!;
    line += value === null ? "\\N" : SPECIAL.test(value) ? escaped(value) : value;
  }
  return line + "\n";
}

/**
 * Rows in the text form of COPY, in UTF-8, in chunks of about 64 KiB that begin with `headerBytes` bytes
 * left free for the protocol. Each chunk is a buffer of its own.
 */
export function* copyChunks(
  rows: readonly Row[],
  headerBytes = 0,
): Generator<Uint8Array<ArrayBuffer>> {
  let text = "";
  for (const row of rows) {
    text += copyLine(row);
    if (text.length < CHUNK_CHARACTERS) continue;
    yield encoded(text, headerBytes);
    text = "";
  }
  if (text !== "") yield encoded(text, headerBytes);
}

function encoded(text: string, headerBytes: number): Uint8Array<ArrayBuffer> {
  const needed = headerBytes + text.length * BYTES_PER_UNIT;
  const buffer = needed <= scratch.length ? scratch : new Uint8Array(needed);
  const { written } = encoder.encodeInto(text, buffer.subarray(headerBytes));
  return buffer.slice(0, headerBytes + written);
}

function escaped(value: string): string {
  return value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character]!);
}
