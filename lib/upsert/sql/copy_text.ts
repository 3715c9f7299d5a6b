// Owns the text format of COPY: rows to bytes and back. Rows are encoded once, while the previous
// transaction runs or at the latest while they are sent, and then kept as bytes only: a quarter of the
// memory that the rows take. It performs no I/O.
import type { Row } from "../../extract/row_shape.ts";
import { yieldToEventLoop } from "../../yield_to_event_loop.ts";

/** A CopyData message begins with its type and its length. */
export const HEADER_BYTES = 5;

/**
 * Characters of a chunk; only a single larger row exceeds it. Encoding a chunk blocks the event loop for
 * half a millisecond; smaller chunks let the database wait while a page is parsed.
 */
const CHUNK_CHARACTERS = 96 * 1024;

/** The most bytes that UTF-8 needs for a UTF-16 unit. */
const BYTES_PER_UNIT = 3;

const SPECIAL = /[\\\n\r\t]/;
const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const CHARACTERS: Record<string, string> = { "\\": "\\", n: "\n", r: "\r", t: "\t" };
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The buffer that chunks are encoded into before they are copied; each use ends before the next begins. */
const scratch = new Uint8Array(CHUNK_CHARACTERS * BYTES_PER_UNIT);

/** One row in the text format of COPY, with its line feed. */
export function copyLine(row: Row): string {
  let line = "";
  for (let at = 0; at < row.length; at++) {
    if (at > 0) line += "\t";
    const value = row[at]!;
    line += value === null ? "\\N" : SPECIAL.test(value) ? escaped(value) : value;
  }
  return line + "\n";
}

/** Rows in the text format of COPY, in UTF-8; `encode` encodes them chunk by chunk. */
export class CopyText {
  /** The number of rows. */
  readonly rows: number;
  readonly #chunks: Uint8Array<ArrayBuffer>[] = [];
  #isWhole = false;
  #grown = Promise.withResolvers<void>();

  /** A text with this number of rows, none of which is encoded yet. */
  constructor(rows: number) {
    this.rows = rows;
  }

  /** Encodes the rows; yields to the event loop between chunks. */
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

  /** Chunks of whole rows as they are encoded, each after {@link HEADER_BYTES} bytes reserved for the protocol. */
  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let at = 0;; at++) {
      while (at >= this.#chunks.length) {
        if (this.#isWhole) return;
        await this.#grown.promise;
      }
      yield this.#chunks[at]!;
    }
  }

  /** The rows, decoded; needed only if the database refused one of them. */
  async decode(): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const chunk of this.chunks()) {
      const lines = decoder.decode(chunk.subarray(HEADER_BYTES)).split("\n");
      for (const line of lines.slice(0, -1)) rows.push(line.split("\t").map(valueOf));
    }
    return rows;
  }

  /** Frees the memory of a text that was sent; it would otherwise accumulate until the next garbage collection. */
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
