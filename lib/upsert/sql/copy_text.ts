// Owns the text form of COPY: rows to bytes and back. Rows are encoded once, while the transaction before
// theirs is under way or at the latest while they are sent, and then kept as these bytes alone: a quarter
// of the memory that the rows take. It writes nowhere.
import type { Row } from "../../extract/row_shape.ts";
import { yieldToEventLoop } from "../../yield_to_event_loop.ts";

/** A CopyData message begins with its kind and the length of what follows the kind. */
export const HEADER_BYTES = 5;

/**
 * Characters of a chunk; larger only where a single row is. Encoding one takes half a millisecond, which is
 * how long the event loop may be held; smaller ones stall the database while a page is read.
 */
const CHUNK_CHARACTERS = 96 * 1024;

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

/** Rows in the text form of COPY, in UTF-8; encoded bit by bit, from `encode` on. */
export class CopyText {
  /** How many rows. */
  readonly rows: number;
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #isWhole = false;
  #grown = Promise.withResolvers<void>();

  /** A text of so many rows, of which nothing is encoded yet. */
  constructor(rows: number) {
    this.rows = rows;
  }

  /** Encodes the rows; the event loop gets its turn between chunks. */
  async encode(rows: readonly Row[]): Promise<this> {
    let text = "";
    for (const row of rows) {
      text += copyLine(row);
      if (text.length < CHUNK_CHARACTERS) continue;
      this.#grow(encoded(text));
      text = "";
      await yieldToEventLoop();
    }
    this.#isWhole = true;
    this.#grow(...text === "" ? [] : [encoded(text)]);
    return this;
  }

  /** Chunks of whole rows, as they are encoded, behind {@link HEADER_BYTES} bytes left free for the protocol. */
  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let at = 0;; at++) {
      while (at >= this.#chunks.length) {
        if (this.#isWhole) return;
        await this.#grown.promise;
      }
      yield this.#chunks[at]!;
    }
  }

  /** The rows again; needed only where the database refused one of them. */
  async decode(): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const chunk of this.chunks()) {
      const lines = decoder.decode(chunk.subarray(HEADER_BYTES)).split("\n");
      for (const line of lines.slice(0, -1)) rows.push(line.split("\t").map(valueOf));
    }
    return rows;
  }

  /** Frees the memory of a text that was sent; left to the collector, it would pile up until that comes by. */
  release(): void {
    for (const { buffer } of this.#chunks.splice(0)) buffer.transfer(0);
  }

  #grow(...chunks: Uint8Array<ArrayBuffer>[]): void {
    this.#chunks.push(...chunks);
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }
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
