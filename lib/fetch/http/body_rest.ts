// Owns the rest of a long response body that is read piece by piece. Invariant: each piece arrives within
// the timeout, and the time that the caller takes does not count.
import type { Deadline } from "./abort_branch.ts";
import { HttpError, readError } from "./http_error.ts";

/** What a body is read with. */
interface RestOptions {
  /** Ends the exchange. */
  readonly deadline: Deadline;
  /** The caller's signal. */
  readonly signal: AbortSignal;
  /** Longest time without a piece. */
  readonly timeoutMs: number;
  /** URL that responded. */
  readonly url: string;
}

/** What reads the rest of a body piece by piece. */
export interface BodyReader extends Disposable {
  /** The next piece; undefined at the end of the body. */
  next(): Promise<Uint8Array | undefined>;
}

/** The rest of a body that a server sends. */
export class BodyRest implements BodyReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #options: RestOptions;

  /** Takes over the reader and the deadline of an exchange. */
  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, options: RestOptions) {
    this.#reader = reader;
    this.#options = options;
    options.deadline.stop();
  }

  /**
   * The next piece; undefined at the end of the body.
   *
   * @throws {HttpError} if the body is cut off, or no piece arrives in time.
   * @throws the signal's reason if it aborts.
   */
  async next(): Promise<Uint8Array | undefined> {
    const { deadline, signal, timeoutMs, url } = this.#options;
    deadline.start();
    try {
      const { done, value } = await this.#reader.read();
      return done ? undefined : value;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (deadline.isOver) {
        throw new HttpError(
          "timeout",
          `no data arrived for ${timeoutMs / 1000} s during the response`,
        );
      }
      throw readError(error, url);
    } finally {
      deadline.stop();
    }
  }

  /** Ends the exchange; what has not been read is dropped. */
  [Symbol.dispose](): void {
    this.#reader.cancel().catch(() => {});
    this.#options.deadline[Symbol.dispose]();
  }
}
