// Owns the protocol of one transaction with PostgreSQL: all statements in one message, followed by the rows
// of every COPY, without waiting for a response in between. One round trip carries a whole batch of all
// tables: on a link of 20 ms, it waits once instead of six times. This is legal because,
// after an error, a server skips copy data that it does not expect
// (https://www.postgresql.org/docs/current/protocol-flow.html, COPY operations).
import type { Buffer } from "node:buffer";
// @ts-types="@types/pg"
import type { Client, Connection, Submittable } from "pg";
import type { Duplex } from "node:stream";
import { DatabaseError } from "../write/database_error.ts";
import type { Step, StepResult } from "../write/session.ts";

/** The first byte of a CopyData message; its length follows. Chunks reserve these bytes. */
const COPY_DATA = "d".charCodeAt(0);
const COPY_DONE = Uint8Array.of("c".charCodeAt(0), 0, 0, 0, 4);

/**
 * Bytes that may be buffered in the socket: the system sends them while the event loop parses a page, so
 * that the database does not wait for the next turn.
 */
const MAX_UNSENT_BYTES = 8 << 20;

/** Time without progress, while the server works or accepts no data, after which the connection is given up. */
const SILENCE_TIMEOUT_MS = 120_000;

/**
 * Runs a transaction on a connection; `begin` are statements without rows that open it.
 *
 * @throws {DatabaseError} after the transaction was rolled back.
 */
export async function transact(
  client: Client,
  begin: readonly string[],
  steps: readonly Step[],
  end: "commit" | "rollback" = "commit",
): Promise<StepResult[]> {
  const transaction = new PipelinedTransaction(begin, steps, end);
  client.query(transaction);
  try {
    return await transaction.done;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** A transaction for pg's `client.query`; `done` settles when the transaction has ended. */
class PipelinedTransaction implements Submittable {
  /** The results of the steps; rejects with a {@link DatabaseError}. */
  readonly done: Promise<StepResult[]>;
  readonly #begin: readonly string[];
  readonly #steps: readonly Step[];
  readonly #end: string;
  readonly #outcome = Promise.withResolvers<void>();
  readonly #results: StepResult[] = [];
  #rows: (string | null)[][] = [];
  #begun = 0;
  #failed = false;
  #sending: Promise<void> = Promise.resolve();
  #lifeAt = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  /** `begin` are statements without rows that open the transaction. */
  constructor(
    begin: readonly string[],
    steps: readonly Step[],
    end: "commit" | "rollback",
  ) {
    this.#begin = begin;
    this.#steps = steps;
    this.#end = end.toUpperCase();
    this.done = this.#settle();
  }

  /** Called by pg when the connection is free. */
  submit(connection: Connection): void {
    const { stream } = connection as unknown as { stream: Duplex };
    this.#watchOver(stream);
    connection.query([...this.#begin, ...this.#steps.map(({ sql }) => sql), this.#end].join(";\n"));
    this.#sending = this.#send(stream);
  }

  /** pg calls this, and all methods below, for the server's messages. */
  handleRowDescription(): void {
    this.#rows = [];
  }

  /** A row of the current step. */
  handleDataRow(message: { fields: (Buffer | string | null)[] }): void {
    this.#rows.push(message.fields.map((field) => field === null ? null : String(field)));
  }

  /** The end of a step. */
  handleCommandComplete(message: { text: string }): void {
    this.#lifeAt = performance.now();
    if (this.#hasBegun()) this.#results.push({ tag: message.text, rows: this.#rows });
    else this.#begun++;
    this.#rows = [];
  }

  /** The server accepts rows; they are already being sent. */
  handleCopyInResponse(): void {
    this.#lifeAt = performance.now();
  }

  /** The end of everything. */
  handleReadyForQuery(): void {
    this.#outcome.resolve();
  }

  /** An error of the server or the connection; the first one counts. */
  handleError(error: unknown): void {
    this.#failed = true;
    const step = this.#results.length < this.#steps.length ? this.#results.length : undefined;
    this.#outcome.reject(new DatabaseError(error, this.#hasBegun() ? step : undefined));
  }

  /** Cannot happen: no step is empty. */
  handleEmptyQuery(): void {}
  /** Cannot happen: no portal is opened. */
  handlePortalSuspended(): void {}
  /** Cannot happen: nothing is copied out. */
  handleCopyData(): void {}

  #hasBegun(): boolean {
    return this.#begun === this.#begin.length;
  }

  async #settle(): Promise<StepResult[]> {
    try {
      await this.#outcome.promise;
    } finally {
      clearInterval(this.#watch);
      await this.#sending;
    }
    return this.#results.slice(0, this.#steps.length);
  }

  /** Sends the rows of every COPY; stops at the first error, after which the server skips the rest. */
  async #send(stream: Duplex): Promise<void> {
    for (const { text } of this.#steps) {
      if (text === undefined) continue;
      for await (const chunk of text.chunks()) {
        if (this.#failed) return;
        chunk[0] = COPY_DATA;
        new DataView(chunk.buffer).setUint32(1, chunk.length - 1);
        stream.write(chunk);
        if (stream.writableLength > MAX_UNSENT_BYTES) await this.#drained(stream);
        this.#lifeAt = performance.now();
      }
      stream.write(COPY_DONE);
    }
  }

  async #drained(stream: Duplex): Promise<void> {
    const drained = Promise.withResolvers<void>();
    stream.once("drain", drained.resolve);
    await Promise.race([drained.promise, this.#outcome.promise]).catch(() => {});
    stream.off("drain", drained.resolve);
  }

  #watchOver(stream: Duplex): void {
    this.#lifeAt = performance.now();
    this.#watch = setInterval(() => {
      if (performance.now() - this.#lifeAt < SILENCE_TIMEOUT_MS) return;
      stream.destroy(new Error(`no response within ${SILENCE_TIMEOUT_MS / 1000} seconds`));
    }, SILENCE_TIMEOUT_MS / 10);
  }
}
