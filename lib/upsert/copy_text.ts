// Owns the text form of COPY: rows to bytes and back. Rows are encoded once, before their transaction
// begins, so that the database never waits for it, and then kept as these bytes alone: a quarter of the
// memory that the rows take. It writes nowhere.
import type { Row } from "../extract/row_shape.ts";
import { breathe } from "../breathe.ts";

/** Rows in the text form of COPY, in UTF-8. */
export interface CopyText {
  /** How many rows. */
  readonly rows: number;
  /** Whole rows each, behind {@link HEADER_BYTES} bytes left free for the protocol. */
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
}

/** A CopyData message begins with its kind and the length of what follows the kind. */
export const HEADER_BYTES = 5;

/**
 * Characters of a chunk; larger only where a single row is. Encoding one takes a millisecond, which is
 * how long the event loop may be held; smaller ones stall the database while a page is read.
 */
const CHUNK_CHARACTERS = 256 * 1024;

/** Bytes that UTF-8 needs at most for a UTF-16 unit. */
const BYTES_PER_UNIT = 3;

const SPECIAL = /[\\\n\r\t]/;
const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const CHARACTERS: Record<string, string> = { "\\": "\\", n: "\n", r: "\r", t: "\t" };
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Where chunks are encoded before they are cut to size; every use of it ends before the next begins. */
const scratch = new Uint8Array(CHUNK_CHARACTERS * BYTES_PER_UNIT);

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

/** Encodes rows; the event loop gets its turn between chunks. */
export async function copyText(rows: readonly Row[]): Promise<CopyText> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let text = "";
  for (const row of rows) {
    text += copyLine(row);
    if (text.length < CHUNK_CHARACTERS) continue;
    chunks.push(encoded(text));
    text = "";
    await breathe();
  }
  if (text !== "") chunks.push(encoded(text));
  return { rows: rows.length, chunks };
}

/** The rows again; needed only where the database refused one of them. */
export function rowsOf({ chunks }: CopyText): Row[] {
  return chunks.flatMap((chunk) =>
    decoder.decode(chunk.subarray(HEADER_BYTES)).split("\n").slice(0, -1)
      .map((line) => line.split("\t").map(valueOf))
  );
}

/** Frees the memory of rows that were sent; left to the collector, it would pile up until it comes by. */
export function release({ chunks }: CopyText): void {
  for (const { buffer } of chunks) buffer.transfer(0);
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  const needed = HEADER_BYTES + text.length * BYTES_PER_UNIT;
  const buffer = needed <= scratch.length ? scratch : new Uint8Array(needed);
  const { written } = encoder.encodeInto(text, buffer.subarray(HEADER_BYTES));
  return buffer.slice(0, HEADER_BYTES + written);
}

function escaped(value: string): string {
  return value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character]!);
}

function valueOf(text: string): string | null {
  if (text === "\\N") return null;
  return text.replace(/\\(.)/g, (_, character) => CHARACTERS[character]!);
}
