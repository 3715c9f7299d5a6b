// Owns the conversation of one transaction with PostgreSQL: every statement in one message, and the rows
// of every COPY right behind it, without waiting for an answer in between. One round trip carries a
// whole batch of all tables: on a link of 20 ms the difference between waiting once and six times.
// Legal, because a server skips copy data it did not ask for after an error
// (https://www.postgresql.org/docs/current/protocol-flow.html, COPY operations).
import type { Buffer } from "node:buffer";
// @ts-types="@types/pg"
import type { Connection, Submittable } from "pg";
import type { Duplex } from "node:stream";
import { DatabaseError } from "../write/database_error.ts";
import type { Step, StepResult } from "../write/session.ts";

/** Begins a CopyData message, before the length of what follows: the bytes that chunks leave free. */
const COPY_DATA = "d".charCodeAt(0);
const COPY_DONE = Uint8Array.of("c".charCodeAt(0), 0, 0, 0, 4);

/**
 * Bytes handed over before it is waited for their leaving: what is handed over leaves while the event loop
 * reads a page, and the database is not kept waiting for the next turn.
 */
const MAX_UNSENT_BYTES = 8 << 20;

/** Time without a sign of life, while a server works or takes nothing more, after which it is given up. */
const SILENCE_TIMEOUT_MS = 120_000;

/** A transaction to be handed to `client.query` of pg; `done` settles when nothing of it is under way. */
export class PipelinedTransaction implements Submittable {
  /** The answers to the steps; rejects with a {@link DatabaseError}. */
  readonly done: Promise<StepResult[]>;
  readonly #steps: readonly Step[];
  readonly #end: string;
  readonly #outcome = Promise.withResolvers<void>();
  readonly #answers: StepResult[] = [];
  #rows: (string | null)[][] = [];
  #begun = false;
  #failed = false;
  #sending: Promise<void> = Promise.resolve();
  #lifeAt = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  /** A transaction of these steps, to be ended as said. */
  constructor(steps: readonly Step[], end: "commit" | "rollback") {
    this.#steps = steps;
    this.#end = end.toUpperCase();
    this.done = this.#settle();
  }

  /** Called by pg when the connection is free. */
  submit(connection: Connection): void {
    const { stream } = connection as unknown as { stream: Duplex };
    this.#watchOver(stream);
    connection.query(["BEGIN", ...this.#steps.map(({ sql }) => sql), this.#end].join(";\n"));
    this.#sending = this.#send(stream);
  }

  /** Called by pg, as are all that follow, when the server says so. */
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
    if (this.#begun) this.#answers.push({ tag: message.text, rows: this.#rows });
    this.#begun = true;
    this.#rows = [];
  }

  /** The server takes rows; they are on their way already. */
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
    const step = this.#answers.length < this.#steps.length ? this.#answers.length : undefined;
    this.#outcome.reject(new DatabaseError(error, this.#begun ? step : undefined));
  }

  /** Cannot happen: no step is empty. */
  handleEmptyQuery(): void {}
  /** Cannot happen: no portal is opened. */
  handlePortalSuspended(): void {}
  /** Cannot happen: nothing is copied out. */
  handleCopyData(): void {}

  async #settle(): Promise<StepResult[]> {
    try {
      await this.#outcome.promise;
    } finally {
      clearInterval(this.#watch);
      await this.#sending;
    }
    return this.#answers.slice(0, this.#steps.length);
  }

  /** Sends the rows of every COPY; stops at the first error, for the server skips the rest anyway. */
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
      stream.destroy(new Error(`no answer within ${SILENCE_TIMEOUT_MS / 1000} seconds`));
    }, SILENCE_TIMEOUT_MS / 10);
  }
}
