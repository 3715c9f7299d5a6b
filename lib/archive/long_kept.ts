// Keeps a long response while it arrives: parts of some megabytes, each a record of its own, as WARC 1.1 divides
// a record into segments. Parts end with a line where they can, so that no secret is divided between two.
// Invariant: at most two parts are in memory, and only the last one completes the response.
import type { KeptResponse, LongKept } from "../fetch/page_archive.ts";

/** Bytes of a part. */
const PART_BYTES = 2 << 20;
const LINE_FEED = 10;

/** A part of a response. */
export interface Part {
  /** Its number, from 1. */
  readonly number: number;
  /** Whether it is the last one. */
  readonly isLast: boolean;
  /** Its bytes. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What writes the parts. */
export interface PartWriter {
  /** Hands a part over. */
  keep(part: Part): KeptResponse;
  /**
   * Does nothing unless writing has failed.
   *
   * @throws {Failure} of kind `archive` if it has.
   */
  check(): void;
}

/** A response whose parts are written one after the other. */
export class PartedResponse implements LongKept {
  readonly #writer: PartWriter;
  readonly #kept: KeptResponse[] = [];
  readonly #buffer = new Uint8Array(PART_BYTES);
  #filled = 0;

  /** Writes nothing yet. */
  constructor(writer: PartWriter) {
    this.#writer = writer;
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled === PART_BYTES) await this.#write();
      const taken = bytes.subarray(at, at + PART_BYTES - this.#filled);
      this.#buffer.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
    }
  }

  end(): readonly KeptResponse[] {
    this.#hand(this.#filled, true);
    return this.#kept;
  }

  /** Writes the lines in the buffer, once the part before is written. */
  async #write(): Promise<void> {
    await this.#kept.at(-1)?.written;
    this.#writer.check();
    this.#hand(this.#buffer.lastIndexOf(LINE_FEED) + 1 || PART_BYTES, false);
  }

  #hand(length: number, isLast: boolean): void {
    const body = this.#buffer.slice(0, length);
    this.#buffer.copyWithin(0, length, this.#filled);
    this.#filled -= length;
    this.#kept.push(this.#writer.keep({ number: this.#kept.length + 1, isLast, body }));
  }
}
