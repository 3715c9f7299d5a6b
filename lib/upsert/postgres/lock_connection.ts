// The connection of one lock on a PostgreSQL server, apart from those that write and read: a lease is renewed while a
// batch is written. It knows nothing of locks.
import type { Step, StepResult } from "../write/session.ts";
import { PostgresConnection } from "./connection.ts";
import { transact } from "./pipelined_transaction.ts";
import { beginWriting } from "./transaction_settings.ts";
import type { PostgresAddress } from "./url.ts";

/** The connection of one lock; it opens when it is used, and again after it broke. */
export interface LockConnection extends AsyncDisposable {
  /** Whether there is a connection, as far as is known. */
  readonly isOpen: boolean;
  /** Whether it leads to the server itself, not to a pooler; false before the first use. */
  readonly isDirect: boolean;
  /**
   * Runs the steps in one transaction; none only opens the connection.
   *
   * @throws {DatabaseError}
   */
  transact(steps: readonly Step[]): Promise<readonly StepResult[]>;
}

/** A connection that runs the transactions of one lock. */
export class PostgresLockConnection implements LockConnection {
  readonly #connection: PostgresConnection;
  readonly #begin: readonly string[];

  /** Opens nothing yet; `onLoss` is called when the connection breaks. */
  constructor(address: PostgresAddress, rootCert: string | undefined, onLoss: () => void) {
    this.#connection = new PostgresConnection(address, rootCert, onLoss);
    this.#begin = beginWriting(address.settings);
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  get isDirect(): boolean {
    return this.#connection.isDirect;
  }

  transact(steps: readonly Step[]): Promise<readonly StepResult[]> {
    return this.#connection.use((client) =>
      steps.length === 0 ? Promise.resolve([]) : transact(client, this.#begin, steps)
    );
  }

  /** Closes the connection. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection[Symbol.asyncDispose]();
  }
}
